package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/mongotest"
)

// TestOneBadDocumentHoldsUpItsOrganisationOnly gives a bulk one document that
// cannot be stored, once as a new order and once as a newer version: one refused
// before it is sent, or one with a name that is a path into another.
func TestOneBadDocumentHoldsUpItsOrganisationOnly(t *testing.T) {
	server := mongotest.Start(t)
	for name, body := range map[string]string{
		"too large": `{"notes":"` + strings.Repeat("x", 9<<20) + `"}`,
		"no JSON":   `{"notes":`,
		"refused":   `{"a":1,"a.b":1}`,
	} {
		for _, version := range []uint64{1, 2} {
			t.Run(fmt.Sprint(name, " version ", version), func(t *testing.T) {
				badDocument(t, server, body, version)
			})
		}
	}
}

func badDocument(t *testing.T, server *mongotest.Server, body string, version uint64) {
	store := open(t, server, server.URI, server.Database())
	good, bad, after := newHistory(1, "good", 4, 8), newHistory(2, "bad", 4, 8), newHistory(3, "late", 4, 8)
	if version == 2 {
		apply(t, store, bad.window(0, len(bad.entries)))
	}
	w := bad.window(0, len(bad.entries))
	entry := persistence.Entry{Org: "bad", Epoch: 2, First: 9, Last: 9, Data: []byte("{}")}
	if version == 2 {
		w.Entries, w.Events, w.Keys = nil, nil, nil
	}
	w.Entries = append(slices.Clone(w.Entries), entry)
	w.Events = append(slices.Clone(w.Events), persistence.Event{Order: "poor", Version: version, Seq: 9})
	w.Orders = append(w.Orders, persistence.Document{ID: "poor", Number: 99, Version: version, Body: []byte(body)})
	w.Through = bad.chain(9)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := store.Apply(ctx, []persistence.Window{good.window(0, len(good.entries)), w, after.window(0, len(after.entries))})
	if err == nil || !strings.Contains(err.Error(), "organisation bad: order poor") || errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("error %.300v", err)
	}
	good.checkAll(t, store)
	after.checkAll(t, store)
	mark, err := store.Watermark(ctx, "bad")
	if err != nil || mark.Seq >= 9 {
		t.Errorf("the watermark of the bad one is %d, %v", mark.Seq, err)
	}
	if _, err := store.Order(ctx, "bad", w.Orders[0].ID); err != nil {
		t.Errorf("a good order beside the bad one: %v", err)
	}
}

// TestAnotherLogIsNotWrittenOverTheFirst gives a store two logs of one
// organisation, as a journal restored from an old copy would.
func TestAnotherLogIsNotWrittenOverTheFirst(t *testing.T) {
	server := mongotest.Start(t)
	store := open(t, server, server.URI, server.Database())
	first := newHistory(1, "a", 4, 12)
	apply(t, store, first.window(0, len(first.entries)))
	other := newHistory(1, "a", 4, 12)
	for i := range other.entries {
		other.entries[i].Data = []byte(`{"another":"history"}`)
	}
	w := other.window(0, len(other.entries))
	w.Orders[0].Version += 100
	if err := store.Apply(t.Context(), []persistence.Window{w}); err == nil || !strings.Contains(err.Error(), "organisation a") {
		t.Errorf("another archive: %v", err)
	}
	fork := persistence.Window{Org: "a", Epoch: 9, Through: first.chain(12), AtMS: 1}
	fork.Through.Hash[0] ^= 1
	if err := store.Apply(t.Context(), []persistence.Window{fork}); err == nil || !strings.Contains(err.Error(), "organisation a") {
		t.Errorf("another hash: %v", err)
	}
	first.checkAll(t, store)
}

// TestEpochOnlyRises lets a late window of an old activation change nothing, and
// a new activation be known by its epoch alone.
func TestEpochOnlyRises(t *testing.T) {
	server := mongotest.Start(t)
	store := open(t, server, server.URI, server.Database())
	h := newHistory(1, "a", 4, 20)
	half := len(h.entries) / 2
	whole, late := h.window(0, len(h.entries)), h.window(0, half)
	whole.Epoch = 5
	apply(t, store, whole)
	apply(t, store, late)
	epoch := func() uint64 {
		t.Helper()
		r, err := store.Load(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		return r.Epoch
	}
	equal(t, "epoch", epoch(), uint64(5))
	whole.Epoch = 7
	apply(t, store, whole)
	equal(t, "epoch", epoch(), uint64(7))
	h.checkAll(t, store)
}

// TestWindowMustHoldWhatItTellsOf refuses events and keys of entries that are
// not in the window: they would be lost with it.
func TestWindowMustHoldWhatItTellsOf(t *testing.T) {
	server := mongotest.Start(t)
	store := open(t, server, server.URI, server.Database())
	w := persistence.Window{Org: "a", Through: persistence.Chain{Seq: 2}, Events: []persistence.Event{{Order: "o", Version: 1, Seq: 2}}}
	if err := store.Apply(t.Context(), []persistence.Window{w}); err == nil {
		t.Error("an event without its entry was taken")
	}
	w.Events, w.Keys = nil, []persistence.KeyRow{{Hash: domain.Fingerprint{1}, Seq: 2}}
	if err := store.Apply(t.Context(), []persistence.Window{w}); err == nil {
		t.Error("a key without its entry was taken")
	}
	if mark, err := store.Watermark(t.Context(), "a"); err != nil || mark.Seq != 0 {
		t.Errorf("watermark %v, %v", mark, err)
	}
}
