package pebblestore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
)

// TestChangedDocumentsLeaveNoStaleKeys compares all keys with those that the
// newest images should have: lists would not show a stale one, only slow down.
// Some images stand in the journal, some do not.
func TestChangedDocumentsLeaveNoStaleKeys(t *testing.T) {
	db, err := Open(Options{Dir: "db", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := db.Acquire(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	docs := make([]persistence.Document, 30)
	for step := range uint64(200) {
		w := persistence.Window{Org: "a"}
		entry := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: step + 1, Last: step + 1, Data: []byte("entry")}
		for range 5 {
			i := r.IntN(len(docs))
			docs[i] = persistence.Document{
				ID: fmt.Sprint("o", i), Number: uint64(i + 1), Version: docs[i].Version + 1,
				Status: [...]string{"", "x", "y"}[r.IntN(3)], Active: r.IntN(2) == 0,
				TableID: [...]string{"", "1", "2"}[r.IntN(3)], WaiterID: [...]string{"", "1"}[r.IntN(2)],
				Type: [...]string{"", "t"}[r.IntN(2)], UpdatedMS: int64(step), Body: fmt.Appendf(nil, "image %d of %d", step, i),
			}
			if d := &docs[i]; r.IntN(3) > 0 {
				d.Entry, d.Offset = step+1, len(entry.Data)
				entry.Data = append(entry.Data, d.Body...)
			} else if r.IntN(2) == 0 { // a place where something else stands
				d.Entry, d.Offset = step+1, 1
			}
			w.Orders = append(w.Orders, docs[i]) // sometimes one order twice in a window
		}
		var outcome [1]persistence.Outcome
		if err := db.Append(t.Context(), []persistence.Entry{entry}, outcome[:]); err != nil || outcome[0] != persistence.Appended {
			t.Fatal(outcome, err)
		}
		w.Entries = []persistence.Entry{entry}
		if err := db.Apply(t.Context(), []persistence.Window{w}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := storedKeys(db)
	if want := wantKeys(docs); err != nil || !maps.Equal(got, want) {
		t.Errorf("%d keys, want %d: %v", len(got), len(want), err)
	}
	sameImages(t, db, docs)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func wantKeys(docs []persistence.Document) map[string]bool {
	want := make(map[string]bool)
	for _, d := range docs {
		want[string(idKey("a", d.ID))] = true
		want[string(orderKey(spaceHeader, "a", d.Number))] = true
		if inLog := d.Offset > 1; d.Active || !inLog {
			want[string(orderKey(spaceOf(d.Active), "a", d.Number))] = true
		}
		if d.Active {
			continue
		}
		if d.UpdatedMS > 0 {
			want[string(updatedKey("a", d.UpdatedMS, d.Number))] = true
		}
		for kind, value := range map[indexKind]string{byStatus: d.Status, byTable: d.TableID, byWaiter: d.WaiterID, byType: d.Type} {
			if value != "" {
				want[string(numbered(indexPrefix("a", kind, value), d.Number))] = true
			}
		}
	}
	return want
}

func storedKeys(db *DB) (map[string]bool, error) {
	got := make(map[string]bool)
	err := scan(db.pebble, &pebble.IterOptions{}, func(key, _ []byte) error {
		switch key[0] {
		case spaceMeta, spaceMark, spaceOrg, spaceFence, spaceJournal:
		default:
			got[string(key)] = true
		}
		return nil
	})
	return got, err
}

// sameImages reads the documents in every way there is.
func sameImages(t *testing.T, db *DB, docs []persistence.Document) {
	t.Helper()
	s := persistence.Selection{Org: "a"}
	s.Filter.LimitRows = len(docs)
	listed, err := db.Orders(t.Context(), s)
	if err != nil || len(listed) != len(docs) {
		t.Fatalf("%d orders listed: %v", len(listed), err)
	}
	loaded, err := db.Load(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	active := 0
	for i := range docs {
		want := string(docs[i].Body)
		if got := listed[len(docs)-1-i]; string(got.Body) != want {
			t.Errorf("listed %q, want %q", got.Body, want)
		}
		if got, err := db.Order(t.Context(), "a", docs[i].ID); err != nil || string(got.Body) != want {
			t.Errorf("order %q, want %q: %v", got.Body, want, err)
		}
		if docs[i].Active {
			active++
		}
	}
	if len(loaded.Orders) != active {
		t.Errorf("%d active orders loaded, want %d", len(loaded.Orders), active)
	}
	for _, d := range loaded.Orders {
		if want := string(docs[d.Number-1].Body); string(d.Body) != want {
			t.Errorf("loaded %q, want %q", d.Body, want)
		}
	}
}

// TestManyUpdatedOrdersAreStillListed goes past the limit of the update index.
func TestManyUpdatedOrdersAreStillListed(t *testing.T) {
	db, err := Open(Options{Dir: "db", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	const orders = recentNumbers + 10
	w := persistence.Window{Org: "a"}
	for n := uint64(1); n <= orders; n++ {
		w.Orders = append(w.Orders, persistence.Document{ID: fmt.Sprint("o", n), Number: n, Version: 1, UpdatedMS: int64(n), CreatedMS: int64(n)})
	}
	if err := db.Apply(t.Context(), []persistence.Window{w}); err != nil {
		t.Fatal(err)
	}
	for _, since := range []int64{1, 9, 10, 11, orders - 1, orders} {
		s := persistence.Selection{Org: "a"}
		s.Filter.UpdatedMS, s.Filter.LimitRows = since, orders
		rows, err := db.Orders(t.Context(), s)
		if err != nil || len(rows) != int(orders-since)+1 {
			t.Errorf("%d orders updated since %d: %v", len(rows), since, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestApplyLargerThanABatch commits between windows and must not forget what it wrote.
func TestApplyLargerThanABatch(t *testing.T) {
	db, err := Open(Options{Dir: "db", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	var windows []persistence.Window
	for _, version := range []uint64{1, 4, 3, 2} {
		d := persistence.Document{ID: "o", Number: 1, Version: version, Status: fmt.Sprint("s", version), Active: version%2 == 0, Body: make([]byte, batchBytes*2/3)}
		windows = append(windows, persistence.Window{Org: "a", Through: persistence.Chain{Seq: version}, Orders: []persistence.Document{d}})
	}
	if err := db.Apply(t.Context(), windows); err != nil {
		t.Fatal(err)
	}
	r, err := db.Load(t.Context(), "a")
	if err != nil || len(r.Orders) != 1 || r.Orders[0].Version != 4 || r.Through.Seq != 4 {
		t.Errorf("%d orders through %d: %v", len(r.Orders), r.Through.Seq, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
