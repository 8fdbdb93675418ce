package actors

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"heard/domain"
)

// call is one request on its way to an organisation's actor and back. It is
// pooled: 0.7 µs against 3.2 µs for protoactor's RequestFuture. A call whose
// caller gave up is left to the garbage collector, since the actor may hold it.
type call struct {
	request *domain.Request
	reply   domain.Reply
	err     *domain.Error
	durable bool          // the answer rests on an append
	word    atomic.Uint64 // generation<<2 | state: a stale holder can never answer a later use
	done    chan struct{}
	timer   *time.Timer
}

const (
	callWaiting = iota
	callAnswered
	callAbandoned
	callWriting
)

var (
	errOutcomeUnknown = domain.Refuse(domain.OutcomeUnknown, "No answer in time; repeat the request with its idempotency key")
	errMoved          = domain.Refuse(domain.NotLeader, "The organisation is moving; repeat the request")
)

type callPool struct{ pool sync.Pool }

func newCallPool() *callPool {
	p := &callPool{}
	p.pool.New = func() any {
		timer := time.NewTimer(time.Hour)
		timer.Stop()
		return &call{done: make(chan struct{}, 1), timer: timer}
	}
	return p
}

// do posts a call and waits for its answer, at most for patience. After a
// time-out the outcome is unknown. durable says that the answer rests on an
// append of its own.
func (p *callPool) do(ctx context.Context, r *domain.Request, patience time.Duration, post func(*call)) (reply domain.Reply, err *domain.Error, durable bool) {
	c := p.pool.Get().(*call)
	generation := (c.word.Load() | callWriting) + 1
	c.request, c.err, c.durable = r, nil, false
	c.word.Store(generation)
	c.timer.Reset(patience)
	post(c)
	select {
	case <-c.done:
	case <-c.timer.C:
		if c.word.CompareAndSwap(generation, generation|callAbandoned) {
			return domain.Reply{}, errOutcomeUnknown, false
		}
		<-c.done // the answer is being written at this moment
	case <-ctx.Done():
		if c.word.CompareAndSwap(generation, generation|callAbandoned) {
			return domain.Reply{}, errOutcomeUnknown, false
		}
		<-c.done
	}
	c.timer.Stop()
	reply, err, durable = c.reply, c.err, c.durable
	c.request, c.reply, c.err = nil, domain.Reply{}, nil
	p.pool.Put(c)
	return reply, err, durable
}

// answer ends the call; the first answer wins, a second is a no-op. The holder
// must forget the call afterwards: it is pooled.
func (c *call) answer(reply domain.Reply, err *domain.Error) { c.settle(reply, err, false) }

func (c *call) settle(reply domain.Reply, err *domain.Error, durable bool) {
	word := c.word.Load()
	if word&callWriting != callWaiting || !c.word.CompareAndSwap(word, word|callWriting) {
		return
	}
	c.reply, c.err, c.durable = reply, err, durable
	c.word.Store(word | callAnswered)
	c.done <- struct{}{} // room for one, and one writer: never blocks
}

// fail lets the mailbox and the dead-letter hook end calls nobody will handle.
func (c *call) fail(err *domain.Error) { c.answer(domain.Reply{}, err) }

// abandoned reports that the caller has gone: work for it would be wasted.
func (c *call) abandoned() bool { return c.word.Load()&callWriting == callAbandoned }
