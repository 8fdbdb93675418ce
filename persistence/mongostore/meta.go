package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"heard/persistence"
)

// step turns a database of one schema into one of the next. It may run again
// after it was interrupted, and beside another process that does the same.
type step func(ctx context.Context, db *mongo.Database) error

// steps lead from schema 1 to the newest: the first makes schema 2. There is none
// yet.
func steps() []step { return nil }

const (
	metaSchema  = "schema"
	metaHistory = "history"
)

// prepare refuses what a newer version wrote, changes what an older one wrote,
// and makes the indexes.
func (s *Store) prepare(ctx context.Context, steps []step) error {
	newest := int64(len(steps) + 1)
	schema, err := s.remember(ctx, metaSchema, newest)
	if err != nil {
		return fmt.Errorf("read schema number: %w", err)
	}
	at, ok := schema.AsInt64OK()
	if !ok || at < 1 || at > newest {
		return fmt.Errorf("database has schema %v, this version reads up to %d", schema, newest)
	}
	for ; at < newest; at++ {
		if err := steps[at-1](ctx, s.meta.Database()); err != nil {
			return fmt.Errorf("change schema %d to %d: %w", at, at+1, outage(err))
		}
		_, err := s.meta.UpdateOne(ctx, bson.D{{Key: "_id", Value: metaSchema}, {Key: "value", Value: at}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "value", Value: at + 1}}}})
		if err != nil {
			return fmt.Errorf("write schema number: %w", outage(err))
		}
	}
	return s.index(ctx)
}

// exists refuses a database that is empty or of another schema, and leaves it as
// it is.
func (s *Store) exists(ctx context.Context) error {
	newest := int64(len(steps()) + 1)
	schema, err := s.recall(ctx, metaSchema)
	if err != nil {
		return fmt.Errorf("read schema number: %w", err)
	}
	if at, ok := schema.AsInt64OK(); !ok || at != newest {
		return fmt.Errorf("database has schema %v, this version reads %d: an older one is changed by the start of an engine", schema, newest)
	}
	return nil
}

// remember writes a value under a name unless there is one, and returns the one
// that stands.
func (s *Store) remember(ctx context.Context, name string, value any) (bson.RawValue, error) {
	found, err := s.recall(ctx, name)
	if !errors.Is(err, persistence.ErrNotFound) {
		return found, err
	}
	_, err = s.meta.InsertOne(ctx, bson.D{{Key: "_id", Value: name}, {Key: "value", Value: value}})
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return bson.RawValue{}, outage(err)
	}
	return s.recall(ctx, name)
}

func (s *Store) recall(ctx context.Context, name string) (bson.RawValue, error) {
	raw, err := s.meta.FindOne(ctx, bson.D{{Key: "_id", Value: name}}).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return bson.RawValue{}, persistence.ErrNotFound
	}
	if err != nil {
		return bson.RawValue{}, outage(err)
	}
	return raw.Lookup("value"), nil
}

// History is the identity of the log these documents follow; ErrNotFound when
// none was given yet.
func (s *Store) History(ctx context.Context) (string, error) {
	value, err := s.recall(ctx, metaHistory)
	if err != nil {
		return "", fmt.Errorf("read history id: %w", err)
	}
	id, _ := value.StringValueOK()
	return id, nil
}

// SetHistory gives the identity unless there is one, and returns the one that
// stands: it is the caller's to refuse a journal of another history.
func (s *Store) SetHistory(ctx context.Context, id string) (string, error) {
	value, err := s.remember(ctx, metaHistory, id)
	if err != nil {
		return "", fmt.Errorf("write history id: %w", err)
	}
	stands, _ := value.StringValueOK()
	return stands, nil
}
