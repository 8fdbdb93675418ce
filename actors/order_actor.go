package actors

import (
	"fmt"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// orderActor owns one order's committed state. It is a child of its
// organisation's actor and runs on its goroutine (direct mailbox), so
// that a decide is a function call with a mailbox and supervision around it.
type orderActor struct{ state *order.Order }

// decide asks an order what a command comes to. It changes nothing.
type decide struct {
	command  order.Command
	meta     *order.Meta
	image    []byte       // of the committed state, for an actor that has not read it yet
	on       *order.Order // instead of the committed state: the row before in the same batch
	settings interface {
		settingsAt(version uint64) (*outlet.Settings, bool)
	}

	done     bool   // false = it panicked
	panicked string // why, and where
	missing  bool   // the settings the order was made under are not at hand
	version  uint64
	decision order.Decision
	refusal  *domain.Error
}

// Receive handles a message: a question, or the order's new committed state.
func (o *orderActor) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *decide:
		o.decide(m)
	case *order.Order:
		o.state = m
	}
}

func (o *orderActor) decide(m *decide) {
	defer func() { // the panic goes on to the supervisor, which stops this order
		if r := recover(); r != nil {
			m.panicked = fmt.Sprintf("%v\n%s", r, debug.Stack())
			panic(r)
		}
	}()
	if o.state == nil && m.image != nil {
		state, err := order.Parse(m.image)
		domain.Assert(err == nil, "committed image does not parse: %v", err)
		o.state = state
	}
	state := o.state
	if m.on != nil {
		state = m.on
	}
	if state != nil {
		settings, found := m.settings.settingsAt(state.Settings)
		if !found {
			m.missing, m.version, m.done = true, state.Settings, true
			return
		}
		m.meta.Settings = settings
	}
	m.decision, m.refusal = order.Decide(state, m.command, m.meta)
	m.done = true
}
