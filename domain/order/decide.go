package order

import (
	"encoding/json"
	"fmt"

	"heard/domain"
	"heard/domain/outlet"
)

// Meta is the only source of who, when and under which rules.
type Meta struct {
	Org      string
	By       domain.Identity
	At       int64            // ms since 1970
	NewID    string           // for the order a create makes
	Number   uint64           // likewise
	Settings *outlet.Settings // the order's own version, which prices it; for a create the current one
	Policy   *outlet.Settings // the current version: who may do what, and how strictly; nil = Settings
	Menu     *outlet.Menu
	Pricer   *Pricer
}

// policy is what the organisation says now. A permission that was narrowed is
// narrowed for the orders that are open, too; prices and taxes are not.
func (m *Meta) policy() *outlet.Settings {
	if m.Policy != nil {
		return m.Policy
	}
	return m.Settings
}

func (m *Meta) exponent() uint8 { return m.Settings.Rules().Currency.Exponent }

// Command is a change to one order.
type Command interface {
	domain.Command
	decide(o *Order, m *Meta) (Event, *domain.Error)
	// answer is what the client gets; nil = the whole order.
	answer(o *Order) []byte
}

// Event is a change that happened. evolve changes o, which is the caller's own
// copy; slices in it are shared and must be copied before they are changed.
type Event interface {
	domain.Event
	evolve(o *Order)
	// priced reports whether the bill may be another after it: then the lines are
	// not shared with the state before, since each is told its amount.
	priced() bool
}

// Decision is what a command comes to. Event is nil when there is nothing to do.
type Decision struct {
	Event  Event
	Next   *Order
	Answer []byte // nil = the whole order
}

// Decide carries a command out on a state, nil for an order that does not exist
// yet, without changing it.
func Decide(o *Order, c Command, m *Meta) (Decision, *domain.Error) {
	if _, creates := c.(*Create); o == nil && !creates {
		return Decision{}, domain.Refuse(domain.OrderNotFound, "Order not found")
	}
	e, refusal := c.decide(o, m)
	if refusal != nil {
		return Decision{}, refusal
	}
	if e == nil {
		return Decision{Next: o, Answer: c.answer(o)}, nil
	}
	next, refusal := apply(o, e, m.At, m.Settings, m.Pricer)
	if refusal == nil && e.priced() {
		refusal = m.checkPriced(o, next)
	}
	if refusal != nil {
		return Decision{}, refusal
	}
	return Decision{Event: e, Next: next, Answer: c.answer(next)}, nil
}

// checkPriced refuses what can be judged only once it is priced.
func (m *Meta) checkPriced(before, next *Order) *domain.Error {
	if err := m.checkDiscount(before, next); err != nil {
		return err
	}
	return next.checkSize()
}

// MaxImageBytes bounds an order as JSON: every event keeps the whole order, so a
// small command on a huge one would be a huge write.
const MaxImageBytes = 256 << 10

// CheckImage refuses a decision that makes the order's JSON too long. What does not
// touch the bill is always taken: an order that is there can be closed.
func (d *Decision) CheckImage(bytes int) *domain.Error {
	if bytes <= MaxImageBytes || !d.Event.priced() {
		return nil
	}
	return domain.Blame(domain.ValidationError, "items", fmt.Sprintf("the order would be %d bytes of JSON, more than %d; use another order, or shorter texts", bytes, MaxImageBytes))
}

func apply(o *Order, e Event, at int64, s *outlet.Settings, p *Pricer) (*Order, *domain.Error) {
	var next Order
	if o != nil {
		next = *o
	}
	e.evolve(&next)
	next.Version++
	next.UpdatedAt = Time(at)
	if o == nil {
		next.CreatedAt = Time(at)
	}
	if e.priced() {
		if refusal := p.Price(&next, s); refusal != nil {
			return nil, refusal
		}
	}
	return &next, nil
}

// Replay applies an event of the log again, for the audit: it re-runs the rules
// where recovery only assigns images. s is the order's own settings version.
func Replay(o *Order, r *domain.Record, s *outlet.Settings, p *Pricer) (*Order, error) {
	e, err := DecodeEvent(r.Kind, r.Data)
	if err != nil {
		return nil, err
	}
	if _, creates := e.(*Created); creates != (o == nil) {
		return nil, fmt.Errorf("event %s at version %d does not follow", r.Kind, r.Version)
	}
	next, refusal := apply(o, e, r.At, s, p)
	if refusal != nil {
		return nil, refusal
	}
	return next, nil
}

// DecodeEvent reads an event's data.
func DecodeEvent(kind string, data []byte) (Event, error) {
	fresh, ok := events()[kind]
	if !ok {
		return nil, fmt.Errorf("unknown event %q", kind)
	}
	e := fresh()
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return e, nil
}

// AppendEvent writes an event's data.
func AppendEvent(b []byte, e Event, m *Meta) []byte {
	switch e := e.(type) {
	case *Created:
		return e.appendJSON(b, m.exponent())
	case *ItemsAdded:
		return e.appendJSON(b, m.exponent())
	case *ItemChanged:
		return e.appendJSON(b, m.exponent())
	case *StatusChanged:
		return e.appendJSON(b)
	}
	data, err := json.Marshal(e)
	domain.Assert(err == nil, "event %s does not encode: %v", e.Kind(), err)
	return append(b, data...)
}

// Commands makes an empty command of each kind, to decode into.
func Commands() map[string]func() domain.Command {
	return map[string]func() domain.Command{
		(*Create)(nil).Kind():      func() domain.Command { return &Create{} },
		(*AddItems)(nil).Kind():    func() domain.Command { return &AddItems{} },
		(*ChangeItem)(nil).Kind():  func() domain.Command { return &ChangeItem{} },
		(*RemoveItem)(nil).Kind():  func() domain.Command { return &RemoveItem{} },
		(*SetStatus)(nil).Kind():   func() domain.Command { return &SetStatus{} },
		(*BatchCreate)(nil).Kind(): func() domain.Command { return &BatchCreate{} },
		(*BatchStatus)(nil).Kind(): func() domain.Command { return &BatchStatus{} },
		(*SetDiscount)(nil).Kind(): func() domain.Command { return &SetDiscount{} },
		(*Cancel)(nil).Kind():      func() domain.Command { return &Cancel{} },
		(*Reopen)(nil).Kind():      func() domain.Command { return &Reopen{} },
	}
}

func events() map[string]func() Event {
	return map[string]func() Event{
		(*Created)(nil).Kind():       func() Event { return &Created{} },
		(*ItemsAdded)(nil).Kind():    func() Event { return &ItemsAdded{} },
		(*ItemChanged)(nil).Kind():   func() Event { return &ItemChanged{} },
		(*ItemRemoved)(nil).Kind():   func() Event { return &ItemRemoved{} },
		(*StatusChanged)(nil).Kind(): func() Event { return &StatusChanged{} },
		(*Discounted)(nil).Kind():    func() Event { return &Discounted{} },
		(*WasCancelled)(nil).Kind():  func() Event { return &WasCancelled{} },
		(*Reopened)(nil).Kind():      func() Event { return &Reopened{} },
	}
}
