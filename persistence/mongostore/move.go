package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence"
)

// Move is what a move of everything, to here or away, has come to.
type Move string

// What a store may be in. Only a settled one is served.
const (
	Settled  Move = ""         // no move concerns it
	Arriving Move = "arriving" // it has a part of what it will have
	Leaving  Move = "leaving"  // what is written from now on may not be moved
	Left     Move = "left"     // it is all elsewhere
)

const metaMove = "move"

// Move reports whether a move concerns the store.
func (s *Store) Move(ctx context.Context) (Move, error) {
	value, err := s.recall(ctx, metaMove)
	if errors.Is(err, persistence.ErrNotFound) {
		return Settled, nil
	}
	if err != nil {
		return Settled, fmt.Errorf("read whether a move is under way: %w", err)
	}
	move, _ := value.StringValueOK()
	return Move(move), nil
}

// SetMove notes what a move does to the store.
func (s *Store) SetMove(ctx context.Context, move Move) error {
	if _, err := s.remember(ctx, metaMove, string(move)); err != nil {
		return fmt.Errorf("write that a move is under way: %w", err)
	}
	_, err := s.meta.UpdateOne(ctx, bson.D{{Key: "_id", Value: metaMove}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "value", Value: string(move)}}}})
	if err != nil {
		return fmt.Errorf("write that a move is under way: %w", outage(err))
	}
	return nil
}
