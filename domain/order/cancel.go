package order

import (
	"heard/domain"
)

// Cancel stops an order that is open.
type Cancel struct {
	domain.Keyed
	Reason string `json:"reason,omitempty"`
}

// Kind names the command.
func (*Cancel) Kind() string { return "order.cancel" }

func (c *Cancel) decide(o *Order, m *Meta) (Event, *domain.Error) {
	reason, err := domain.Note("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	switch o.Status {
	case Cancelled:
		return nil, nil
	case Completed:
		return nil, domain.Refuse(domain.BadRequest, "Cannot cancel completed orders")
	}
	if err := m.policy().May(m.By, action(o.Status, Cancelled)); err != nil {
		return nil, err
	}
	return &WasCancelled{From: o.Status, Reason: reason}, nil
}

func (*Cancel) answer(o *Order) []byte { return answerStatus(o, "Order cancelled successfully") }

// WasCancelled states that an order was stopped. Its number stays taken.
type WasCancelled struct {
	From   Status `json:"from"`
	Reason string `json:"reason,omitempty"`
}

// Kind names the event.
func (*WasCancelled) Kind() string { return "order.cancelled" }

func (*WasCancelled) priced() bool { return false }

func (e *WasCancelled) evolve(o *Order) { o.Status, o.CancelReason = Cancelled, e.Reason }
