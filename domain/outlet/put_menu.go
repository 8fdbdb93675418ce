package outlet

import (
	"fmt"
	"slices"

	"heard/domain"
)

// PutMenu replaces the whole menu. The body is the bare array of items.
type PutMenu struct {
	Items []ItemRequest `json:"items"`
}

// Kind names the command.
func (PutMenu) Kind() string { return "outlet.put_menu" }

func (c PutMenu) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if err := settingsRole(m.By); err != nil {
		return nil, err
	}
	if len(c.Items) > MaxItems {
		return nil, domain.Blame(domain.ValidationError, "items", fmt.Sprintf("more than %d", MaxItems))
	}
	seen := make(map[string]bool, len(c.Items))
	items := make([]Item, 0, len(c.Items))
	for i := range c.Items {
		at := fmt.Sprintf("[%d].", i)
		item, err := c.Items[i].item(at, c.Items[i].ID, o.Settings)
		if err != nil {
			return nil, err
		}
		if seen[item.ID] {
			return nil, domain.Blame(domain.ValidationError, at+"id", fmt.Sprintf("%q is there twice", item.ID))
		}
		seen[item.ID] = true
		items = append(items, item)
	}
	if slices.EqualFunc(items, o.Menu.Items, func(a, b Item) bool { return a.same(b, m.At) }) {
		return nil, nil
	}
	return MenuReplaced{Items: items}, nil
}

func (PutMenu) answer(o *Outlet, _ Event, m *Meta) []byte {
	return o.Menu.AppendJSON(nil, o.Settings.rules.Currency, m.At)
}

// MenuReplaced states that the menu is these items now.
type MenuReplaced struct {
	Items []Item `json:"items"`
}

// Kind names the event.
func (MenuReplaced) Kind() string { return "menu.replaced" }

func (e MenuReplaced) evolve(o *Outlet, seq uint64) (*Outlet, error) {
	next := *o
	next.Menu = NewMenu(seq, e.Items)
	return &next, nil
}
