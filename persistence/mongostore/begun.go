package mongostore

import (
	"context"
	"errors"
	"fmt"

	"heard/persistence"
)

// metaBegun marks a store whose journal was made. Before it an empty journal is
// a new one; after it, a lost one.
const metaBegun = "begun"

// Begun reports whether the store's journal was made.
func (s *Store) Begun(ctx context.Context) (bool, error) {
	_, err := s.recall(ctx, metaBegun)
	if errors.Is(err, persistence.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read whether the journal was made: %w", err)
	}
	return true, nil
}

// Begin notes that the journal was made; it may be repeated.
func (s *Store) Begin(ctx context.Context) error {
	if _, err := s.remember(ctx, metaBegun, true); err != nil {
		return fmt.Errorf("write that the journal was made: %w", err)
	}
	return nil
}
