package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/persistence"
)

type (
	// flushNow asks for everything to be written; done is closed when it is.
	flushNow struct{ done chan struct{} }
	flushDue struct{}
	flushed  struct {
		flights    []*flight
		failed     map[string]bool // organisations that were not written; nil = none
		docs       int             // written
		operations int             // they stand for
		took       time.Duration
		err        error
	}
)

// drainer follows the log behind its share of the organisations and writes
// documents in batches: after some time or some operations, whichever comes
// first, with a breath between two.
type drainer struct {
	engine     *Engine
	interval   time.Duration
	operations int
	backlogs   map[string]*backlog
	most       int       // operations of the next write
	count      int       // operations waiting
	since      time.Time // the first of them came, or earlier
	began      time.Time // the last write
	alarm      time.Time // the next look is due; zero = none is
	writing    bool
	failures   int
	waiters    []chan struct{}
}

// A failed write is repeated after a pause that doubles up to this: a store that
// is known to be away refuses at once, and what gathered must not wait when it is
// back.
const maxDrainPauseMS = 1_000

// Either bounds one write: what gathered while the Store was away goes in
// several, so that each has its time limit and the others a turn. A write that
// fails as a whole is tried with half of it, down to a piece, since the Store may
// be too slow for so much; one that succeeds is followed by twice as much.
const (
	maxFlushOperations = 2_000
	maxFlushBytes      = 16 << 20 // of the log
)

func newDrainer(e *Engine, intervalMS, operations int) *drainer {
	return &drainer{
		engine: e, interval: time.Duration(intervalMS) * time.Millisecond, operations: operations,
		backlogs: map[string]*backlog{}, most: maxFlushOperations,
	}
}

// Receive handles a message.
func (d *drainer) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *drainWork:
		d.gather(m)
		d.start(c, false)
	case *flushDue: // perhaps of operations that are written already
		d.alarm = time.Time{}
		d.start(c, false)
	case *flushed:
		d.done(c, m)
	case *retryDrain:
		if !d.writing && d.count > 0 {
			d.write(c)
		}
	case *flushNow:
		d.waiters = append(d.waiters, m.done)
		d.start(c, true)
	}
}

func (d *drainer) gather(m *drainWork) {
	b := d.backlogs[m.org.id]
	if b == nil {
		b = &backlog{}
		d.backlogs[m.org.id] = b
	}
	d.engine.stats.gathered(m)
	if d.count == 0 {
		d.since = time.Now()
	}
	operations := b.add(m)
	d.count += operations
	d.engine.stats.waiting(operations)
}

// start writes what is gathered, or sees to it that it is written in time.
func (d *drainer) start(c actor.Context, now bool) {
	if d.writing || d.failures > 0 { // what comes after that goes on
		return
	}
	if d.count == 0 {
		d.release()
		return
	}
	moment := time.Now()
	due := d.due()
	switch {
	case now || !due.After(moment):
		d.write(c)
	case d.alarm.IsZero() || due.Before(d.alarm.Add(-time.Millisecond)):
		d.alarm = due
		d.engine.after(int(due.Sub(moment)/time.Millisecond)+1, c.Self(), &flushDue{})
	}
}

// breathMS lies between the beginnings of two writes, at least, though enough
// operations wait. Each has a watermark for every organisation in it, and of fifty
// orders at a time one costs half as much again as of some hundred.
const breathMS = 25

// due is when what waits must be written.
func (d *drainer) due() time.Time {
	due := d.since.Add(d.interval)
	if enough := d.began.Add(breathMS * time.Millisecond); d.count >= d.operations && enough.Before(due) {
		return enough
	}
	return due
}

func (d *drainer) write(c actor.Context) {
	flights, operations := d.take()
	d.count, d.writing, d.began = d.count-operations, true, time.Now()
	self, system := c.Self(), c.ActorSystem()
	go func() {
		list, docs := make([]persistence.Window, 0, len(flights)), 0
		for _, f := range flights {
			f.encode()
			list, docs = append(list, f.window), docs+len(f.window.Orders)
		}
		limit := time.Duration(recoverTimeoutMS+operations) * time.Millisecond
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		started := time.Now()
		failed, err := d.engine.apply(ctx, list)
		system.Root.Send(self, &flushed{flights: flights, failed: failed, docs: docs, operations: operations, took: time.Since(started), err: err})
	}()
}

// take removes what is written next: at least one piece.
func (d *drainer) take() (flights []*flight, operations int) {
	bytes := 0
	for _, b := range d.backlogs {
		f := b.take(d.most-operations, maxFlushBytes-bytes)
		if operations == 0 && f.operations == 0 && len(b.waiting) > 0 {
			b.takeOne(f)
		}
		if len(f.pieces) > 0 {
			flights, operations, bytes = append(flights, f), operations+f.operations, bytes+f.bytes
		}
	}
	return flights, operations
}

func (d *drainer) done(c actor.Context, m *flushed) {
	d.writing = false
	d.engine.stats.flushed(m)
	for _, f := range m.flights {
		b := d.backlogs[f.org]
		if m.failed[f.org] {
			b.putBack(f)
			d.count += f.operations
			d.engine.stats.requeued(len(f.window.Orders), f.operations)
			continue
		}
		d.engine.drainedTo(b.org, f.window.Through.Seq)
		if len(b.waiting) == 0 {
			delete(d.backlogs, f.org)
		}
	}
	if len(m.failed) == len(m.flights) {
		d.most = max(d.most/2, maxPieceOperations)
	} else {
		d.most = min(d.most*2, maxFlushOperations)
	}
	if len(m.failed) > 0 {
		d.again(c, m.err)
		return
	}
	if d.failures > 0 {
		d.engine.log.Warn("documents are written again", "tries", d.failures+1)
		d.failures = 0
	}
	d.start(c, len(d.waiters) > 0)
}

// apply writes the windows together; where that fails, one organisation after
// the other, so that what is wrong with one does not hold up the others. It
// names those that failed.
func (e *Engine) apply(ctx context.Context, windows []persistence.Window) (failed map[string]bool, err error) {
	if err = e.store.Apply(ctx, windows); err == nil {
		e.trim(ctx, windows)
		return nil, nil
	}
	failed = map[string]bool{}
	for i := range windows {
		one := windows[i : i+1]
		if len(windows) == 1 || e.store.Apply(ctx, one) != nil {
			failed[one[0].Org] = true
			continue
		}
		e.trim(ctx, one)
	}
	return failed, err
}

// drainedTo tells the organisation how far the Store is: the activation that the
// window is of, and those that came after it.
func (e *Engine) drainedTo(o *org, through uint64) {
	o.drainedTo(through)
	e.mu.RLock()
	now, k := e.orgs[o.id], e.kept[o.id]
	e.mu.RUnlock()
	if now != nil {
		now.drainedTo(through)
	}
	if k != nil {
		k.org.drainedTo(through)
	}
}

// trim lets the journal forget what the Store has archived.
func (e *Engine) trim(ctx context.Context, windows []persistence.Window) {
	for i := range windows {
		if err := e.journal.Trim(ctx, windows[i].Org, windows[i].Through.Seq); err != nil {
			e.log.Warn("journal not trimmed; the next drain does it", "org", windows[i].Org, "error", err)
		}
	}
}

// again sees to it that what could not be written is tried later.
func (d *drainer) again(c actor.Context, err error) {
	d.failures++
	d.engine.stats.drainFailures.Add(1)
	level := slog.LevelDebug
	if d.failures&(d.failures-1) == 0 { // the 1st, 2nd, 4th … in a row
		level = slog.LevelError
	}
	d.engine.log.Log(context.Background(), level, "documents not written; they are kept and written later", "error", err, "tries", d.failures)
	pause := min(int(d.interval/time.Millisecond)<<min(d.failures-1, 10), maxDrainPauseMS)
	d.engine.after(pause, c.Self(), &retryDrain{})
}

type retryDrain struct{}

func (d *drainer) release() {
	for _, done := range d.waiters {
		close(done)
	}
	d.waiters = nil
}

// flush waits until the Store has followed everything durable.
func (e *Engine) flush(ctx context.Context) error {
	for _, drainer := range e.drainers {
		done := make(chan struct{})
		e.system.Root.Send(drainer, &flushNow{done})
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// startDrainers starts one or more; an organisation always has the same.
func (e *Engine) startDrainers(o *Options) {
	for range o.Drainers {
		e.drainers = append(e.drainers, e.system.Root.Spawn(actor.PropsFromProducer(
			func() actor.Actor { return newDrainer(e, o.FlushIntervalMS, o.FlushOperations) },
			actor.WithDispatcher(e.dispatcher),
		)))
	}
}

func (e *Engine) drainerOf(org string) *actor.PID {
	return e.drainers[persistence.Shard(org, len(e.drainers))]
}
