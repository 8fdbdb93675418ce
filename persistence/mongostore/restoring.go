package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence"
)

// metaRestoring marks a store whose journal is being made anew: it holds the
// history to come.
const metaRestoring = "restoring"

// Restoring is the history that a restore which was not finished gives; "" = none is.
func (s *Store) Restoring(ctx context.Context) (string, error) {
	value, err := s.recall(ctx, metaRestoring)
	if errors.Is(err, persistence.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read whether a restore is under way: %w", err)
	}
	id, _ := value.StringValueOK()
	return id, nil
}

// BeginRestore notes that the journal is being made anew under a history, and
// returns the one that stands: that of an earlier attempt goes on.
func (s *Store) BeginRestore(ctx context.Context, history string) (string, error) {
	value, err := s.remember(ctx, metaRestoring, history)
	if err != nil {
		return "", fmt.Errorf("write that a restore is under way: %w", err)
	}
	stands, _ := value.StringValueOK()
	return stands, nil
}

// EndRestore makes the history the store's. It may be repeated.
func (s *Store) EndRestore(ctx context.Context, history string) error {
	_, err := s.meta.UpdateOne(ctx, bson.D{{Key: "_id", Value: metaHistory}}, bson.D{{Key: "$set", Value: bson.D{{Key: "value", Value: history}}}})
	if err == nil {
		_, err = s.meta.DeleteOne(ctx, bson.D{{Key: "_id", Value: metaRestoring}})
	}
	if err != nil {
		return fmt.Errorf("write the history of the restored journal: %w", outage(err))
	}
	return nil
}
