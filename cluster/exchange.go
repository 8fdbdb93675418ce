package cluster

import (
	"context"
	"errors"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
)

// exchange matches answers of other nodes to those who wait. It is a process of
// the actor system, not an actor: an answer goes from the connection's goroutine
// straight to its waiter.
type exchange struct {
	system *actor.ActorSystem

	mu      sync.Mutex
	last    uint32
	waiting map[uint32]*waiter
	peers   map[string]int // address → waiters: remote queues have no limit of their own
}

type waiter struct {
	address string
	done    chan outcome
}

type outcome struct {
	answer *Wire
	err    error
}

const (
	exchangeName   = "exchange"
	maxPeerWaiting = 8192 // requests to one other node at once
)

var (
	// errUndelivered says that nobody got the request: nothing happened.
	errUndelivered = errors.New("not delivered")
	// errLost says that no answer will come: it may have happened.
	errLost = errors.New("connection lost while waiting for the answer")
	// errPeerBusy says that too much waits for that node already.
	errPeerBusy = errors.New("too many requests wait for the other node")
)

func newExchange(system *actor.ActorSystem) *exchange {
	x := &exchange{system: system, waiting: map[uint32]*waiter{}, peers: map[string]int{}}
	system.ProcessRegistry.Add(x, exchangeName)
	system.EventStream.Subscribe(func(event any) {
		if gone, ok := event.(*remote.EndpointTerminatedEvent); ok {
			x.lose(gone.Address)
		}
	})
	return x
}

// ask sends a request and waits for its answer, at most as long as ctx.
func (x *exchange) ask(ctx context.Context, to *actor.PID, w *Wire) (*Wire, error) {
	n, waits, err := x.begin(to.Address)
	if err != nil {
		return nil, err
	}
	defer x.end(n, waits)
	from := x.system.NewLocalPID(exchangeName)
	from.RequestId = n
	x.system.Root.RequestWithCustomSender(to, w, from)
	select {
	case o := <-waits.done:
		return o.answer, o.err
	case <-ctx.Done():
		return nil, errLost
	}
}

func (x *exchange) begin(address string) (uint32, *waiter, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.peers[address] >= maxPeerWaiting {
		return 0, nil, errPeerBusy
	}
	x.peers[address]++
	for x.last++; x.last == 0 || x.waiting[x.last] != nil; x.last++ { // 0 is no number
	}
	w := &waiter{address: address, done: make(chan outcome, 1)}
	x.waiting[x.last] = w
	return x.last, w, nil
}

func (x *exchange) end(n uint32, w *waiter) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.waiting, n)
	if x.peers[w.address]--; x.peers[w.address] == 0 {
		delete(x.peers, w.address)
	}
}

// lose ends the waits for a node that went, at once.
func (x *exchange) lose(address string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, w := range x.waiting {
		if w.address == address {
			w.give(outcome{err: errLost})
		}
	}
}

func (w *waiter) give(o outcome) {
	select {
	case w.done <- o:
	default: // it has an answer
	}
}

func (x *exchange) waitingFor() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.waiting)
}

// SendUserMessage implements actor.Process: an answer arrived.
func (x *exchange) SendUserMessage(pid *actor.PID, message any) {
	var o outcome
	switch m := actor.UnwrapEnvelopeMessage(message).(type) {
	case *Wire:
		o.answer = m
	case *actor.DeadLetterResponse:
		o.err = errUndelivered
	default:
		return
	}
	x.mu.Lock()
	w := x.waiting[pid.RequestId]
	x.mu.Unlock()
	if w != nil {
		w.give(o)
	}
}

// SendSystemMessage implements actor.Process.
func (*exchange) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (*exchange) Stop(*actor.PID) {}
