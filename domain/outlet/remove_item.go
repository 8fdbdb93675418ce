package outlet

import "heard/domain"

// RemoveItem takes an item off the menu. Orders that have it keep it.
type RemoveItem struct {
	domain.Keyed
	ID string `json:"id"`
}

// Kind names the command.
func (RemoveItem) Kind() string { return "outlet.remove_item" }

func (c RemoveItem) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if err := settingsRole(m.By); err != nil {
		return nil, err
	}
	if _, exists := o.Menu.Find(c.ID); !exists {
		return nil, domain.Refuse(domain.ItemNotFound, "Menu item not found")
	}
	return ItemRemoved{ID: c.ID}, nil
}

func (RemoveItem) answer(*Outlet, Event, *Meta) []byte {
	return []byte(`{"message":"Menu item deleted"}`)
}

// ItemRemoved states that an item is no longer on the menu.
type ItemRemoved struct {
	ID string `json:"id"`
}

// Kind names the event.
func (ItemRemoved) Kind() string { return "menu.item_removed" }

func (e ItemRemoved) evolve(o *Outlet, seq uint64) (*Outlet, error) {
	next := *o
	next.Menu = o.Menu.without(seq, e.ID)
	return &next, nil
}
