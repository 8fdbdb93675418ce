package audit

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

// flipped is a database in which one bit of one entry is another.
type flipped struct {
	*pebblestore.DB
	first uint64
	at    int
}

func (d flipped) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	return d.DB.Archive(ctx, org, after, func(e persistence.Entry) error {
		if e.First == d.first {
			e.Data[d.at] ^= 1
		}
		return fn(e)
	})
}

// inAnswer reports whether a place is in an answer: neither the chain nor the
// rules cover what was answered to commands, except where that is the image.
func inAnswer(t *testing.T, data []byte, at int) bool {
	t.Helper()
	records, _, err := domain.ReadEntry(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		if a := records[i].Answer; a != nil {
			part := append([]byte(`,"answer":`), a...)
			if start := bytes.LastIndex(data, part); at >= start && at < start+len(part) {
				return true
			}
		}
	}
	return false
}

func TestAnyFlippedBitIsFound(t *testing.T) {
	db := runEngine(t, 60, "bistro")
	var entries []persistence.Entry
	err := db.Tail(context.Background(), "bistro", 0, func(e persistence.Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil || len(entries) < 20 {
		t.Fatal(err, len(entries))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		e := entries[r.IntN(len(entries))]
		d := flipped{db, e.First, r.IntN(len(e.Data))}
		if inAnswer(t, e.Data, d.at) {
			continue
		}
		if report := run(t, d, d); report.OK() {
			t.Errorf("entry %d byte %d of %s", d.first, d.at, e.Data)
		}
	}
}
