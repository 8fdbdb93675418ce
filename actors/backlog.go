package actors

import (
	"slices"

	"heard/domain"
	"heard/domain/outlet"
	"heard/persistence"
)

// drainWork is what the Store has to follow of one durable batch. Until it has,
// the organisation's view shows entry, events and time of it to readers.
type drainWork struct {
	org    *org
	epoch  uint64
	entry  persistence.Entry
	events []persistence.Event
	docs   []*persistence.Document // let go of by the drainer, and so is
	outlet *outlet.Outlet          // nil = unchanged
	keys   []persistence.KeyRow
	hash   domain.Hash
	atMS   int64 // of its newest record
}

// operations is what a part stands for: its orders, or one for the organisation.
func (m *drainWork) operations() int { return max(len(m.events), 1) }

// A piece is full at either of these; only a single batch may be larger.
const (
	maxPieceOperations = 250
	maxPieceBytes      = 4 << 20 // of the log
)

// piece is a stretch of one organisation's log that is written in one go, with
// the newest image of each order in it. A long backlog is many of them, since
// one write of all would outlast any time limit.
type piece struct {
	parts      []*drainWork // in the order of the log
	docs       map[string]*persistence.Document
	outlet     *outlet.Outlet // encoded when it is written, not at every change
	operations int            // it stands for
	bytes      int            // of the log
}

func (p *piece) fits(m *drainWork) bool {
	return p.operations+m.operations() <= maxPieceOperations && p.bytes+len(m.entry.Data) <= maxPieceBytes
}

// add takes a part in and lets go of what is no longer the newest.
func (p *piece) add(m *drainWork) {
	p.parts = append(p.parts, m)
	p.operations += m.operations()
	p.bytes += len(m.entry.Data)
	for _, doc := range m.docs {
		p.docs[doc.ID] = doc
	}
	if m.outlet != nil {
		p.outlet = m.outlet
	}
	m.docs, m.outlet = nil, nil
}

// backlog is what one organisation has to write, oldest first.
type backlog struct {
	org     *org   // the activation that is told how far the Store is
	newest  uint64 // last sequence that was taken in
	waiting []*piece
}

// add takes a part in and answers what it stands for. After the organisation was
// read back its log comes again from the Store's watermark on: what is not newer
// than the newest here waits here, is being written, or is written.
func (b *backlog) add(m *drainWork) (operations int) {
	b.org = m.org
	if m.entry.Last <= b.newest {
		return 0
	}
	b.newest = m.entry.Last
	if n := len(b.waiting); n == 0 || !b.waiting[n-1].fits(m) {
		b.waiting = append(b.waiting, &piece{docs: map[string]*persistence.Document{}})
	}
	b.waiting[len(b.waiting)-1].add(m)
	return m.operations()
}

// take removes what is written next: the oldest pieces that the bounds allow,
// none if not even one.
func (b *backlog) take(operations, bytes int) *flight {
	f := &flight{org: b.org.id}
	for len(b.waiting) > 0 && f.operations+b.waiting[0].operations <= operations && f.bytes+b.waiting[0].bytes <= bytes {
		b.takeOne(f)
	}
	return f
}

func (b *backlog) takeOne(f *flight) {
	p := b.waiting[0]
	b.waiting[0] = nil
	b.waiting = b.waiting[1:]
	f.pieces, f.operations, f.bytes = append(f.pieces, p), f.operations+p.operations, f.bytes+p.bytes
}

// putBack returns what could not be written, before what came since.
func (b *backlog) putBack(f *flight) {
	b.waiting = append(f.pieces, b.waiting...)
}

// flight is one organisation's part of a write.
type flight struct {
	org        string
	pieces     []*piece
	operations int
	bytes      int
	window     persistence.Window
}

// encode makes the pieces the one window that the Store takes. It runs beside
// the actors: an organisation with a large menu would hold up the others.
func (f *flight) encode() {
	w := persistence.Window{Org: f.org}
	var state *outlet.Outlet
	for i, p := range f.pieces {
		w.Entries, w.Events = slices.Grow(w.Entries, len(p.parts)), slices.Grow(w.Events, p.operations)
		for _, m := range p.parts {
			w.Epoch = max(w.Epoch, m.epoch)
			w.Entries = append(w.Entries, m.entry)
			w.Events = append(w.Events, m.events...)
			w.Keys = append(w.Keys, m.keys...)
			w.Through, w.AtMS, w.Forget = persistence.Chain{Seq: m.entry.Last, Hash: m.hash}, m.atMS, m.atMS-persistence.KeyLifeMS
		}
		w.Orders = slices.Grow(w.Orders, len(p.docs))
		for id, doc := range p.docs {
			if !changed(id, f.pieces[i+1:]) {
				w.Orders = append(w.Orders, *doc)
			}
		}
		if p.outlet != nil {
			state = p.outlet
		}
	}
	if state != nil {
		snapshot, err := state.Snapshot()
		domain.Assert(err == nil, "organisation does not encode: %v", err)
		w.Outlet = snapshot
	}
	f.window = w
}

// changed reports whether an order has a newer image in one of the pieces.
func changed(id string, newer []*piece) bool {
	return slices.ContainsFunc(newer, func(p *piece) bool { return p.docs[id] != nil })
}
