package mongostore

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/persistence"
)

// insertAbsent inserts the documents whose _id is not there yet. It names those
// that were there and those the server refused; the others are written. err is
// for what concerns all of them.
func (s *Store) insertAbsent(ctx context.Context, c *mongo.Collection, docs []bson.Raw) (there []int, refused map[int]error, err error) {
	if len(docs) == 0 {
		return nil, nil, nil
	}
	s.sent.documents.Add(uint64(len(docs)))
	_, err = c.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	bulk, err := perDocument(err)
	if err != nil {
		return nil, nil, fmt.Errorf("insert %d into %s: %w", len(docs), c.Name(), err)
	}
	refused = make(map[int]error)
	for _, e := range bulk.WriteErrors {
		if isDuplicate(e.WriteError) {
			there = append(there, e.Index)
		} else {
			refused[e.Index] = e.WriteError
		}
	}
	return there, refused, nil
}

// updated is what a bulk of updates did.
type updated struct {
	met      int64           // documents that were there and passed their guards
	upserted map[string]bool // by _id: documents that were not there
	refused  map[int]error   // by the server, one by one
}

// update runs guarded updates and insertions, which may run again. One that was
// to be inserted and came second to somebody else's is neither upserted nor
// refused.
func (s *Store) update(ctx context.Context, c *mongo.Collection, models []mongo.WriteModel, ordered bool) (updated, error) {
	if len(models) == 0 {
		return updated{}, nil
	}
	done, bulk, err := s.bulk(ctx, c, models, ordered)
	if err != nil || len(bulk.WriteErrors) == 0 {
		return done, err
	}
	// Not every server goes on after a refusal or counts right: one at a time
	// the others are written and the culprit is known.
	all := updated{upserted: done.upserted, refused: make(map[int]error)}
	for i := range models {
		one, bulk, err := s.bulk(ctx, c, models[i:i+1], true)
		if err != nil {
			return all, err
		}
		all.met += one.met
		maps.Copy(all.upserted, one.upserted)
		if len(bulk.WriteErrors) > 0 && !isDuplicate(bulk.WriteErrors[0].WriteError) {
			all.refused[i] = bulk.WriteErrors[0].WriteError
		}
	}
	return all, nil
}

func (s *Store) bulk(ctx context.Context, c *mongo.Collection, models []mongo.WriteModel, ordered bool) (done updated, bulk mongo.BulkWriteException, err error) {
	s.sent.documents.Add(uint64(len(models)))
	result, err := c.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(ordered))
	if bulk, err = perDocument(err); err != nil {
		return done, bulk, fmt.Errorf("update %d of %s: %w", len(models), c.Name(), err)
	}
	done.upserted = make(map[string]bool)
	if result != nil {
		done.met = result.MatchedCount
		for _, id := range result.UpsertedIDs {
			name, _ := id.(string)
			done.upserted[name] = true
		}
	}
	return done, bulk, nil
}

// perDocument separates refusals of single documents from everything else. A
// write that was not confirmed by a majority is not done.
func perDocument(err error) (mongo.BulkWriteException, error) {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) {
		return bulk, outage(err)
	}
	if bulk.WriteConcernError != nil {
		return bulk, fmt.Errorf("%w: not confirmed: %w", persistence.ErrUnavailable, bulk.WriteConcernError)
	}
	if len(bulk.WriteErrors) == 0 {
		return bulk, outage(err)
	}
	return bulk, nil
}
