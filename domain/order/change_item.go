package order

import (
	"reflect"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
)

// ChangeItem changes the members of a line that it names.
type ChangeItem struct {
	domain.Keyed
	LineID     string             `json:"line_id,omitempty"` // from the path
	Quantity   *money.Decimal     `json:"quantity,omitempty"`
	Price      *money.Decimal     `json:"price,omitempty"`
	PriceMinor *int64             `json:"price_minor,omitempty"`
	Notes      *string            `json:"notes,omitempty"`
	Modifiers  *[]ModifierRequest `json:"modifiers,omitempty"`
	Course     *Label             `json:"course,omitempty"`
	Seat       *int64             `json:"seat,omitempty"`
}

// Kind names the command.
func (*ChangeItem) Kind() string { return "order.change_item" }

func (c *ChangeItem) decide(o *Order, m *Meta) (Event, *domain.Error) {
	if err := m.policy().May(m.By, "edit"); err != nil {
		return nil, err
	}
	if err := o.requireOpen(); err != nil {
		return nil, err
	}
	i, err := o.line(c.LineID)
	if err != nil {
		return nil, err
	}
	line := o.Lines[i]
	if err := c.change(&line, m); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(line, o.Lines[i]) {
		return nil, nil
	}
	return &ItemChanged{Line: line}, nil
}

func (c *ChangeItem) change(line *Line, m *Meta) (err *domain.Error) {
	item := line.basis(m)
	if c.Quantity != nil {
		if line.Quantity, err = readQuantity("quantity", c.Quantity); err != nil {
			return err
		}
	}
	if c.Price != nil || c.PriceMinor != nil {
		if line.Price, err = c.price(item, m); err != nil {
			return err
		}
	}
	if c.Modifiers != nil {
		if line.Modifiers, err = readModifiers(*c.Modifiers, item, m); err != nil {
			return err
		}
	}
	if c.Notes != nil {
		line.Notes = *c.Notes
	}
	if c.Course != nil {
		line.Course = string(*c.Course)
	}
	if c.Seat != nil {
		if line.Seat = *c.Seat; line.Seat < 0 || line.Seat > 10_000 {
			return domain.Blame(domain.ValidationError, "seat", "must be 0 to 10000")
		}
	}
	return line.cleanTexts()
}

func (c *ChangeItem) price(item *outlet.Item, m *Meta) (int64, *domain.Error) {
	if item != nil {
		return listedPrice("price", c.Price, c.PriceMinor, item.Price, m)
	}
	return outlet.Price("price", c.Price, c.PriceMinor, m.Settings.Rules())
}

// basis is what another price and other modifiers are held against: the item on
// the menu or, when it has left the menu, what the line was sold for. Else a dish
// would be free to reprice once it is taken off. nil = an open item: anything.
func (l *Line) basis(m *Meta) *outlet.Item {
	if item, listed := m.Menu.Find(l.Item); listed {
		return item
	}
	if open := l.Item == "" || m.Menu.Version == 0; open && !m.listedOnly() {
		return nil
	}
	sold := outlet.ModifierGroup{Options: make([]outlet.ModifierOption, len(l.Modifiers))}
	for i, modifier := range l.Modifiers {
		sold.Options[i] = outlet.ModifierOption{Name: modifier.Name, Price: modifier.Price}
	}
	return &outlet.Item{ID: l.Item, Name: l.Name, Price: l.Price, ModifierGroups: []outlet.ModifierGroup{sold}}
}

func (*ChangeItem) answer(*Order) []byte { return nil }

// ItemChanged states what a line is now.
type ItemChanged struct {
	Line Line `json:"item"`
}

// Kind names the event.
func (*ItemChanged) Kind() string { return "order.item_changed" }

func (*ItemChanged) priced() bool { return true }

func (e *ItemChanged) evolve(o *Order) {
	o.Lines = append([]Line(nil), o.Lines...)
	for i := range o.Lines {
		if o.Lines[i].ID == e.Line.ID {
			o.Lines[i] = e.Line
		}
	}
}
