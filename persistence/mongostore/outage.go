package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"heard/persistence"
)

// outage marks errors that come from a server that cannot be reached, does not
// answer in time or is not primary now; others are returned as they are.
func outage(err error) error {
	if err == nil || errors.Is(err, persistence.ErrUnavailable) {
		return err
	}
	if mongo.IsTimeout(err) || mongo.IsNetworkError(err) || away(err) || retryable(err) {
		return fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
	}
	return err
}

// blame says whose document an error is about: what is neither an outage nor the
// server's word is that it cannot be read.
func blame(org string, err error) error {
	var said mongo.ServerError
	if err == nil || errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrNotFound) || errors.As(err, &said) {
		return err
	}
	return persistence.DamageOf(org, 0, "MongoDB", err)
}

func away(err error) bool {
	var selection topology.ServerSelectionError
	var connection topology.ConnectionError
	return errors.As(err, &selection) || errors.As(err, &connection) || errors.Is(err, mongo.ErrClientDisconnected) || errors.Is(err, context.Canceled)
}

// retryable is what servers call stepping down, starting and shutting down.
func retryable(err error) bool {
	var labeled mongo.LabeledError
	return errors.As(err, &labeled) && (labeled.HasErrorLabel("RetryableWriteError") || labeled.HasErrorLabel("RetryableError"))
}

// isDuplicate reports that a document with this _id is there already.
func isDuplicate(e mongo.WriteError) bool {
	return e.Code == 11000 || e.Code == 11001 || e.Code == 12582
}
