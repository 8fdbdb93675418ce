package audit

import (
	"context"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

func openDB(t testing.TB, fs vfs.FS, dir string) *pebblestore.DB {
	t.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: dir, FS: fs, CacheBytes: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// logs are the records of organisations, to be written again with damage.
type logs map[string][]domain.Record

func readLogs(t testing.TB, db *pebblestore.DB) logs {
	t.Helper()
	l := logs{}
	orgs, err := db.Organisations(context.Background(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, org := range orgs {
		err := db.Tail(context.Background(), org, 0, func(e persistence.Entry) error {
			records, _, err := domain.ReadEntry(e.Data)
			l[org] = append(l[org], records...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l logs) organisations() []string {
	var orgs []string
	for org := range l {
		orgs = append(orgs, org)
	}
	slices.Sort(orgs)
	return orgs
}

// find returns an organisation's first record after seq for which match holds.
func (l logs) find(t testing.TB, org string, seq uint64, match func(*domain.Record) bool) *domain.Record {
	t.Helper()
	for i := range l[org] {
		if r := &l[org][i]; r.Seq > seq && match(r) {
			return r
		}
	}
	t.Fatalf("no such record in %s after %d", org, seq)
	return nil
}

func kind(k string) func(*domain.Record) bool {
	return func(r *domain.Record) bool { return r.Kind == k }
}

// plan says how logs are written again.
type plan struct {
	group   int                                // records in an entry; 0 = 1
	drained map[string]uint64                  // watermarks where they are not the end of the log
	record  func(org string, r *domain.Record) // changes it before it is written, chain and all
	payload func(org string, e []byte) []byte  // changes an entry before it is appended
	window  func(w *persistence.Window)        // changes what is applied to the Store
}

// write makes a database of the logs, as engines would have.
func (l logs) write(t testing.TB, p plan) *pebblestore.DB {
	t.Helper()
	db := openDB(t, vfs.NewMem(), "db")
	for _, org := range l.organisations() {
		w := l.append(t, db, org, &p)
		if w.Through.Seq == 0 {
			continue
		}
		if p.window != nil {
			p.window(w)
		}
		if err := db.Apply(context.Background(), []persistence.Window{*w}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func (l logs) append(t testing.TB, db *pebblestore.DB, org string, p *plan) *persistence.Window {
	t.Helper()
	lease, err := db.Acquire(context.Background(), org, 0)
	if err != nil {
		t.Fatal(err)
	}
	records := slices.Clone(l[org])
	if p.record != nil {
		for i := range records {
			p.record(org, &records[i])
		}
	}
	mark, partly := p.drained[org]
	if !partly {
		mark = uint64(len(records))
	}
	w := &persistence.Window{Org: org, Epoch: lease.Epoch}
	view := newView()
	writer := domain.EntryWriter{}
	for part := range slices.Chunk(records, max(p.group, 1)) {
		for i := range part {
			writer.Add(&part[i])
		}
		e := persistence.Entry{Org: org, Epoch: lease.Epoch, First: part[0].Seq, Last: part[len(part)-1].Seq, Data: writer.Take()}
		if p.payload != nil {
			e.Data = p.payload(org, e.Data)
		}
		out := make([]persistence.Outcome, 1)
		if err := db.Append(context.Background(), []persistence.Entry{e}, out); err != nil || out[0] != persistence.Appended {
			t.Fatalf("append %s %d: %v %v", org, e.First, out[0], err)
		}
		if e.Last <= mark {
			for i := range part {
				view.add(t, w, &part[i])
			}
			w.Through = persistence.Chain{Seq: e.Last, Hash: writer.Last}
		}
	}
	view.finish(t, w)
	return w
}

// view gathers a window from records.
type view struct {
	outlet *outlet.Outlet
	docs   map[string]*persistence.Document
}

func newView() *view {
	return &view{outlet: outlet.New(), docs: map[string]*persistence.Document{}}
}

func (v *view) add(t testing.TB, w *persistence.Window, r *domain.Record) {
	t.Helper()
	w.AtMS = max(w.AtMS, r.At)
	w.Forget = w.AtMS - persistence.KeyLifeMS
	if r.Key != "" {
		w.Keys = append(w.Keys, persistence.KeyRow{Hash: persistence.HashKey(r.Key), Seq: r.Seq, AtMS: r.At})
	}
	if r.Entity == "" {
		next, err := outlet.Replay(v.outlet, r.Kind, r.Data, r.Seq)
		if err != nil {
			t.Fatal(err)
		}
		v.outlet = next
		return
	}
	o, err := order.Parse(r.Image)
	if err != nil {
		t.Fatal(err)
	}
	v.docs[r.Entity] = persistence.DocumentOf(o, r.Image)
	w.Events = append(w.Events, persistence.Event{Order: r.Entity, Version: r.Version, Seq: r.Seq, AtMS: r.At})
}

func (v *view) finish(t testing.TB, w *persistence.Window) {
	t.Helper()
	for _, d := range v.docs {
		w.Orders = append(w.Orders, *d)
	}
	slices.SortFunc(w.Orders, func(a, b persistence.Document) int { return int(a.Number) - int(b.Number) })
	var err error
	if w.Outlet, err = v.outlet.Snapshot(); err != nil {
		t.Fatal(err)
	}
}
