package pebblestore

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
)

// placed finds an order's image in the entries of its window: one that stands in
// the journal, which is never trimmed here, is not written a second time. The
// bytes are compared, so that a wrong place can only cost space.
func placed(w *persistence.Window, d *persistence.Document) place {
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
	reader pebble.Reader
	org    string
	entry  uint64
	data   []byte // valid until held is closed
	held   io.Closer
}

// of returns a copy of the image.
func (m *images) of(p place) ([]byte, error) {
	if m.held == nil || m.entry != p.entry {
		if err := m.open(p.entry); err != nil {
			return nil, fmt.Errorf("read image in journal entry %d: %w", p.entry, err)
		}
	}
	if p.from < 0 || p.size < 0 || p.from > len(m.data)-p.size {
		return nil, fmt.Errorf("image at %d in journal entry %d: %w", p.from, p.entry, errCorrupt)
	}
	return bytes.Clone(m.data[p.from : p.from+p.size]), nil
}

func (m *images) open(entry uint64) error {
	if err := m.close(); err != nil {
		return err
	}
	key := journalKey(m.org, entry)
	raw, held, err := m.reader.Get(key)
	if err != nil {
		return err
	}
	m.held, m.entry = held, entry
	e, err := readEntry(key, raw)
	m.data = e.Data
	return err
}

func (m *images) close() error {
	if m.held == nil {
		return nil
	}
	err := m.held.Close()
	m.held = nil
	return err
}

// fillBodies reads the images that have a place in the journal, each entry once.
func fillBodies(r pebble.Reader, org string, docs []persistence.Document, places []place) (err error) {
	var missing []int
	for i, p := range places {
		if p.entry > 0 {
			missing = append(missing, i)
		}
	}
	slices.SortFunc(missing, func(a, b int) int { return cmp.Compare(places[a].entry, places[b].entry) })
	m := images{reader: r, org: org}
	for _, i := range missing {
		if docs[i].Body, err = m.of(places[i]); err != nil {
			break
		}
	}
	return errors.Join(err, m.close())
}
