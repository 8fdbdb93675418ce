package actors

import "github.com/asynkron/protoactor-go/actor"

// directMailbox hands a message over within Send: an order's actor runs on its
// organisation's goroutine, where nothing can come meanwhile, so that there is
// nothing to queue.
type directMailbox struct {
	invoker   actor.MessageInvoker
	suspended bool // it panicked, and its organisation stops it
}

func newDirectMailbox() actor.Mailbox { return &directMailbox{} }

// PostUserMessage implements actor.Mailbox.
func (m *directMailbox) PostUserMessage(message any) {
	if m.suspended {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			m.invoker.EscalateFailure(r, message)
		}
	}()
	m.invoker.InvokeUserMessage(message)
}

// PostSystemMessage implements actor.Mailbox.
func (m *directMailbox) PostSystemMessage(message any) {
	switch message.(type) {
	case *actor.SuspendMailbox:
		m.suspended = true
	case *actor.ResumeMailbox:
		m.suspended = false
	default:
		m.invoker.InvokeSystemMessage(message)
	}
}

// RegisterHandlers implements actor.Mailbox; there is nothing to dispatch.
func (m *directMailbox) RegisterHandlers(invoker actor.MessageInvoker, _ actor.Dispatcher) {
	m.invoker = invoker
}

// Start implements actor.Mailbox.
func (*directMailbox) Start() {}

// UserMessageCount implements actor.Mailbox.
func (*directMailbox) UserMessageCount() int { return 0 }
