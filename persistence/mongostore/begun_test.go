package mongostore

import (
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence"
	"heard/persistence/mongotest"
)

// TestExistingMakesNothing: neither where nothing is, nor where something is.
func TestExistingMakesNothing(t *testing.T) {
	server := mongotest.Start(t)
	o := Options{URI: server.URI, Database: server.Database(), BulkOps: server.BulkOps(), Existing: true}
	if _, err := Open(t.Context(), o); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("nothing was opened: %v", err)
	}
	if names, err := server.Client().Database(o.Database).ListCollectionNames(t.Context(), bson.D{}); err != nil || len(names) != 0 {
		t.Errorf("collections %v, %v", names, err)
	}
	opened(t, server, o.Database)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	if _, err := s.meta.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: metaSchema}}, bson.D{{Key: "$set", Value: bson.D{{Key: "value", Value: int64(9)}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "schema") {
		t.Errorf("another schema was opened: %v", err)
	}
}

// TestRestoreIsMarkedUntilItHasTheHistory: an attempt that was interrupted goes
// on under the history it began with.
func TestRestoreIsMarkedUntilItHasTheHistory(t *testing.T) {
	server := mongotest.Start(t)
	s := opened(t, server, server.Database())
	if _, err := s.SetHistory(t.Context(), "old"); err != nil {
		t.Fatal(err)
	}
	restoring := func(want string) {
		t.Helper()
		if id, err := s.Restoring(t.Context()); err != nil || id != want {
			t.Errorf("restoring %q, %v, want %q", id, err, want)
		}
	}
	restoring("")
	for _, given := range []string{"new", "newer"} {
		if id, err := s.BeginRestore(t.Context(), given); err != nil || id != "new" {
			t.Errorf("%q begins as %q, %v", given, id, err)
		}
		restoring("new")
	}
	for range 2 {
		if err := s.EndRestore(t.Context(), "new"); err != nil {
			t.Fatal(err)
		}
		restoring("")
		if id, err := s.History(t.Context()); err != nil || id != "new" {
			t.Errorf("history %q, %v", id, err)
		}
	}
}
