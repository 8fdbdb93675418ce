package order

import (
	"heard/domain"
	"heard/domain/outlet"
)

// Reopen takes a completed order back to the kitchen.
type Reopen struct {
	domain.Keyed
	Reason string `json:"reason,omitempty"`
}

// Kind names the command.
func (*Reopen) Kind() string { return "order.reopen" }

func (c *Reopen) decide(o *Order, m *Meta) (Event, *domain.Error) {
	reason, err := domain.Note("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	if err := m.policy().May(m.By, outlet.Reopen); err != nil {
		return nil, err
	}
	if o.Status != Completed {
		return nil, domain.Refuse(domain.InvalidTransition, "Only a completed order can be reopened; this one is "+string(o.Status))
	}
	return &Reopened{Reason: reason}, nil
}

func (*Reopen) answer(*Order) []byte { return nil }

// Reopened states that a completed order is open again.
type Reopened struct {
	Reason string `json:"reason,omitempty"`
}

// Kind names the event.
func (*Reopened) Kind() string { return "order.reopened" }

func (*Reopened) priced() bool { return false }

func (e *Reopened) evolve(o *Order) { o.Status = Preparing }
