package mongostore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/mongostore"
)

// history is an organisation's log as an engine would have written it: each
// record is a version of one order, a few records are an entry.
type history struct {
	org     string
	entries []persistence.Entry
	events  []persistence.Event // by sequence, from 1
	docs    []persistence.Document
	keys    []persistence.KeyRow
}

// newHistory makes records of orders that change at random until the last is closed.
func newHistory(seed uint64, org string, orders, records int) *history {
	r := rand.New(rand.NewPCG(seed, 99))
	h := &history{org: org}
	var newest []persistence.Document
	for seq := uint64(1); seq <= uint64(records); seq++ {
		at := 1_700_000_000_000 + int64(seq)*10
		var d persistence.Document
		if len(newest) < orders && (len(newest) == 0 || r.IntN(2) == 0) {
			n := uint64(len(newest) + 1)
			d = persistence.Document{ID: fmt.Sprintf("o%d", n), Number: n, CreatedMS: at, TableID: fmt.Sprint("t", r.IntN(4)), Type: "dine_in"}
			newest = append(newest, d)
			h.keys = append(h.keys, persistence.KeyRow{Hash: domain.Fingerprint{byte(seq), byte(seq >> 8), 1}, Seq: seq, AtMS: at})
		} else {
			d = newest[r.IntN(len(newest))]
		}
		d.Version++
		d.Active, d.Status = r.IntN(4) > 0, "ready"
		if !d.Active {
			d.Status = "completed"
		}
		d.UpdatedMS, d.Text = at, fmt.Sprintf("%d naan", d.Number)
		d.Body = fmt.Appendf(nil, `{"id":%q,"version":%d,"total":%d.50,"total_minor":%d,"pad":"é%s"}`, d.ID, d.Version, seq, seq*100+50, bytes.Repeat([]byte("x"), r.IntN(300)))
		newest[d.Number-1] = d
		h.docs = append(h.docs, d)
		h.events = append(h.events, persistence.Event{Order: d.ID, Version: d.Version, Seq: seq, AtMS: at})
	}
	for first := uint64(1); first <= uint64(records); {
		last := min(first+uint64(r.IntN(3)), uint64(records))
		h.entries = append(h.entries, persistence.Entry{Org: org, Epoch: 2, First: first, Last: last, Data: fmt.Appendf(nil, `{"entry":"%d-%d"}`, first, last)})
		first = last + 1
	}
	return h
}

func (h *history) chain(seq uint64) persistence.Chain {
	return persistence.Chain{Seq: seq, Hash: sha256.Sum256(fmt.Append(nil, h.org, seq))}
}

func (h *history) outlet(seq uint64) []byte { return fmt.Appendf(nil, `{"menu":"as of %d"}`, seq) }

// window is what a drainer writes of the entries from..to, with the newest
// image of each order.
func (h *history) window(from, to int) persistence.Window {
	entries := h.entries[from:to]
	first, last := entries[0].First, entries[len(entries)-1].Last
	w := persistence.Window{
		Org: h.org, Epoch: 2, Through: h.chain(last), Entries: entries, Events: h.events[first-1 : last],
		Outlet: h.outlet(last), AtMS: h.events[last-1].AtMS,
	}
	newest := make(map[string]persistence.Document)
	for _, d := range h.docs[first-1 : last] {
		newest[d.ID] = d
	}
	for _, d := range newest {
		w.Orders = append(w.Orders, d)
	}
	for _, k := range h.keys {
		if k.Seq >= first && k.Seq <= last {
			w.Keys = append(w.Keys, k)
		}
	}
	return w
}

// newest is each order's image as of a record.
func (h *history) newest(seq uint64) map[string]persistence.Document {
	newest := make(map[string]persistence.Document)
	for _, d := range h.docs[:seq] {
		newest[d.ID] = d
	}
	return newest
}

// check compares all that a store has up to its watermark, which it returns,
// with the log. Orders may be newer than the watermark, never older.
func (h *history) check(t *testing.T, s *mongostore.Store) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := s.Load(ctx, h.org)
	if err != nil {
		t.Fatal(err)
	}
	seq := r.Through.Seq
	if seq == 0 {
		return 0
	}
	equal(t, "chain", r.Through, h.chain(seq))
	equal(t, "outlet", string(r.Outlet), string(h.outlet(seq)))
	end := slices.IndexFunc(h.keys, func(k persistence.KeyRow) bool { return k.Seq > seq })
	if end < 0 {
		end = len(h.keys)
	}
	equal(t, "keys", r.Keys, slices.Clip(h.keys[:end]))
	h.checkArchive(t, s, seq)
	for id, d := range h.newest(seq) {
		stored, err := s.Order(ctx, h.org, id)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(h.docs, func(o persistence.Document) bool { return o.ID == d.ID && o.Version == stored.Version })
		if stored.Version < d.Version || at < 0 {
			t.Fatalf("order %s has version %d, although by record %d it is at %d", id, stored.Version, seq, d.Version)
		}
		equal(t, "order "+id, stored, h.docs[at])
	}
	return seq
}

func (h *history) checkArchive(t *testing.T, s *mongostore.Store, through uint64) {
	t.Helper()
	var archived []persistence.Entry
	if err := s.Archive(t.Context(), h.org, 0, func(e persistence.Entry) error { archived = append(archived, e); return nil }); err != nil {
		t.Fatal(err)
	}
	end := slices.IndexFunc(h.entries, func(e persistence.Entry) bool { return e.Last == through })
	equal(t, "archive", archived, h.entries[:end+1])
}

// checkAll is check for a store that has all of the log.
func (h *history) checkAll(t *testing.T, s *mongostore.Store) {
	t.Helper()
	if seq := h.check(t, s); seq != uint64(len(h.docs)) {
		t.Fatalf("watermark of %s is %d, the log ends at %d", h.org, seq, len(h.docs))
	}
	for id := range h.newest(uint64(len(h.docs))) {
		events, err := s.Timeline(t.Context(), h.org, id)
		if err != nil {
			t.Fatal(err)
		}
		var want []persistence.Event
		for _, e := range h.events {
			if e.Order == id {
				want = append(want, e)
			}
		}
		equal(t, "timeline", events, want)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
