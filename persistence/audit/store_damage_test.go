package audit

import (
	"context"
	"fmt"
	"testing"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// sample is an order of the organisation in the middle.
type sample struct {
	made   *domain.Record
	newest *domain.Record // whose image the Store has to have
	order  *order.Order   // as of then
}

func (l logs) sample(t *testing.T) sample {
	t.Helper()
	s := sample{made: l.find(t, "cafe", 30, kind("order.created"))}
	for i := range l["cafe"] {
		if r := &l["cafe"][i]; r.Entity == s.made.Entity {
			s.newest = r
		}
	}
	var err error
	if s.order, err = order.Parse(s.newest.Image); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDamagedDocumentsAreFound(t *testing.T) {
	l := cleanLogs(t)
	s := l.sample(t)
	o, at := s.order, s.order.Number-1
	doc := func(change func(*persistence.Document)) plan {
		return plan{window: inWindow(func(w *persistence.Window) { change(&w.Orders[at]) })}
	}
	for _, d := range []damage{
		{name: "another total", detail: fmt.Sprintf("total_minor is 1%d in the store, %d in the log", o.Total, o.Total),
			plan: doc(func(d *persistence.Document) { d.Body = replace(t, d.Body, `"total_minor":`, `"total_minor":1`) })},
		{name: "filed under another status", detail: `the store files it under status "eaten"`,
			plan: doc(func(d *persistence.Document) { d.Status = "eaten" })},
		{name: "filed as open or closed", detail: "under active",
			plan: doc(func(d *persistence.Document) { d.Active = !d.Active })},
		{name: "not found by a search", detail: "under search text",
			plan: doc(func(d *persistence.Document) { d.Text = "" })},
		{name: "version the log does not have", detail: fmt.Sprintf("has version %d where the log has %d", o.Version+1, o.Version),
			plan: doc(func(d *persistence.Document) { d.Version++ })},
		{name: "missing", detail: fmt.Sprintf("does not have order number %d", o.Number),
			plan: plan{window: inWindow(func(w *persistence.Window) { w.Orders = append(w.Orders[:at:at], w.Orders[at+1:]...) })}},
	} {
		t.Run(d.name, func(t *testing.T) {
			d.checks, d.seq, d.order = []check{viewEqual}, s.newest.Seq, o.ID
			db := l.write(t, d.plan)
			d.expect(t, l, db, db)
		})
	}
	t.Run("extra", func(t *testing.T) {
		stranger := *persistence.DocumentOf(o, s.newest.Image)
		stranger.ID, stranger.Number = "stranger", 100_000
		db := l.write(t, plan{window: inWindow(func(w *persistence.Window) { w.Orders = append(w.Orders, stranger) })})
		d := damage{checks: []check{viewEqual}, order: "stranger", detail: "the store has order number 100000, the log does not"}
		d.expect(t, l, db, db)
	})
}

func TestDamagedTimelineIsFound(t *testing.T) {
	l := cleanLogs(t)
	s := l.sample(t)
	end := uint64(len(l["cafe"]))
	for _, d := range []damage{
		{name: "another place", seq: s.made.Seq, detail: "where the log has version 1",
			plan: plan{window: inWindow(func(w *persistence.Window) {
				for i := range w.Events {
					if w.Events[i].Seq == s.made.Seq {
						w.Events[i].Seq++
					}
				}
			})}},
		{name: "end missing", seq: s.newest.Seq, detail: fmt.Sprintf("does not have version %d", s.newest.Version),
			plan: plan{window: inWindow(func(w *persistence.Window) {
				for i := range w.Events {
					if w.Events[i].Seq == s.newest.Seq {
						w.Events = append(w.Events[:i:i], w.Events[i+1:]...)
						return
					}
				}
			})}},
		{name: "event too many", seq: s.newest.Seq, detail: "the log does not",
			plan: plan{window: inWindow(func(w *persistence.Window) {
				w.Events = append(w.Events, persistence.Event{Order: s.order.ID, Version: s.newest.Version + 1, Seq: end, AtMS: 1})
			})}},
	} {
		t.Run(d.name, func(t *testing.T) {
			d.checks, d.order = []check{viewEqual}, s.order.ID
			db := l.write(t, d.plan)
			d.expect(t, l, db, db)
		})
	}
}

func TestDamageToWhatRecoveryNeedsIsFound(t *testing.T) {
	l := cleanLogs(t)
	end, changed, keyed := uint64(len(l["cafe"])), uint64(0), uint64(0)
	for i := range l["cafe"] {
		r := &l["cafe"][i]
		if r.Entity == "" && r.Kind != "key.remembered" {
			changed = r.Seq
		}
		if r.Key != "" {
			keyed = r.Seq
		}
	}
	view := []check{viewEqual}
	for _, d := range []damage{
		{name: "other settings", checks: view, seq: changed, detail: `settings.business_day_start is "00:30" in the store, "00:00" in the log`,
			plan: plan{window: inWindow(func(w *persistence.Window) {
				w.Outlet = replace(t, w.Outlet, `"business_day_start":"00:00"`, `"business_day_start":"00:30"`)
			})}},
		{name: "no settings at all", checks: view, seq: changed, detail: "settings.version is 0 in the store",
			plan: plan{window: inWindow(func(w *persistence.Window) { w.Outlet = nil })}},
		{name: "settings that do not parse", checks: view, seq: changed, detail: "read organisation",
			plan: plan{window: inWindow(func(w *persistence.Window) { w.Outlet = w.Outlet[1:] })}},
		{name: "missing key", checks: view, seq: keyed, detail: "does not have the key of this record",
			plan: plan{window: inWindow(func(w *persistence.Window) { w.Keys = w.Keys[:len(w.Keys)-1] })}},
		{name: "key nobody sent", checks: view, seq: 2, detail: "has a key of this record, the log does not",
			plan: plan{window: inWindow(func(w *persistence.Window) {
				w.Keys = append(w.Keys, persistence.KeyRow{Hash: persistence.HashKey("?"), Seq: 2, AtMS: w.AtMS})
			})}},
		{name: "watermark at another time", checks: view, seq: end, detail: "recovery begins after",
			plan: plan{window: inWindow(func(w *persistence.Window) { w.AtMS++ })}},
		{name: "watermark with another hash", checks: []check{chained}, seq: end, detail: "the store's watermark has hash",
			plan: plan{window: inWindow(func(w *persistence.Window) { w.Through.Hash[0]++ })}},
		{name: "watermark beyond the log", checks: []check{contiguous}, seq: end + 1, detail: "the store is not compared",
			plan: plan{window: inWindow(func(w *persistence.Window) { w.Through.Seq += 5 })}},
	} {
		t.Run(d.name, func(t *testing.T) {
			db := l.write(t, d.plan)
			d.expect(t, l, db, db)
		})
	}
}

// forgetful is a store whose recovery leaves the open orders out.
type forgetful struct{ persistence.Store }

func (f forgetful) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	r, err := f.Store.Load(ctx, org)
	r.Orders = nil
	return r, err
}

func TestOpenOrderThatRecoveryDoesNotGetIsFound(t *testing.T) {
	l := cleanLogs(t)
	db := l.write(t, plan{})
	r := run(t, db, forgetful{db})
	if c := r.Checks[viewEqual]; c.Passed || c.Detail != "recovery does not get this order, which is open" {
		t.Fatal(printed(r))
	}
}
