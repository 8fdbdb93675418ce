package outlet

import (
	"fmt"
	"time"

	"heard/domain"
)

// EightySix marks items as sold out, until a time or until further notice, or
// brings them back.
type EightySix struct {
	domain.Keyed
	ItemIDs   []string `json:"item_ids"`
	Until     string   `json:"until,omitempty"`     // RFC 3339; empty = until further notice
	Available bool     `json:"available,omitempty"` // true brings them back
}

// Kind names the command.
func (EightySix) Kind() string { return "outlet.eighty_six" }

func (c EightySix) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if err := settingsRole(m.By); err != nil {
		return nil, err
	}
	if len(c.ItemIDs) == 0 || len(c.ItemIDs) > 1000 {
		return nil, domain.Blame(domain.ValidationError, "item_ids", "must name 1 to 1000 items")
	}
	e := SoldOut{IDs: c.ItemIDs, Back: c.Available}
	if c.Until != "" {
		t, err := time.Parse(time.RFC3339, c.Until)
		if err != nil || t.UnixMilli() <= m.At {
			return nil, domain.Blame(domain.ValidationError, "until", "must be an RFC 3339 time in the future")
		}
		e.Until = t.UnixMilli()
	}
	for i, id := range c.ItemIDs {
		if _, ok := o.Menu.Find(id); !ok {
			return nil, domain.Blame(domain.ItemNotFound, fmt.Sprintf("item_ids[%d]", i), "not on the menu")
		}
	}
	return e, nil
}

func (EightySix) answer(o *Outlet, e Event, m *Meta) []byte {
	b := []byte{'['}
	for i, id := range e.(SoldOut).IDs {
		if i > 0 {
			b = append(b, ',')
		}
		item, _ := o.Menu.Find(id)
		b = item.AppendJSON(b, o.Settings.rules.Currency, m.At)
	}
	return append(b, ']')
}

// SoldOut states that items are 86 or back.
type SoldOut struct {
	IDs   []string `json:"item_ids"`
	Until int64    `json:"until,omitempty"` // ms since 1970; 0 = until further notice
	Back  bool     `json:"back,omitempty"`
}

// Kind names the event.
func (SoldOut) Kind() string { return "menu.86" }

func (e SoldOut) evolve(o *Outlet, seq uint64) (*Outlet, error) {
	changed := make([]Item, 0, len(e.IDs))
	for _, id := range e.IDs {
		item, ok := o.Menu.Find(id)
		if !ok {
			return nil, fmt.Errorf("item %s is not on the menu", id)
		}
		next := *item
		next.SoldOut, next.SoldOutUntil = !e.Back, e.Until
		if e.Back {
			next.SoldOutUntil = 0
		}
		changed = append(changed, next)
	}
	next := *o
	next.Menu = o.Menu.with(seq, changed...)
	return &next, nil
}
