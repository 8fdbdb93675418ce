package actors

import (
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// org is an organisation as the rest of the node holds it: where its actor is,
// what readers see, and what waits.
type org struct {
	id           string
	pid          *actor.PID
	view         view
	ready        chan struct{} // closed once recovered, or failed
	once         sync.Once     // closes it
	failure      atomic.Pointer[domain.Error]
	waiting      atomic.Int64 // commands
	waitingBytes atomic.Int64
	usedMS       atomic.Int64  // ms since 1970 of the last request
	gone         atomic.Bool   // this activation has ended
	drained      atomic.Uint64 // how far the Store has followed
	epoch        atomic.Uint64 // it holds; 0 = not read back yet
	confirmedNS  atomic.Int64  // engine's clock, ns: the organisation was ours then
	lateMS       atomic.Int64  // the clock is behind its newest record
	keys         atomic.Int64  // in its window
	open         atomic.Int64  // orders, pending ones too
	wrote        atomic.Int64  // bytes since the last weighing
	lately       int64         // bytes of the last minutes; of the goroutine that weighs
	loud         atomic.Bool   // writes most while space is scarce: refused first
}

// orgActor is the sequencer of one organisation: it alone draws numbers and
// sequence, so there is no gap and no lock. It decides against committed plus
// pending state, and nothing it decides is seen before it is durable.
type orgActor struct {
	engine *Engine
	org    *org
	log    *slog.Logger

	ready     bool
	early     []*call // came before recovery was done
	epoch     uint64
	seq       uint64            // of the newest record, pending ones too
	through   persistence.Chain // of the newest durable one
	at        int64             // of the newest record: times never run backwards
	number    uint64            // of the newest order
	committed *outlet.Outlet
	tentative *outlet.Outlet // with what is pending
	old       map[uint64]*outlet.Settings
	orders    map[string]*entry // the view's, for looking up
	tables    map[string]int    // open orders on each table
	openCount int
	openOf    shares // by who placed them
	keys      keyWindow
	pending   map[domain.Fingerprint]*proposal
	absent    map[*call]map[string]bool // batch commands: orders the Store does not have

	budget  budget
	written int // bytes of the records of the command at hand
	writer  domain.EntryWriter
	open    *batch
	sealed  []*batch
	flight  *batch
	handed  []*batch // answered, and not durable yet
	leaving []leaver

	releasing []chan struct{} // wait for this activation to give up; none = it goes on

	pricer  order.Pricer
	meta    order.Meta
	ask     decide
	scratch []byte // an event being encoded
	image   []byte // an order being encoded
}

// entry is an order the organisation has in memory.
type entry struct {
	id          string
	pid         *actor.PID            // nil = not needed yet
	doc         *persistence.Document // committed; nil = not yet
	seen        *persistence.Document // what readers see, under the view's lock: durable
	table       string                // occupied while the order is open; the pending state's
	waiter      string                // likewise: its share of the open orders
	openNow     bool                  // likewise
	busy        bool                  // a change of it is pending: its next commands wait
	loading     bool
	quarantined bool
	seq         uint64 // of its newest durable change
	waiting     []*call
}

// maxWaiting bounds the commands that wait for one order.
const maxWaiting = 1024

// Receive handles a message.
func (a *orgActor) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *call:
		a.safely(c, m)
	case *batch:
		a.appended(c, m)
	case *durable:
		a.durable(m)
	case *actor.Started:
		a.start(c)
	case *recovered:
		a.recovered(c, m)
	case *loaded:
		a.loaded(c, m)
	case *retrySubmit:
		a.submit()
	case *alarm:
		a.endDue()
	case *sweep:
		a.sweep(c, m)
	case *superseded:
		a.superseded(c, m)
	case *release:
		a.release(c, m)
	case *actor.Restarting, *actor.Stopping:
		a.end(errOutcomeUnknown)
	}
}

// safely fails the caller at once when its command panics; then the panic goes
// on to the supervisor, which ends this activation.
func (a *orgActor) safely(c actor.Context, m *call) {
	defer func() {
		if r := recover(); r != nil {
			a.log.Error("organisation restarts from its log", "panic", r, "stack", string(debug.Stack()))
			m.fail(domain.Refuse(domain.OutcomeUnknown, "The organisation restarts from its log; repeat the request with its idempotency key"))
			panic(r)
		}
	}()
	a.receive(c, m)
}

func (a *orgActor) start(c actor.Context) {
	if a.org.gone.Load() { // restarted after a panic: a fresh activation takes over
		c.Stop(c.Self())
		return
	}
	go a.engine.recover(a.org)
}

// end fails everything that waits. What is in flight may or may not be durable:
// its callers repeat with their keys.
func (a *orgActor) end(pending *domain.Error) {
	a.engine.forget(a.org)
	a.engine.keys.Add(-a.org.keys.Swap(0))
	a.org.markReady(errMoved)
	for _, m := range a.early {
		m.fail(errMoved)
	}
	batches := append(append([]*batch{a.flight}, a.handed...), a.sealed...)
	for _, b := range append(batches, a.open) {
		if b != nil {
			for _, w := range b.answers {
				w.call.fail(pending)
			}
		}
	}
	for _, e := range a.orders {
		for _, m := range e.waiting {
			m.fail(errMoved)
		}
		e.waiting = nil
	}
	a.engine.early.Add(-int64(len(a.handed)))
	a.early, a.handed, a.sealed, a.flight, a.open = nil, nil, nil, nil, &batch{}
	a.releaseEnded()
}

// markReady lets readers go on; the first caller wins.
func (o *org) markReady(failure *domain.Error) {
	o.once.Do(func() {
		o.failure.Store(failure)
		close(o.ready)
	})
}
