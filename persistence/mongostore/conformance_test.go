package mongostore_test

import (
	"context"
	"testing"
	"time"

	"heard/persistence"
	"heard/persistence/conformance"
	"heard/persistence/mongostore"
	"heard/persistence/mongotest"
)

// patience bounds calls that should succeed, on a machine that has much to do.
const patience = time.Minute

func open(t *testing.T, s *mongotest.Server, uri, database string) *mongostore.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	store, err := mongostore.Open(ctx, mongostore.Options{URI: uri, Database: database, BulkOps: s.BulkOps()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close(context.Background()) })
	return store
}

func TestStoreConforms(t *testing.T) {
	server := mongotest.Start(t)
	run := conformance.RunSmallStore
	if server.Real {
		run = conformance.RunStore
	}
	run(t, func(t *testing.T) (persistence.Store, func() persistence.Store) {
		database := server.Database()
		store := open(t, server, server.URI, database)
		return store, func() persistence.Store {
			if err := store.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			store = open(t, server, server.URI, database)
			return store
		}
	})
}
