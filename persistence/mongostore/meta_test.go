package mongostore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"heard/persistence"
	"heard/persistence/mongotest"
)

func opened(t *testing.T, server *mongotest.Server, database string) *Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := Open(ctx, Options{URI: server.URI, Database: database, BulkOps: server.BulkOps()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func TestHistoryIsGivenOnce(t *testing.T) {
	server := mongotest.Start(t)
	s := opened(t, server, server.Database())
	if id, err := s.History(t.Context()); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("history of a new database: %q, %v", id, err)
	}
	for _, given := range []string{"first", "second"} {
		if id, err := s.SetHistory(t.Context(), given); err != nil || id != "first" {
			t.Errorf("history after %q was given: %q, %v", given, id, err)
		}
	}
	if id, err := s.History(t.Context()); err != nil || id != "first" {
		t.Errorf("history: %q, %v", id, err)
	}
}

// TestSchemaIsBroughtUpToDate runs a step on a database of the schema before,
// once, and refuses one that is newer.
func TestSchemaIsBroughtUpToDate(t *testing.T) {
	server := mongotest.Start(t)
	database := server.Database()
	s := opened(t, server, database)
	ran := 0
	greet := func(ctx context.Context, db *mongo.Database) error {
		ran++
		_, err := db.Collection("meta").InsertOne(ctx, bson.D{{Key: "_id", Value: "greeting"}, {Key: "value", Value: "hello"}})
		return err
	}
	for range 2 {
		if err := s.prepare(t.Context(), append(steps(), greet)); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := s.recall(t.Context(), "greeting"); err != nil || ran != 1 || v.StringValue() != "hello" {
		t.Errorf("ran %d times: %v, %v", ran, v, err)
	}
	_, err := Open(t.Context(), Options{URI: server.URI, Database: database})
	if err == nil || !strings.Contains(err.Error(), "schema") {
		t.Errorf("a newer database was opened: %v", err)
	}
}
