package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/persistence"
)

// appended carries on when the journal has answered for the batch in flight.
func (a *orgActor) appended(c actor.Context, b *batch) {
	if b != a.flight {
		return // of an activation before a restart
	}
	switch b.outcome {
	case persistence.Appended, persistence.Duplicate:
		a.flight = nil
		a.org.confirmed(b.sent)
		a.settleBatch(c, b)
		a.submit()
		a.releaseWhenIdle(c)
	case persistence.Fenced:
		a.fenced(c)
	default: // the log decides what happened: come back from it
		a.log.Error("append without a definite answer", "outcome", b.outcome.String(), "error", b.err)
		if b.outcome == persistence.Unknown { // a gap would mean that the log lost what is kept
			a.keep()
		}
		a.leave(c, errOutcomeUnknown)
	}
}

// fenced ends this activation because another one owns the organisation.
func (a *orgActor) fenced(c actor.Context) {
	a.engine.stats.fenced.Add(1)
	a.log.Warn("fenced: another activation owns the organisation", "epoch", a.epoch)
	a.leave(c, errMoved)
	a.engine.feed.moved(a.org.id)
}

// leave ends this activation; the next request starts another from the log.
func (a *orgActor) leave(c actor.Context, pending *domain.Error) {
	a.end(pending)
	a.ready = false
	c.Poison(c.Self())
}

// settleBatch takes an appended batch over: state first, then everyone who may
// see it, and only then the callers. Where appended is not durable yet, the
// callers need not wait and everyone else has to.
func (a *orgActor) settleBatch(c actor.Context, b *batch) {
	for i := range b.changes {
		ch := &b.changes[i]
		ch.doc.Entry = b.last
		ch.entry.doc, ch.entry.seq, ch.entry.busy = ch.doc, ch.seq, false
		if ch.entry.pid != nil { // else its actor will read the image
			c.Send(ch.entry.pid, ch.next)
		}
	}
	if a.engine.durable == nil {
		a.publish(b)
	} else {
		a.handed = append(a.handed, b)
		a.engine.early.Add(1)
		a.engine.durable(func() { a.engine.system.Root.Send(a.org.pid, &durable{b}) })
	}
	b.answer()
	for i := range b.changes {
		a.wake(c, b.changes[i].entry)
	}
}

// answer sends what waited for the batch. More may come to wait for it.
func (b *batch) answer() {
	for _, w := range b.answers {
		w.call.settle(w.reply, w.err, true)
	}
	b.answers = nil
}

// publish makes a durable batch visible to readers and to those who follow the log.
func (a *orgActor) publish(b *batch) {
	if b.outlet != nil {
		a.committed = b.outlet
		a.engine.alarms.set(a.org.id, b.outlet.Menu.NextEnd())
	}
	w := &drainWork{
		org: a.org, epoch: a.epoch, entry: persistence.Entry{Org: a.org.id, Epoch: a.epoch, First: b.first, Last: b.last, Data: b.data},
		docs: make([]*persistence.Document, len(b.changes)), events: make([]persistence.Event, len(b.changes)),
		keys: b.keys, outlet: b.outlet, hash: b.hash, atMS: b.at,
	}
	for i := range b.changes {
		ch := &b.changes[i]
		w.docs[i] = ch.doc
		w.events[i] = persistence.Event{Order: ch.doc.ID, Version: ch.doc.Version, Seq: ch.seq, AtMS: ch.doc.UpdatedMS}
		if !ch.doc.Active {
			a.leaving = append(a.leaving, leaver{ch.entry, ch.seq, a.at})
		}
	}
	a.through = persistence.Chain{Seq: b.last, Hash: b.hash}
	a.org.view.publish(a.committed, b.changes, w)
	a.settleKeys(b.keys, b.keyUsers)
	a.follow(w, b.records)
}

// durable says that a batch which was answered early is durable now.
type durable struct{ batch *batch }

func (a *orgActor) durable(m *durable) {
	if len(a.handed) == 0 || a.handed[0] != m.batch {
		return // of an activation before a restart, which has read it from the log
	}
	a.handed = a.handed[1:]
	a.publish(m.batch)
	m.batch.answer()
	a.engine.early.Add(-1)
}

// wake gives an order its waiting commands, one after the other, until one
// makes it busy again.
func (a *orgActor) wake(c actor.Context, e *entry) {
	for len(e.waiting) > 0 && !e.busy && !e.loading {
		m := e.waiting[0]
		e.waiting = e.waiting[1:]
		a.receive(c, m)
	}
	if len(e.waiting) == 0 {
		e.waiting = nil
	}
}

// follow hands a durable batch to the drain and to the feed.
func (a *orgActor) follow(w *drainWork, records []domain.Record) {
	a.engine.system.Root.Send(a.engine.drainerOf(a.org.id), w)
	a.engine.feed.publish(a.org.id, records)
}
