package mongostore_test

import (
	"fmt"
	"slices"
	"testing"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/mongostore"
	"heard/persistence/mongotest"
)

// TestDrainSendsFewCommands counts what a drain sends, whatever it carries: one
// insert of entries with events and keys, one update of orders, new and known, and
// one of watermarks. Once for each organisation comes what it is to
// be new. Against one write for each command of a client that saves 94 % with 50
// in a drain and 98 % with 150; the logged figures are this test's own.
func TestDrainSendsFewCommands(t *testing.T) {
	server := mongotest.Start(t)
	const organisations, each = 5, 60
	for _, together := range []int{50, 150} {
		ctx := t.Context()
		store, err := mongostore.Open(ctx, mongostore.Options{URI: server.URI, Database: server.Database()})
		if err != nil {
			t.Fatal(err)
		}
		logs := make([]*history, organisations)
		for i := range logs {
			logs[i] = newHistory(uint64(i), fmt.Sprint("org", i), 20, each)
			apply(t, store, persistence.Window{Org: logs[i].org, Epoch: 1, Through: persistence.Chain{}})
		}
		before, drains := store.Operations(), 0
		for at := 0; at < each; {
			at = min(at+together/organisations, each)
			var windows []persistence.Window
			for _, h := range logs {
				if w, ok := h.next(t, store, uint64(at)); ok {
					windows = append(windows, w)
				}
			}
			apply(t, store, windows...)
			drains++
		}
		sent := store.Operations() - before
		for _, h := range logs {
			h.checkAll(t, store)
		}
		t.Logf("%d commands in %d drains: %d writes, %.1f %% saved; %+v", organisations*each, drains, sent, 100-100*float64(sent)/(organisations*each), store.Stats())
		if sent > uint64(3*drains) {
			t.Errorf("%d writes in %d drains", sent, drains)
		}
		if err := store.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManyNewOrdersBesideChangedOnes are inserted by a command of their own, few
// by the one that replaces; either may come again, as after a crash.
func TestManyNewOrdersBesideChangedOnes(t *testing.T) {
	server := mongotest.Start(t)
	store := open(t, server, server.URI, server.Database())
	const old = 3
	seq := uint64(0)
	window := func(from, births, grown int) persistence.Window {
		w := persistence.Window{Org: "a", Epoch: 1}
		add := func(n, version int) {
			seq++
			d := persistence.Document{ID: fmt.Sprint("o", n), Number: uint64(n), Version: uint64(version), Status: "ready", Body: []byte("{}")}
			w.Orders = append(w.Orders, d)
			w.Entries = append(w.Entries, persistence.Entry{Org: "a", Epoch: 1, First: seq, Last: seq, Data: []byte("{}")})
			w.Events = append(w.Events, persistence.Event{Order: d.ID, Version: d.Version, Seq: seq})
		}
		for n := range births {
			add(from+n, 1)
		}
		for n := range grown {
			add(1+n, 2)
		}
		w.Through.Seq = seq
		return w
	}
	apply(t, store, window(1, old, 0))
	many, few := window(100, 120, 0), window(500, 5, old)
	for i := range few.Orders[5:] { // the changed ones are in both
		many.Orders = append(many.Orders, few.Orders[5+i])
	}
	for _, w := range []persistence.Window{many, few, many, few} {
		apply(t, store, w)
	}
	orders, err := store.Orders(t.Context(), persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 500}})
	if err != nil || len(orders) != old+120+5 {
		t.Fatalf("%v, %d orders", err, len(orders))
	}
	for _, d := range orders {
		want := uint64(1)
		if d.Number <= old {
			want = 2
		}
		if d.Version != want {
			t.Errorf("order %d has version %d", d.Number, d.Version)
		}
	}
}

// next is a window from the store's watermark to the entry that holds a record.
func (h *history) next(t *testing.T, s *mongostore.Store, seq uint64) (persistence.Window, bool) {
	t.Helper()
	mark, err := s.Watermark(t.Context(), h.org)
	if err != nil {
		t.Fatal(err)
	}
	from := slices.IndexFunc(h.entries, func(e persistence.Entry) bool { return e.First == mark.Seq+1 })
	to := slices.IndexFunc(h.entries, func(e persistence.Entry) bool { return e.Last >= seq }) + 1
	if from < 0 || to <= from {
		return persistence.Window{}, false
	}
	return h.window(from, to), true
}
