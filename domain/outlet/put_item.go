package outlet

import (
	"fmt"

	"heard/domain"
)

// AddItem puts a new item on the menu.
type AddItem struct {
	domain.Keyed
	ItemRequest
}

// Kind names the command.
func (AddItem) Kind() string { return "outlet.add_item" }

func (c AddItem) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if err := settingsRole(m.By); err != nil {
		return nil, err
	}
	id := c.ID
	if id == "" {
		id = m.NewID
	}
	if _, exists := o.Menu.Find(id); exists {
		return nil, domain.Blame(domain.Conflict, "id", fmt.Sprintf("%q is on the menu already", id))
	}
	if len(o.Menu.Items) >= MaxItems {
		return nil, domain.Refuse(domain.Conflict, fmt.Sprintf("The menu has %d items, the most there can be", MaxItems))
	}
	item, err := c.item("", id, o.Settings)
	if err != nil {
		return nil, err
	}
	return ItemPut{Item: item}, nil
}

func (AddItem) answer(o *Outlet, e Event, m *Meta) []byte {
	item := e.(ItemPut).Item
	return item.AppendJSON(nil, o.Settings.rules.Currency, m.At)
}

// PutItem replaces an item of the menu; an 86 stays unless available is named.
type PutItem struct {
	domain.Keyed
	ItemRequest
}

// Kind names the command.
func (PutItem) Kind() string { return "outlet.put_item" }

func (c PutItem) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if err := settingsRole(m.By); err != nil {
		return nil, err
	}
	before, exists := o.Menu.Find(c.ID)
	if !exists {
		return nil, domain.Refuse(domain.ItemNotFound, "Menu item not found")
	}
	item, err := c.item("", c.ID, o.Settings)
	if err != nil {
		return nil, err
	}
	if c.Available == nil { // a new price does not bring back what is 86
		item.SoldOut, item.SoldOutUntil = before.SoldOut, before.SoldOutUntil
	}
	if item.same(*before, m.At) {
		return nil, nil
	}
	return ItemPut{Item: item}, nil
}

func (c PutItem) answer(o *Outlet, _ Event, m *Meta) []byte {
	item, _ := o.Menu.Find(c.ID)
	return item.AppendJSON(nil, o.Settings.rules.Currency, m.At)
}

// ItemPut states that an item of this id is now so.
type ItemPut struct {
	Item
}

// Kind names the event.
func (ItemPut) Kind() string { return "menu.item_put" }

func (e ItemPut) evolve(o *Outlet, seq uint64) (*Outlet, error) {
	next := *o
	next.Menu = o.Menu.with(seq, e.Item)
	return &next, nil
}
