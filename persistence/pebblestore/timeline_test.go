package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
)

// TestEventsAreListedOnce: the first stands with the order's number, and has a
// key of its own too when its window comes again, as after a crash.
func TestEventsAreListedOnce(t *testing.T) {
	d := start(t, vfs.NewMem())
	for _, w := range []persistence.Window{drained("a", 1, 1, 2), drained("a", 1, 1, 2), drained("a", 1, 3, 3)} {
		if err := d.db.Apply(t.Context(), []persistence.Window{w}); err != nil {
			t.Fatal(err)
		}
		events, err := d.db.Timeline(t.Context(), "a", "o")
		if err != nil || len(events) != int(w.Through.Seq) {
			t.Fatalf("%d events through %d: %v", len(events), w.Through.Seq, err)
		}
		for i, e := range events {
			if seq := uint64(i + 1); e.Version != seq || e.Seq != seq || e.AtMS != int64(seq) || e.Order != "o" {
				t.Errorf("event %d: %+v", i, e)
			}
		}
	}
}
