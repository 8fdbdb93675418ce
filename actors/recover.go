package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/outlet"
	"heard/persistence"
)

// recoverTimeoutMS bounds one recovery; a request may start the next.
const recoverTimeoutMS = 30_000

// recovered is an organisation as the log and the Store have it.
type recovered struct {
	persistence.Fold
	kept     *kept // it goes on from; nil = from the Store
	err      error
	epoch    uint64
	before   persistence.Holder // who held it
	acquired time.Duration      // on the engine's clock, or a little before
	last     uint64
	menu     []outlet.ItemRequest // of the system before this one, for an organisation that is new
	orders   map[string]*persistence.Document
	keys     []persistence.KeyRow
	tail     []persistence.Unfolded // what the Store does not have
	through  uint64
	replayed []persistence.Followed

	find func(id string) (*persistence.Document, error) // an order that is not in memory, as the Store has it; nil = it has not
}

// recover reads an organisation back and tells its actor. At most a few run at
// once, so that a restart does not read everything together.
func (e *Engine) recover(o *org) {
	r := e.readBack(o)
	e.keepSilent(r)
	e.system.Root.Send(o.pid, r)
}

func (e *Engine) readBack(o *org) *recovered {
	e.recovering <- struct{}{}
	defer func() { <-e.recovering }()
	ctx, cancel := context.WithTimeout(context.Background(), recoverTimeoutMS*time.Millisecond)
	defer cancel()
	started := time.Now()
	r := e.resume(ctx, o.id)
	if r.err == nil && r.last == 0 && e.menuOf != nil {
		if r.menu, r.err = e.menuOf(ctx, o.id); r.err != nil {
			r.err = fmt.Errorf("read initial menu: %w", storeError{r.err})
		}
	}
	if r.err == nil {
		e.log.Debug("organisation recovered", "org", o.id, "seq", r.last, "orders", len(r.orders), "undrained", len(r.replayed), "took", time.Since(started))
	}
	return r
}

// resume goes on from what was kept of the organisation, where the log does; else
// from the Store.
func (e *Engine) resume(ctx context.Context, id string) *recovered {
	if k := e.keptOf(id); k != nil {
		r, err := k.resume(ctx, e)
		if err == nil {
			return r
		}
		if unclear(err) {
			return &recovered{err: err}
		}
		e.letGo(id)
		e.log.Warn("organisation is read back from the store: the log does not go on from what was kept", "org", id, "reason", err)
	}
	r := &recovered{}
	r.err = r.read(ctx, e, id)
	return r
}

// stored looks an order up for one that is being recovered.
func (e *Engine) stored(ctx context.Context, org string) func(string) (*persistence.Document, error) {
	return func(id string) (*persistence.Document, error) {
		d, err := e.store.Order(ctx, org, id)
		switch {
		case errors.Is(err, persistence.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, storeError{err}
		}
		return &d, nil
	}
}

// storeError is what the journal is not to blame for.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

// notRecovered is what callers are told.
func notRecovered(err error) *domain.Error {
	if gone, moved := errors.AsType[movedError](err); moved {
		return gone.refusal
	}
	if why, is := errors.AsType[persistence.Unservable](err); is {
		return domain.Refuse(domain.JournalUnavailable, "The organisation cannot be served: "+why.Error())
	}
	if _, store := errors.AsType[storeError](err); store {
		return errStore
	}
	return domain.Refuse(domain.JournalUnavailable, "The organisation cannot be read now; repeat the request")
}

// acquire makes sure, before and after, that the store is not being moved away:
// whoever moves it marks it first and acquires then, so that one of the two is
// seen to be there.
func (e *Engine) acquire(ctx context.Context, id string) (persistence.Lease, error) {
	if err := e.stays(ctx); err != nil {
		return persistence.Lease{}, err
	}
	lease, err := e.journal.Acquire(ctx, id, 0)
	if err != nil {
		return lease, fmt.Errorf("acquire: %w", err)
	}
	return lease, e.stays(ctx)
}

// read goes: acquire, so that no older activation can append; the journal's
// tail; then the Store. The other way round would lose what is drained and
// trimmed in between. It assigns images and never runs rules again.
func (r *recovered) read(ctx context.Context, e *Engine, id string) error {
	mark, err := e.store.Watermark(ctx, id)
	if err != nil {
		return fmt.Errorf("read watermark: %w", storeError{err})
	}
	if r.before, err = e.awaitRelease(ctx, id); err != nil {
		return fmt.Errorf("read holder: %w", err)
	}
	r.acquired = e.elapsed()
	lease, err := e.acquire(ctx, id)
	if err != nil {
		return err
	}
	r.epoch, r.last = lease.Epoch, lease.Last
	if err := r.readTail(ctx, e, id, mark.Seq); err != nil {
		return fmt.Errorf("read journal tail: %w", err)
	}
	stored, err := e.store.Load(ctx, id)
	if err != nil {
		return fmt.Errorf("read store: %w", storeError{err})
	}
	if err := r.assume(stored); err != nil {
		return persistence.DamageOf(id, 0, "", err)
	}
	newest, err := e.store.Orders(ctx, persistence.Selection{Org: id, Filter: domain.Filter{LimitRows: 1}})
	if err != nil {
		return fmt.Errorf("read newest order: %w", storeError{err})
	}
	if len(newest) > 0 {
		r.Number = newest[0].Number
	}
	r.find = e.stored(ctx, id)
	return persistence.DamageOf(id, r.last, "", r.overlay())
}

// readTail reads what the journal has after a sequence. What is in the entries is
// read on another goroutine, while the next ones come from the disk or the net.
func (r *recovered) readTail(ctx context.Context, e *Engine, id string, after uint64) error {
	entries, unreadable := make(chan persistence.Entry, 64), make(chan error, 1)
	go func() {
		var reader persistence.Reader
		var failed error
		for entry := range entries {
			if failed == nil {
				var u persistence.Unfolded
				u, failed = reader.Entry(entry)
				failed = persistence.DamageOf(id, entry.Last, "", failed)
				r.tail = append(r.tail, u)
			}
		}
		unreadable <- failed
	}()
	err := e.journal.Tail(ctx, id, after, func(entry persistence.Entry) error {
		entries <- entry
		return nil
	})
	close(entries)
	return errors.Join(err, <-unreadable)
}

func (r *recovered) assume(stored persistence.Recovered) (err error) {
	r.Through, r.AtMS, r.through, r.keys = stored.Through, stored.AtMS, stored.Through.Seq, stored.Keys
	r.orders = make(map[string]*persistence.Document, len(stored.Orders))
	for i := range stored.Orders {
		r.orders[stored.Orders[i].ID] = &stored.Orders[i]
	}
	if stored.Outlet == nil {
		r.Outlet = outlet.New()
		return nil
	}
	r.Outlet, err = outlet.Restore(stored.Outlet)
	return err
}

// overlay puts what the Store does not have yet on top of what it has.
func (r *recovered) overlay() error {
	r.replayed = make([]persistence.Followed, 0, len(r.tail))
	for i, read := range r.tail {
		if read.Entry.Last <= r.Through.Seq {
			continue
		}
		part, err := r.follow(i)
		if err != nil {
			return persistence.DamageOf(read.Entry.Org, read.Entry.Last, "", err)
		}
		for _, doc := range part.Docs {
			r.orders[doc.ID] = doc
		}
		r.keys = append(r.keys, part.Keys...)
		r.replayed = append(r.replayed, part)
	}
	if r.Through.Seq != r.last {
		return fmt.Errorf("journal ends at %d, but %d is known to be written", r.Through.Seq, r.last)
	}
	return nil
}

// follow follows an entry of the tail, or finds out what one took that is lost.
func (r *recovered) follow(i int) (persistence.Followed, error) {
	read := r.tail[i]
	if !read.Entry.Lost {
		return r.Follow(read)
	}
	var next *domain.Hash
	if i+1 < len(r.tail) {
		next = r.tail[i+1].Follows()
	}
	return r.Lost(read.Entry, next, func(id string) (*persistence.Document, error) {
		if d := r.orders[id]; d != nil {
			return d, nil
		}
		return r.find(id)
	})
}

// recovered takes over what was read and answers what came early.
func (a *orgActor) recovered(c actor.Context, r *recovered) {
	if a.ready || a.org.gone.Load() {
		return
	}
	if r.err != nil {
		a.engine.note(r.err)
		a.log.Error("organisation cannot be recovered", "error", r.err)
		a.failEarly(notRecovered(r.err))
		a.leave(c, errMoved)
		return
	}
	a.epoch, a.seq, a.at, a.number, a.through = r.epoch, r.last, r.AtMS, r.Number, r.Through
	a.committed, a.tentative, a.writer.Last = r.Outlet, r.Outlet, r.Through.Hash
	if r.kept != nil {
		a.keys, r.through = r.kept.keys, r.kept.org.drained.Load()
	}
	a.org.drainedTo(r.through)
	again := a.again(r)
	a.adopt(r, again)
	a.org.view.drained(a.org.drained.Load()) // the drain may have gone on meanwhile
	a.engine.letGo(a.org.id)                 // before anybody is told of what came since
	a.keys.restore(r.keys)
	a.keys.forget(a.at) // what the store or the log has of more than a day
	a.countKeys(len(a.keys.seqs))
	for _, w := range again {
		a.follow(w, nil)
	}
	a.engine.stats.rulesCompiled.Add(1 + int64(len(r.Outlet.Past)))
	a.ready = true
	a.org.epoch.Store(r.epoch)
	a.org.confirmed(r.acquired)
	a.engine.alarms.set(a.org.id, r.Outlet.Menu.NextEnd())
	if len(r.menu) > 0 {
		a.takeOver(c, r.menu)
	} else if done := a.endDue(); done != nil { // before anybody is told what is sold out
		o := a.org
		go func() { <-done; o.markReady(nil) }()
	} else {
		a.org.markReady(nil)
	}
	early := a.early
	a.early = nil
	for _, m := range early {
		a.receive(c, m)
	}
}

// takeOver makes the menu of the system before this one the organisation's
// first event. Nobody reads before it is durable.
func (a *orgActor) takeOver(c actor.Context, menu []outlet.ItemRequest) {
	o, log := a.org, a.log
	m := &call{done: make(chan struct{}, 1), request: &domain.Request{
		Org: o.id, By: domain.Identity{User: "menu_items", Name: "Initial menu", Role: domain.Admin}, Command: &outlet.PutMenu{Items: menu},
	}}
	a.receive(c, m)
	go func() {
		<-m.done
		if m.err != nil {
			log.Error("initial menu is not taken over", "error", m.err)
		} else {
			log.Info("initial menu taken over", "items", len(menu))
		}
		o.markReady(nil)
	}()
}

// again is what the drain may not have written before the restart.
func (a *orgActor) again(r *recovered) []*drainWork {
	works := make([]*drainWork, len(r.replayed))
	for i, part := range r.replayed {
		works[i] = &drainWork{
			org: a.org, epoch: a.epoch, entry: part.Entry, docs: part.Docs, events: part.Events,
			keys: part.Keys, outlet: part.Outlet, hash: part.Hash, atMS: part.AtMS,
		}
	}
	return works
}

// adopt takes the orders over, for commands and for readers.
func (a *orgActor) adopt(r *recovered, again []*drainWork) {
	v := &a.org.view
	v.mu.Lock()
	defer v.mu.Unlock()
	v.orders, v.outlet, v.seq, v.atMS, v.number = make(map[string]*entry, len(r.orders)), r.Outlet, r.last, r.AtMS, r.Number
	a.orders = v.orders
	for id, doc := range r.orders {
		e := &entry{id: id, doc: doc, seen: doc, quarantined: doc.Lost}
		a.orders[id] = e
		if a.occupy(e, doc); !doc.Active {
			a.leaving = append(a.leaving, leaver{e, r.last, r.AtMS})
		}
		v.sorted = append(v.sorted, doc)
		v.active += active(doc)
	}
	sortByNumber(v.sorted)
	if r.kept != nil { // the drainer has these already
		v.tail = append(v.tail, r.kept.org.view.undrained()...)
	}
	v.tail = append(v.tail, again...)
}

func (a *orgActor) failEarly(err *domain.Error) {
	a.org.markReady(err)
	for _, m := range a.early {
		m.fail(err)
	}
	a.early = nil
}
