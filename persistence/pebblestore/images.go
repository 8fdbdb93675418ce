package pebblestore

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"heard/persistence"
)

// placed finds an order's image in the entries of its window: one that stands in
// the journal, which is never trimmed here, is not written a second time. The
// bytes are compared, so that a wrong place can only cost space.
func placed(w *persistence.Window, d *persistence.Document) place {
	if d.Lost { // it is read from there, in vain
		return place{entry: d.Entry}
	}
	i, found := slices.BinarySearchFunc(w.Entries, d.Entry, func(e persistence.Entry, last uint64) int { return cmp.Compare(e.Last, last) })
	if !found || d.Offset <= 0 || d.Offset+len(d.Body) > len(w.Entries[i].Data) {
		return place{}
	}
	if !bytes.Equal(w.Entries[i].Data[d.Offset:d.Offset+len(d.Body)], d.Body) {
		return place{}
	}
	return place{d.Entry, d.Offset, len(d.Body)}
}

// images reads what placed found. It keeps the entry it read last, for
// neighbours in a list often stand in the same one.
type images struct {
	db    *DB
	org   string
	entry persistence.Entry
}

// of returns a copy of the image.
func (m *images) of(p place) (_ []byte, err error) {
	if m.entry.Last != p.entry {
		if m.entry, err = m.db.entryEnding(m.org, p.entry); err != nil {
			m.entry = persistence.Entry{}
			return nil, fmt.Errorf("read image in journal entry %d: %w", p.entry, err)
		}
	}
	if p.from < 0 || p.size < 0 || p.from > len(m.entry.Data)-p.size {
		return nil, fmt.Errorf("image at %d in journal entry %d: %w: %w", p.from, p.entry, persistence.ErrDamaged, errCorrupt)
	}
	return bytes.Clone(m.entry.Data[p.from : p.from+p.size]), nil
}

// fillBodies reads the images that have a place in the journal, each entry once.
func (db *DB) fillBodies(org string, docs []persistence.Document, places []place) (err error) {
	var missing []int
	for i, p := range places {
		if p.entry > 0 {
			missing = append(missing, i)
		}
	}
	slices.SortFunc(missing, func(a, b int) int { return cmp.Compare(places[a].entry, places[b].entry) })
	m := images{db: db, org: org}
	for _, i := range missing {
		if docs[i].Body, err = m.of(places[i]); errors.Is(err, persistence.ErrDamaged) {
			docs[i].Lost = true
		} else if err != nil {
			return err
		}
	}
	return nil
}
