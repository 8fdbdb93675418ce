package actors

import (
	"bytes"
	"slices"
	"time"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// maxBatchBytes cuts batches, so that one slow append does not hold up a
// megabyte more than it must.
const maxBatchBytes = 1 << 20

// batch is what one append makes durable. One is in flight per organisation;
// the next is built meanwhile: that is the group commit. It is the message, too,
// that says what became of it.
type batch struct {
	first, last uint64
	data        []byte
	hash        domain.Hash     // of the chain after this batch
	records     []domain.Record // events and entities only, for the feed and the timeline
	changes     []change
	keys        []persistence.KeyRow
	keyUsers    []string       // of each
	outlet      *outlet.Outlet // after this batch; nil = unchanged
	at          int64          // of the newest record, ms since 1970
	answers     []answer
	sent        time.Duration // on the engine's clock: the journal judged its epoch after that

	outcome persistence.Outcome // as the journal answered,
	err     error               // and why not definitely
}

// change is an order's next state, waiting to be durable.
type change struct {
	entry *entry
	next  *order.Order
	doc   *persistence.Document
	seq   uint64
}

// answer goes out when the batch it rests on is durable.
type answer struct {
	call  *call
	reply domain.Reply
	err   *domain.Error
}

// proposal is a keyed command that is not durable yet: its twins wait for it.
type proposal struct {
	batch *batch
	asked domain.Fingerprint
	reply domain.Reply
	image bool // reply.Body is an order's image, to be seen by role
}

// record stamps an event, adds it to the open batch and carries the chain on. It
// answers where the order's image begins in the batch.
func (a *orgActor) record(r *domain.Record) (image int) {
	a.seq++
	r.Seq = a.seq
	b := a.open
	if len(b.records) == 0 {
		b.first = r.Seq
	}
	b.last, b.at = r.Seq, r.At
	image = a.writer.Add(r)
	a.written += len(r.Image) + len(r.Data) + len(r.Answer)
	kept := *r
	if kept.Data = nil; r.Entity == "" { // an order's is scratch space of the actor
		kept.Data = bytes.Clone(r.Data)
	}
	b.records = append(b.records, kept)
	if r.Key != "" {
		b.keys, b.keyUsers = append(b.keys, persistence.KeyRowOf(r)), append(b.keyUsers, r.By.User)
	}
	return image
}

// seal closes the open batch when it is large enough.
func (a *orgActor) seal() {
	a.open.data, a.open.hash = a.writer.Take(), a.writer.Last
	a.sealed = append(a.sealed, a.open)
	a.open = &batch{}
}

// newest is the batch that what was decided last rests on; nil = nothing is pending.
func (a *orgActor) newest() *batch {
	switch {
	case len(a.open.records) > 0:
		return a.open
	case len(a.sealed) > 0:
		return a.sealed[len(a.sealed)-1]
	}
	return a.flight
}

// submit sends the next batch to the committer lane unless one is in flight.
func (a *orgActor) submit() {
	if len(a.open.records) > 0 && (a.flight == nil && len(a.sealed) == 0 || a.writer.Size() >= maxBatchBytes) {
		a.seal()
	}
	if a.flight != nil || len(a.sealed) == 0 {
		return
	}
	b := a.sealed[0]
	e := persistence.Entry{Org: a.org.id, Epoch: a.epoch, First: b.first, Last: b.last, Data: b.data}
	a.org.wrote.Add(int64(len(b.data)))
	b.sent = a.engine.elapsed()
	err := a.engine.committer.Submit(e, func(outcome persistence.Outcome, err error) {
		b.outcome, b.err = outcome, err
		a.engine.system.Root.Send(a.org.pid, b)
	})
	if err != nil { // the lane is full; nothing is lost, try again in a moment
		a.engine.after(laneRetryMS, a.org.pid, &retrySubmit{})
		return
	}
	a.sealed = slices.Delete(a.sealed, 0, 1)
	a.flight = b
}

// laneRetryMS is how long a batch waits when the lane's queue is full.
const laneRetryMS = 5

type retrySubmit struct{}
