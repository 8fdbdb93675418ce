package mongostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/domain"
	"heard/persistence"
)

// all reads everything a filter finds.
func all[T any](ctx context.Context, c *mongo.Collection, filter bson.D, o *options.FindOptionsBuilder, rows *[]T) error {
	cursor, err := c.Find(ctx, filter, o)
	if err != nil {
		return outage(err)
	}
	return outage(cursor.All(ctx, rows))
}

// Load implements persistence.Store. The watermark is read first: what others
// apply meanwhile is newer than it, and the caller's journal tail has it too.
func (s *Store) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	r, err := s.load(ctx, org)
	if err != nil {
		return persistence.Recovered{}, fmt.Errorf("load %s: %w", org, blame(org, err))
	}
	return r, nil
}

func (s *Store) load(ctx context.Context, org string) (r persistence.Recovered, err error) {
	m, err := s.mark(ctx, org, options.FindOne())
	if err != nil || m == nil {
		return r, err
	}
	r.Epoch, r.AtMS, r.Outlet = uint64(m.Epoch), int64(m.At), m.Outlet
	if r.Through, err = m.chain(); err != nil {
		return r, err
	}
	var rows []orderRow
	active := bson.D{{Key: "organization_id", Value: org}, {Key: "active", Value: true}}
	if err := all(ctx, s.orders, active, options.Find().SetProjection(orderColumns), &rows); err != nil {
		return r, fmt.Errorf("active orders: %w", err)
	}
	r.Orders = documents(rows)
	if r.Keys, err = s.keys(ctx, org, m); err != nil {
		return r, fmt.Errorf("idempotency keys: %w", err)
	}
	return r, nil
}

// mark reads an organisation's document; nil when there is none.
func (s *Store) mark(ctx context.Context, org string, o *options.FindOneOptionsBuilder) (*markRow, error) {
	var m markRow
	err := s.organizations.FindOne(ctx, bson.D{{Key: "_id", Value: org}}, o).Decode(&m)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("watermark: %w", outage(err))
	}
	return &m, nil
}

// keys reads those that are not forgotten and that the watermark covers: of
// later ones the journal knows.
func (s *Store) keys(ctx context.Context, org string, m *markRow) ([]persistence.KeyRow, error) {
	var entries []entryRow
	recent := bson.D{{Key: "organization_id", Value: org}, {Key: "keys.at", Value: bson.D{{Key: "$gte", Value: m.KeysSince}}}}
	if err := all(ctx, s.journal, recent, options.Find().SetProjection(bson.D{{Key: "keys", Value: 1}}), &entries); err != nil {
		return nil, err
	}
	var rows []persistence.KeyRow
	for i := range entries {
		for j := range entries[i].Keys {
			k := &entries[i].Keys[j]
			if k.At < m.KeysSince || k.Seq > m.Seq {
				continue
			}
			row := persistence.KeyRow{Seq: uint64(k.Seq), AtMS: int64(k.At)}
			if err := decodeHex(row.Hash[:], k.Hash); err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b persistence.KeyRow) int { return cmp.Compare(a.Seq, b.Seq) })
	return rows, nil
}

// Order implements persistence.Store.
func (s *Store) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	if !domain.ValidID(org) || !domain.ValidID(id) {
		return persistence.Document{}, fmt.Errorf("read order %q of %q: %w", id, org, persistence.ErrNotFound)
	}
	var row orderRow
	err := s.orders.FindOne(ctx, bson.D{{Key: "_id", Value: orderID(org, id)}}, options.FindOne().SetProjection(orderColumns)).Decode(&row)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = persistence.ErrNotFound
	}
	if err != nil {
		return persistence.Document{}, fmt.Errorf("read order %s of %s: %w", id, org, blame(org, outage(err)))
	}
	return row.document(), nil
}

// Timeline implements persistence.Store.
func (s *Store) Timeline(ctx context.Context, org, id string) ([]persistence.Event, error) {
	var entries []entryRow
	touched := bson.D{{Key: "organization_id", Value: org}, {Key: "events.order_id", Value: id}}
	if err := all(ctx, s.journal, touched, options.Find().SetProjection(bson.D{{Key: "events", Value: 1}}), &entries); err != nil {
		return nil, fmt.Errorf("timeline of order %s of %s: %w", id, org, blame(org, err))
	}
	var events []persistence.Event
	for i := range entries {
		for _, e := range entries[i].Events {
			if e.Order == id {
				events = append(events, persistence.Event{Order: id, Version: uint64(e.Version), Seq: uint64(e.Seq), AtMS: int64(e.At)})
			}
		}
	}
	slices.SortFunc(events, func(a, b persistence.Event) int { return cmp.Compare(a.Version, b.Version) })
	return events, nil
}

// Watermark implements persistence.Store.
func (s *Store) Watermark(ctx context.Context, org string) (persistence.Chain, error) {
	m, err := s.mark(ctx, org, options.FindOne().SetProjection(withoutOutlet))
	if err != nil {
		return persistence.Chain{}, fmt.Errorf("read watermark of %s: %w", org, blame(org, err))
	}
	if m == nil {
		return persistence.Chain{}, nil
	}
	return m.chain()
}

// Epoch is the newest epoch under which an organisation's documents were
// written, 0 for one that is not known.
func (s *Store) Epoch(ctx context.Context, org string) (uint64, error) {
	m, err := s.mark(ctx, org, options.FindOne().SetProjection(withoutOutlet))
	if err != nil {
		return 0, fmt.Errorf("read epoch of %s: %w", org, err)
	}
	if m == nil {
		return 0, nil
	}
	return uint64(m.Epoch), nil
}

// Organisations implements persistence.Store.
func (s *Store) Organisations(ctx context.Context, after string, most int) ([]string, error) {
	var rows []markRow
	next := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}}
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(most)).SetProjection(bson.D{{Key: "_id", Value: 1}})
	if err := all(ctx, s.organizations, next, o, &rows); err != nil {
		return nil, fmt.Errorf("list organisations after %q: %w", after, err)
	}
	var names []string
	for i := range rows {
		names = append(names, rows[i].ID)
	}
	return names, nil
}
