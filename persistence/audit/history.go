package audit

import (
	"context"
	"crypto/sha256"
	"fmt"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// history is one organisation's log as far as it was read, with what the rules
// make of it.
type history struct {
	ctx    context.Context
	audit  *audit
	org    string
	mark   persistence.Chain // the Store's watermark
	broken bool              // nothing more can be judged
	page   page

	seq      uint64
	hash     domain.Hash
	at       int64
	previous span // the entry before
	lost     []span

	outlet   *outlet.Outlet
	changed  uint64 // seq of the newest change to outlet
	settings map[uint64]*outlet.Settings
	orders   map[string]*orderLog
	number   uint64 // of the newest order
	keys     keyWindow
	marked   marked

	pricer order.Pricer
	buffer []byte
}

// span names an entry in a finding.
type span struct {
	first, last uint64
	order       string // of the first record
	lost        bool   // none of them can be read
}

func (s span) String() string {
	if s.first == s.last {
		return fmt.Sprintf("record %d", s.last)
	}
	return fmt.Sprintf("records %d to %d", s.first, s.last)
}

// marked is what the log says at the watermark, to compare the Store with.
type marked struct {
	outlet  *outlet.Outlet
	changed uint64 // seq of the newest change to outlet
	at      int64
	keys    []persistence.KeyRow // of the last day
}

// orderLog is what the audit keeps of an order: some 500 bytes beside the state
// of an open one, so that a million orders of one organisation fit.
type orderLog struct {
	number  uint64
	version uint64
	state   *order.Order // nil = closed; it is read again should it be reopened
	image   digest       // of the newest post-image
	events  []stamp
	drained int    // how many of them are at or below the watermark
	stored  digest // of the newest post-image at or below the watermark
	open    bool   // as of that image
	seen    bool   // in the Store
}

// stamp is an order's event in the log.
type stamp struct {
	version, seq uint64
	at           int64
}

// newestStored is the version the Store should have at least; 0 = none.
func (o *orderLog) newestStored() uint64 {
	if o.drained == 0 {
		return 0
	}
	return o.events[o.drained-1].version
}

// seqStored is the record of that version, or else of the first.
func (o *orderLog) seqStored() uint64 { return o.events[max(o.drained, 1)-1].seq }

// find looks a version up that the Store may have; -1 = it may not.
func (o *orderLog) find(version uint64) int {
	for i := max(o.drained, 1) - 1; i < len(o.events); i++ {
		if o.events[i].version == version {
			return i
		}
	}
	return -1
}

// digest tells images apart without keeping them.
type digest [16]byte

func digestOf(image []byte) digest {
	sum := sha256.Sum256(image)
	return digest(sum[:16])
}

func newHistory(ctx context.Context, a *audit, org string, mark persistence.Chain) *history {
	defaults := outlet.New()
	return &history{
		ctx: ctx, audit: a, org: org, mark: mark, outlet: defaults,
		settings: map[uint64]*outlet.Settings{0: defaults.Settings},
		orders:   map[string]*orderLog{}, keys: newKeyWindow(),
	}
}

// entry judges one entry. An error ends the log: after a record that is missing
// or cannot be read the rules have nothing to stand on.
func (h *history) entry(e *persistence.Entry, p *parsed) error {
	h.count(readable, 1)
	if e.Lost && e.First == h.seq+1 {
		h.lose(e)
		return nil
	}
	if p.err != nil {
		h.fail(readable, h.seq+1, "", "%v; the rest of the organisation is not checked", p.err)
		return errBroken
	}
	if n := uint64(len(p.records)); e.First != h.seq+1 || e.Last != h.seq+n {
		h.fail(contiguous, h.seq+1, "", "entry %d to %d with %d records comes where %d belongs; the rest of the organisation is not checked", e.First, e.Last, n, h.seq+1)
		return errBroken
	}
	h.follow(p)
	for i := range p.records {
		r := &p.records[i]
		h.count(contiguous, 1)
		if r.Seq != h.seq+1 {
			h.fail(contiguous, h.seq+1, "", "record %d comes where %d belongs; the rest of the organisation is not checked", r.Seq, h.seq+1)
			return errBroken
		}
		h.seq, h.hash = r.Seq, p.hashes[i+1]
		h.record(r)
	}
	h.previous = span{first: e.First, last: e.Last, order: p.records[0].Entity}
	return nil
}

// follow compares what the entry says it follows with what was recomputed. Only
// the next entry shows that an event was changed, so the one before is named.
// Afterwards the entry is believed, so that one change is found once.
func (h *history) follow(p *parsed) {
	h.count(chained, len(p.records))
	switch {
	case p.hashes[0] == h.hash || h.previous.lost:
	case h.previous.last == 0:
		h.fail(chained, 1, p.records[0].Entity, "the first record follows hash %x, where there is nothing before it", p.hashes[0][:6])
	default:
		h.fail(chained, h.previous.first, h.previous.order, "%v hash to %x, but record %d follows %x: one of them was changed",
			h.previous, h.hash[:6], h.previous.last+1, p.hashes[0][:6])
	}
}

func (h *history) record(r *domain.Record) {
	h.audit.records++
	h.count(forward, 1)
	if r.At < h.at {
		h.fail(forward, r.Seq, r.Entity, "at %s, the record before was at %s", moment(r.At), moment(h.at))
	}
	h.at = max(h.at, r.At)
	if r.Key != "" {
		h.key(r)
	}
	if r.Entity == "" {
		h.outletEvent(r)
	} else {
		h.orderEvent(r)
	}
	h.reach()
}

// reach keeps what the Store has to be like when the watermark is reached.
func (h *history) reach() {
	if h.seq != h.mark.Seq {
		return
	}
	h.marked = marked{outlet: h.outlet, changed: h.changed, at: h.at, keys: h.keys.since(h.at - persistence.KeyLifeMS)}
	if h.hash != h.mark.Hash && !h.isLost(h.seq) {
		h.fail(chained, h.seq, "", "the store's watermark has hash %x, the log %x", h.mark.Hash[:6], h.hash[:6])
	}
}

func moment(ms int64) string { return string(domain.AppendTime(nil, ms)) }
