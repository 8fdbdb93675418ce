package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// strictMailbox loses nothing silently. protoactor drops what is queued behind
// a stop without a trace; here a call in that place is failed at once.
type strictMailbox struct{ actor.Mailbox }

func newStrictMailbox() actor.MailboxProducer {
	inner := actor.Unbounded() // bounded by admission, before a call is posted
	return func() actor.Mailbox { return &strictMailbox{inner()} }
}

func (m *strictMailbox) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	m.Mailbox.RegisterHandlers(&strictInvoker{MessageInvoker: invoker}, d)
}

// strictInvoker runs on the actor's goroutine only.
type strictInvoker struct {
	actor.MessageInvoker
	stopped bool
}

func (i *strictInvoker) InvokeSystemMessage(message any) {
	i.MessageInvoker.InvokeSystemMessage(message)
	switch message.(type) {
	case *actor.Stop, *actor.Terminated, *actor.Failure:
		if self, ok := i.MessageInvoker.(actor.Context); ok {
			_, alive := self.ActorSystem().ProcessRegistry.GetLocal(self.Self().Id)
			i.stopped = !alive
		}
	}
}

func (i *strictInvoker) InvokeUserMessage(message any) {
	if !i.stopped {
		i.MessageInvoker.InvokeUserMessage(message)
		return
	}
	failDead(message)
}

func failDead(message any) {
	switch m := message.(type) {
	case *call:
		m.fail(errMoved)
	case *release:
		close(m.done)
	}
}

// failDeadCalls ends calls that were posted to an actor that is gone.
func failDeadCalls(system *actor.ActorSystem) {
	system.EventStream.Subscribe(func(event any) {
		if dead, ok := event.(*actor.DeadLetterEvent); ok {
			failDead(dead.Message)
		}
	})
}

// warmDispatcher runs mailboxes on goroutines that are kept with their grown
// stacks: with a fresh goroutine per wake-up more than half of the CPU goes into
// growing its stack. The channel is unbuffered, so work is handed over only to a
// worker that is parked, and a blocked worker never starves a mailbox.
type warmDispatcher struct {
	work chan func()
	done chan struct{}
	idle atomic.Int32
	most int32 // parked workers
}

func newWarmDispatcher(most int) *warmDispatcher {
	return &warmDispatcher{work: make(chan func()), done: make(chan struct{}), most: int32(most)}
}

// Throughput is how many messages an actor handles before others get a turn.
func (*warmDispatcher) Throughput() int { return 300 }

// Schedule runs f on a parked worker, or on a new one.
func (d *warmDispatcher) Schedule(f func()) {
	select {
	case d.work <- f:
	default:
		go d.run(f)
	}
}

func (d *warmDispatcher) run(f func()) {
	for {
		f()
		if d.idle.Add(1) > d.most {
			d.idle.Add(-1)
			return
		}
		select {
		case f = <-d.work:
		case <-d.done:
			return
		}
		d.idle.Add(-1)
	}
}

// close lets workers go that are parked or will be. It is called once.
func (d *warmDispatcher) close() { close(d.done) }
