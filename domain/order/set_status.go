package order

import (
	"strconv"

	"heard/domain"
	"heard/domain/outlet"
)

// SetStatus moves an order. The same status again is a success without an event.
type SetStatus struct {
	domain.Keyed
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"` // of a cancel
}

// Kind names the command.
func (*SetStatus) Kind() string { return "order.set_status" }

func (c *SetStatus) decide(o *Order, m *Meta) (Event, *domain.Error) {
	to, err := readStatus(c.Status, m.policy())
	if err != nil {
		return nil, err
	}
	reason, err := domain.Note("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	if to == o.Status {
		return nil, nil
	}
	allowed := transition(o.Status, to)
	if !allowed && m.policy().StatusTransitions != "lenient" {
		return nil, domain.Refuse(domain.InvalidTransition, "Cannot move from "+string(o.Status)+" to "+string(to))
	}
	if err := m.policy().May(m.By, action(o.Status, to)); err != nil {
		return nil, err
	}
	switch {
	case allowed && to == Cancelled:
		return &WasCancelled{From: o.Status, Reason: reason}, nil
	case allowed && o.Status == Completed:
		return &Reopened{Reason: reason}, nil
	}
	e := &StatusChanged{From: o.Status, To: to, Forced: !allowed}
	if to == Cancelled {
		e.Reason = reason
	}
	return e, nil
}

// readStatus takes a status, or another word where the organisation names it.
func readStatus(word string, s *outlet.Settings) (Status, *domain.Error) {
	if word == "" {
		return "", domain.Blame(domain.ValidationError, "status", "is required")
	}
	if Status(word).rank() >= 0 {
		return Status(word), nil
	}
	if alias, ok := s.StatusAliases[word]; ok {
		return Status(alias), nil
	}
	return "", domain.Blame(domain.InvalidStatus, "status", "must be pending, preparing, ready, served, completed or cancelled")
}

// transition is the status machine: forward skips, cancel from any open state,
// two recalls, and reopening.
func transition(from, to Status) bool {
	switch {
	case from == Completed:
		return to == Preparing
	case from == Cancelled:
		return false
	case to == Cancelled:
		return true
	case to.rank() > from.rank():
		return true
	}
	return from == Ready && to == Preparing || from == Preparing && to == Pending
}

// action is what a role needs to be allowed for a move.
func action(from, to Status) outlet.Action {
	switch {
	case !from.Open():
		return outlet.Reopen
	case to == Cancelled && from == Pending:
		return outlet.Cancel
	case to == Cancelled:
		return outlet.CancelFired
	case to == Completed:
		return outlet.Complete
	}
	return outlet.Advance
}

func (*SetStatus) answer(o *Order) []byte { return answerStatus(o, "Order status updated") }

func answerStatus(o *Order, message string) []byte {
	b := append(make([]byte, 0, 160), `{"message":"`...)
	b = append(append(b, message...), `","order_id":"`...)
	b = append(append(b, o.ID...), `","status":"`...)
	b = append(append(b, o.Status...), `","version":`...)
	return append(strconv.AppendUint(b, o.Version, 10), '}')
}

// StatusChanged states that an order moved.
type StatusChanged struct {
	From   Status `json:"from"`
	To     Status `json:"to"`
	Forced bool   `json:"forced,omitempty"` // against the status machine, in a lenient organisation
	Reason string `json:"reason,omitempty"` // of a forced cancel
}

// Kind names the event.
func (*StatusChanged) Kind() string { return "order.status_changed" }

func (*StatusChanged) priced() bool { return false }

func (e *StatusChanged) evolve(o *Order) { o.Status, o.CancelReason = e.To, e.Reason }

func (e *StatusChanged) appendJSON(b []byte) []byte {
	b = append(append(b, `{"from":"`...), e.From...)
	b = append(append(append(b, `","to":"`...), e.To...), '"')
	if e.Forced {
		b = append(b, `,"forced":true`...)
	}
	return append(appendText(b, "reason", e.Reason), '}')
}
