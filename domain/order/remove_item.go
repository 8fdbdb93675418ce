package order

import (
	"strings"

	"heard/domain"
	"heard/domain/outlet"
)

// RemoveItem takes a line off an open order.
type RemoveItem struct {
	domain.Keyed
	LineID string `json:"line_id,omitempty"` // from the path
	Reason string `json:"reason,omitempty"`
}

// Kind names the command.
func (*RemoveItem) Kind() string { return "order.remove_item" }

func (c *RemoveItem) decide(o *Order, m *Meta) (Event, *domain.Error) {
	if err := m.policy().May(m.By, "edit"); err != nil {
		return nil, err
	}
	if err := o.requireOpen(); err != nil {
		return nil, err
	}
	reason, err := domain.Note("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	if _, err := o.line(c.LineID); err != nil {
		return nil, err
	}
	if err := m.mayReduce(o, reason); err != nil {
		return nil, err
	}
	if len(o.Lines) == 1 {
		return nil, domain.Refuse(domain.EmptyOrder, "The last line cannot be removed; cancel the order")
	}
	return &ItemRemoved{LineID: c.LineID, Reason: reason}, nil
}

// mayReduce refuses to take off, or to let go for less, what the kitchen has,
// without a reason and from those who may not.
func (m *Meta) mayReduce(o *Order, reason string) *domain.Error {
	if !o.fired() {
		return nil
	}
	if err := m.policy().May(m.By, outlet.ReduceFired); err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return domain.Blame(domain.ValidationError, "reason", "is required: the kitchen has the order")
	}
	return nil
}

func (*RemoveItem) answer(*Order) []byte { return nil }

// ItemRemoved states that a line is gone. Its id is never used again.
type ItemRemoved struct {
	LineID string `json:"line_id"`
	Reason string `json:"reason,omitempty"`
}

// Kind names the event.
func (*ItemRemoved) Kind() string { return "order.item_removed" }

func (*ItemRemoved) priced() bool { return true }

func (e *ItemRemoved) evolve(o *Order) {
	lines := make([]Line, 0, len(o.Lines))
	for _, line := range o.Lines {
		if line.ID != e.LineID {
			lines = append(lines, line)
		}
	}
	o.Lines = lines
}
