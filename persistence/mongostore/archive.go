package mongostore

import (
	"context"
	"fmt"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/persistence"
)

// Most callers of Archive want one entry, the others all of them: pages grow.
const (
	pageGrowth  = 8
	mostEntries = 512
)

var entryColumns = bson.D{{Key: "first", Value: 1}, {Key: "last", Value: 1}, {Key: "epoch", Value: 1}, {Key: "data", Value: 1}}

// Archive implements persistence.Store.
func (s *Store) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	through, err := s.Watermark(ctx, org)
	if err != nil {
		return err
	}
	for most := int64(1); after < through.Seq; most = min(most*pageGrowth, mostEntries) {
		read, err := s.page(ctx, org, &after, through.Seq, most, fn)
		if err != nil {
			return err
		}
		if int64(read) < most {
			return nil
		}
	}
	return nil
}

// page calls fn for up to most entries and moves after on behind them. A cursor
// reads as fn goes, so that a page may be larger than what fits into one answer.
func (s *Store) page(ctx context.Context, org string, after *uint64, through uint64, most int64, fn func(persistence.Entry) error) (read int, err error) {
	span := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: entryID(org, *after)}, {Key: "$lte", Value: entryID(org, math.MaxInt64)}}}}
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(most).SetProjection(entryColumns)
	cursor, err := s.journal.Find(ctx, span, o)
	if err != nil {
		return 0, fmt.Errorf("read archive of %s after %d: %w", org, *after, outage(err))
	}
	defer func() { _ = cursor.Close(ctx) }() // the server forgets it anyway
	for cursor.Next(ctx) {
		var row entryRow
		if err := cursor.Decode(&row); err != nil {
			return read, persistence.DamageOf(org, *after+1, "MongoDB's journal", err)
		}
		if uint64(row.First) > through {
			return 0, nil
		}
		e := persistence.Entry{Org: org, Epoch: uint64(row.Epoch), First: uint64(row.First), Last: uint64(row.Last), Data: row.Data}
		if err := fn(e); err != nil {
			return read, err
		}
		*after = e.Last
		read++
	}
	if err := cursor.Err(); err != nil {
		return read, fmt.Errorf("read archive of %s after %d: %w", org, *after, outage(err))
	}
	return read, nil
}
