package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"heard/domain"
	"heard/persistence"
)

// Load implements persistence.Store. It sees one moment, whatever is applied
// meanwhile, and reads the active orders in one scan.
func (db *DB) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	r, err := db.load(ctx, org)
	if err != nil {
		return persistence.Recovered{}, fmt.Errorf("load %s: %w", org, blame(org, err))
	}
	return r, nil
}

func (db *DB) load(ctx context.Context, org string) (r persistence.Recovered, err error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return r, err
	}
	if err := db.enter(ctx); err != nil {
		return r, err
	}
	defer db.leave()
	snap := db.pebble.NewSnapshot()
	defer snap.Close()
	m, found, err := readMarkOf(snap, org)
	if err != nil || !found {
		return r, err
	}
	r.Epoch, r.Through, r.AtMS = m.epoch, m.through, m.atMS
	if r.Outlet, err = get(snap, orgKey(spaceOutlet, org)); err != nil {
		return r, fmt.Errorf("organisation state: %w", err)
	}
	if r.Orders, err = db.activeOrders(snap, org); err != nil {
		return r, fmt.Errorf("active orders: %w", err)
	}
	if r.Keys, err = keysSince(snap, org, m.forgetMS); err != nil {
		return r, fmt.Errorf("idempotency keys: %w", err)
	}
	return r, nil
}

// ordersTogether is how many orders are collected before they are joined: one
// slice that grows to 100,000 would be copied and cleared many times.
const ordersTogether = 4096

func (db *DB) activeOrders(snap *pebble.Snapshot, org string) ([]persistence.Document, error) {
	var parts [][]persistence.Document
	var part []persistence.Document
	var places []place
	l := listing{snap: snap, s: persistence.Selection{Org: org}, low: 1, high: math.MaxUint64}
	headers := l.stream(orgKey(spaceHeader, org))
	defer l.close()
	err := scan(snap, span(orgKey(spaceActive, org)), func(key, value []byte) error {
		number := numberOf(key)
		if n, ok := headers.seek(number); !ok || n != number {
			return fmt.Errorf("number %d has no header: %w", number, errCorrupt)
		}
		h, err := readHeader(headers.it.Value())
		if err != nil {
			return fmt.Errorf("number %d: %w", number, err)
		}
		d := h.document()
		if h.image.entry == 0 {
			d.Body, err = readBody(value)
		}
		places = append(places, h.image)
		if part = append(part, d); len(part) == ordersTogether {
			parts = append(parts, part)
			part = make([]persistence.Document, 0, ordersTogether)
		}
		return err
	})
	if err = errors.Join(err, l.failed()); err != nil {
		return nil, err
	}
	all := slices.Concat(append(parts, part)...)
	return all, db.fillBodies(org, all, places)
}

func keysSince(r pebble.Reader, org string, sinceMS int64) (rows []persistence.KeyRow, err error) {
	o := &pebble.IterOptions{LowerBound: keyTime(org, sinceMS), UpperBound: after(orgKey(spaceKey, org))}
	err = scan(r, o, func(key, _ []byte) error {
		tail := key[len(org)+2:]
		if len(tail) != 8+8+len(domain.Fingerprint{}) {
			return errCorrupt
		}
		row := persistence.KeyRow{AtMS: int64(binary.BigEndian.Uint64(tail)), Seq: binary.BigEndian.Uint64(tail[8:])}
		copy(row.Hash[:], tail[16:])
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// scan calls fn for each key in bounds. Key and value are valid during the call only.
func scan(r pebble.Reader, bounds *pebble.IterOptions, fn func(key, value []byte) error) error {
	it, err := r.NewIter(bounds)
	if err != nil {
		return err
	}
	defer it.Close()
	for it.First(); it.Valid(); it.Next() {
		if err := fn(it.Key(), it.Value()); err != nil {
			return err
		}
	}
	return it.Error()
}

// Order implements persistence.Store.
func (db *DB) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	d, err := db.order(ctx, org, id)
	if err != nil {
		return persistence.Document{}, fmt.Errorf("read order %s of %s: %w", id, org, blame(org, err))
	}
	return d, nil
}

func (db *DB) order(ctx context.Context, org, id string) (d persistence.Document, err error) {
	if persistence.CheckID("organisation", org) != nil || persistence.CheckID("order", id) != nil {
		return d, persistence.ErrNotFound
	}
	if err := db.enter(ctx); err != nil {
		return d, err
	}
	defer db.leave()
	snap := db.pebble.NewSnapshot() // an order may move from active to closed between two reads
	defer snap.Close()
	raw, err := get(snap, idKey(org, id))
	if err != nil {
		return d, err
	}
	if raw == nil {
		return d, persistence.ErrNotFound
	}
	number, _ := binary.Uvarint(raw)
	raw, err = get(snap, orderKey(spaceHeader, org, number))
	if err != nil {
		return d, err
	}
	h, err := readHeader(raw)
	if err != nil {
		return d, fmt.Errorf("number %d: %w", number, err)
	}
	l := listing{snap: snap, s: persistence.Selection{Org: org}, images: images{db: db, org: org}}
	defer l.close()
	return l.document(&h)
}

// Timeline implements persistence.Store. An order that does not exist has no events.
func (db *DB) Timeline(ctx context.Context, org, id string) (events []persistence.Event, err error) {
	if persistence.CheckID("organisation", org) != nil || persistence.CheckID("order", id) != nil {
		return nil, nil
	}
	if err := db.enter(ctx); err != nil {
		return nil, fmt.Errorf("timeline of %s: %w", id, err)
	}
	defer db.leave()
	snap := db.pebble.NewSnapshot()
	defer snap.Close()
	if events, err = timeline(snap, org, id); err != nil {
		return nil, fmt.Errorf("timeline of order %s of %s: %w", id, org, blame(org, err))
	}
	return events, nil
}

func timeline(snap *pebble.Snapshot, org, id string) (events []persistence.Event, err error) {
	add := func(version uint64, r reader) error {
		e := persistence.Event{Order: id, Version: version, Seq: r.uvarint(), AtMS: r.varint()}
		if r.bad {
			return errCorrupt
		}
		events = append(events, e)
		return nil
	}
	raw, err := get(snap, idKey(org, id))
	if err != nil {
		return nil, err
	}
	if r := (reader{rest: raw}); raw != nil && r.uvarint() > 0 && len(r.rest) > 0 {
		if err := add(1, r); err != nil {
			return nil, err
		}
	}
	prefix := eventPrefix(org, id)
	err = scan(snap, span(prefix), func(key, value []byte) error {
		version := binary.BigEndian.Uint64(key[len(prefix):])
		if version == 1 {
			events = events[:0] // written again by a window that came twice
		}
		return add(version, reader{rest: value})
	})
	return events, err
}

// Organisations implements persistence.Store: those that something was applied for.
func (db *DB) Organisations(ctx context.Context, after string, most int) ([]string, error) {
	names, err := db.names(ctx, spaceOrg, after, most)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return names, nil
}

// Watermark implements persistence.Store.
func (db *DB) Watermark(ctx context.Context, org string) (persistence.Chain, error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return persistence.Chain{}, fmt.Errorf("read watermark: %w", err)
	}
	if err := db.enter(ctx); err != nil {
		return persistence.Chain{}, fmt.Errorf("read watermark of %s: %w", org, err)
	}
	defer db.leave()
	m, _, err := readMarkOf(db.pebble, org)
	if err != nil {
		return persistence.Chain{}, fmt.Errorf("read watermark of %s: %w", org, blame(org, err))
	}
	return m.through, nil
}
