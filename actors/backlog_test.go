package actors

import (
	"slices"
	"testing"

	"heard/domain/outlet"
	"heard/persistence"
)

// TestWhatIsDrainedAgainCountsOnce: an organisation that was fenced comes back
// while what it had to write still waits or is being written. Its log comes again
// from the Store's watermark on.
func TestWhatIsDrainedAgainCountsOnce(t *testing.T) {
	before, after := &org{id: "bistro"}, &org{id: "bistro"}
	old, fresh := outlet.New(), outlet.New()
	part := func(o *org, seq, version uint64, state *outlet.Outlet) *drainWork {
		return &drainWork{
			org: o, epoch: seq, entry: persistence.Entry{First: seq, Last: seq}, outlet: state, atMS: int64(seq),
			docs:   []*persistence.Document{{ID: "a", Version: version}},
			events: []persistence.Event{{Order: "a", Version: version, Seq: seq}},
			keys:   []persistence.KeyRow{{Seq: seq}},
		}
	}
	b := &backlog{}
	b.add(part(before, 3, 1, old))
	failed := b.take(maxFlushOperations, maxFlushBytes)
	b.add(part(before, 4, 2, fresh))
	operations := 0
	for _, m := range []*drainWork{part(after, 3, 1, old), part(after, 4, 2, fresh), part(after, 5, 3, nil)} {
		operations += b.add(m)
	}
	b.putBack(failed)
	f := b.take(maxFlushOperations, maxFlushBytes)
	f.encode()
	var seqs, events, keys []uint64
	for _, e := range f.window.Entries {
		seqs = append(seqs, e.Last)
	}
	for _, e := range f.window.Events {
		events = append(events, e.Seq)
	}
	for _, k := range f.window.Keys {
		keys = append(keys, k.Seq)
	}
	want := []uint64{3, 4, 5}
	if !slices.Equal(seqs, want) || !slices.Equal(events, want) || !slices.Equal(keys, want) || f.operations != 3 || operations != 1 {
		t.Errorf("entries %v, events %v, keys %v, %d operations, %d of them new", seqs, events, keys, f.operations, operations)
	}
	w := &f.window
	if len(w.Orders) != 1 || w.Orders[0].Version != 3 || w.Outlet == nil || w.Through.Seq != 5 || w.AtMS != 5 || w.Epoch != 5 {
		t.Errorf("%+v", w)
	}
	if b.org != after || len(b.waiting) != 0 {
		t.Errorf("%d pieces wait; the activation that ended is told", len(b.waiting))
	}
}

// TestLongBacklogIsManyPieces: each within its bounds, in the order of the log,
// and with the newest image in it, as the watermark behind it promises.
func TestLongBacklogIsManyPieces(t *testing.T) {
	b := &backlog{}
	const parts = 3 * maxPieceOperations
	for seq := uint64(1); seq <= parts; seq++ {
		data := make([]byte, 10)
		if seq > 2*maxPieceOperations {
			data = make([]byte, maxPieceBytes/10)
		}
		b.add(&drainWork{
			org: &org{id: "bistro"}, entry: persistence.Entry{First: seq, Last: seq, Data: data},
			docs:   []*persistence.Document{{ID: "a", Version: seq}},
			events: []persistence.Event{{Order: "a", Version: seq, Seq: seq}},
		})
	}
	if n := len(b.waiting); n != 2+maxPieceOperations/10 {
		t.Errorf("%d pieces", n)
	}
	through := uint64(0)
	for len(b.waiting) > 0 {
		f := b.take(maxPieceOperations, maxPieceBytes)
		f.encode()
		w := &f.window
		if len(f.pieces) != 1 || w.Entries[0].First != through+1 || w.Orders[0].Version != w.Through.Seq {
			t.Fatalf("%d pieces after %d: from %d to %d with version %d", len(f.pieces), through, w.Entries[0].First, w.Through.Seq, w.Orders[0].Version)
		}
		through = w.Through.Seq
	}
	if through != parts {
		t.Errorf("written through %d", through)
	}
}
