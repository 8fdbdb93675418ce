package order

import "heard/domain"

// AddItems puts more lines on an open order.
type AddItems struct {
	domain.Keyed
	Items []ItemRequest `json:"items"`
}

// Kind names the command.
func (*AddItems) Kind() string { return "order.add_items" }

func (c *AddItems) decide(o *Order, m *Meta) (Event, *domain.Error) {
	if err := m.policy().May(m.By, "edit"); err != nil {
		return nil, err
	}
	if err := o.requireOpen(); err != nil {
		return nil, err
	}
	if len(c.Items) == 0 {
		return nil, domain.Blame(domain.EmptyOrder, "items", "must name at least one item")
	}
	lines, err := readLines(c.Items, o.Lines, o.LinesAdded, m)
	if err != nil {
		return nil, err
	}
	e := &ItemsAdded{Lines: lines}
	if e.Classes, err = o.joining(lines, m); err != nil {
		return nil, err
	}
	if o.Status.fired() {
		for i := range lines {
			lines[i].Added = lines[i].Quantity
		}
		e.Status = o.Status.again()
	}
	return e, nil
}

func (*AddItems) answer(*Order) []byte { return nil }

// ItemsAdded states that lines were added.
type ItemsAdded struct {
	Lines   []Line     `json:"items"`
	Classes []TaxClass `json:"tax_classes,omitempty"` // that the order has from now on, as they were then
	Status  Status     `json:"status,omitempty"`      // the order went back to; "" = it stayed
}

// Kind names the event.
func (*ItemsAdded) Kind() string { return "order.items_added" }

func (*ItemsAdded) priced() bool { return true }

func (e *ItemsAdded) evolve(o *Order) {
	o.Lines = append(append(make([]Line, 0, len(o.Lines)+len(e.Lines)), o.Lines...), e.Lines...)
	o.LinesAdded = linesAdded(o.LinesAdded, e.Lines)
	o.join(e.Classes)
	o.goTo(e.Status)
}

func (e *ItemsAdded) appendJSON(b []byte, exponent uint8) []byte {
	b = appendLines(append(b, `{"items":`...), e.Lines, exponent, false)
	b = appendClasses(b, "tax_classes", e.Classes)
	return append(appendText(b, "status", string(e.Status)), '}')
}
