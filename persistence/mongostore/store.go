// Package mongostore keeps documents, the archived log and watermarks in
// MongoDB. It is a persistence.Store; the journal before it is another's.
//
// What is where, and how somebody with Compass reads it:
//
//   - orders: one document an order, "org/id". The members of the order's JSON
//     under the names REST gives them, whole numbers as 64-bit integers and all
//     other numbers as their exact text ("52.50"), so that nothing passes
//     through a float: count money by the *_minor members. created_at and
//     updated_at are dates. Beside them active, text (what searches look in)
//     and image, the very bytes clients get.
//   - organizations: one an organisation: how far the store has followed its
//     log (seq, hash), under which epoch, and outlet, its settings and menu as
//     JSON. Both are one document because recovery replays the log onto outlet:
//     they must never be of two moments.
//   - journal: one an archived entry of the log, "org/last sequence in 20
//     digits": data is its exact bytes. What timelines and idempotency keys need
//     of it stands beside them, indexed, so that one insert carries all three
//     and nothing is ever deleted.
//   - meta: the schema number and the identity of the log's history.
//   - menu_items: another system's, only read.
//
// image, outlet and data are text where the bytes are UTF-8, which JSON is:
// readable, and exact all the same. A change made by hand to another member of
// an order changes no answer and is gone with the order's next version.
//
// Only what every server since 4.4 does alike is used: no transaction, no
// upsert under a guard, no update pipeline.
package mongostore

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"heard/persistence"
)

// Options say where the database is.
type Options struct {
	URI      string
	Database string // "" = the URI's, else "heard"
	BulkOps  int    // most statements of one bulk; 0 = 500

	// Existing opens what is there and makes nothing: no collection, no index.
	Existing bool
}

const (
	defaultDatabase  = "heard"
	defaultBulkOps   = 500
	selectionTimeout = 3 * time.Second // until a server that is down is an error
	maxDocumentBytes = 16 << 20        // of MongoDB
)

// Store is a persistence.Store. Its methods may be called from many goroutines,
// and several processes may apply the same windows at once. How long a call may
// take is its context's to say.
type Store struct {
	client        *mongo.Client
	bulkOps       int
	sent          *counter
	orders        *mongo.Collection
	organizations *mongo.Collection
	journal       *mongo.Collection
	meta          *mongo.Collection
	menu          *mongo.Collection
}

var _ persistence.Store = (*Store)(nil)

// CheckURI refuses a URI that Open would refuse, without connecting.
func CheckURI(uri string) error {
	_, err := parse(uri)
	return err
}

func parse(uri string) (*connstring.ConnString, error) {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return nil, fmt.Errorf("mongo URI: %w", err)
	}
	return parsed, nil
}

// Open connects and prepares the database. Errors: persistence.ErrUnavailable
// when no primary answers; persistence.ErrNotFound when only what exists is
// wanted and nothing does; a clear error when a newer version wrote it.
func Open(ctx context.Context, o Options) (*Store, error) {
	uri, err := parse(o.URI)
	if err != nil {
		return nil, err
	}
	if o.Database == "" {
		if o.Database = uri.Database; o.Database == "" {
			o.Database = defaultDatabase
		}
	}
	if o.BulkOps <= 0 {
		o.BulkOps = defaultBulkOps
	}
	sent := new(counter)
	client, err := mongo.Connect(clientOptions(o.URI, sent))
	if err != nil {
		return nil, fmt.Errorf("connect to MongoDB: %w", err)
	}
	db := client.Database(o.Database)
	s := &Store{
		client: client, bulkOps: o.BulkOps, sent: sent,
		orders: db.Collection("orders"), organizations: db.Collection("organizations"),
		journal: db.Collection("journal"), meta: db.Collection("meta"), menu: db.Collection("menu_items"),
	}
	ready := func() error { return s.prepare(ctx, steps()) }
	if o.Existing {
		ready = func() error { return s.exists(ctx) }
	}
	if err := ready(); err != nil {
		_ = client.Disconnect(ctx)
		return nil, fmt.Errorf("open MongoDB database %s: %w", o.Database, err)
	}
	return s, nil
}

// clientOptions sets what durability rests on, whatever the URI says: a journal
// entry is trimmed once the watermark is written, so it must survive a failover.
func clientOptions(uri string, sent *counter) *options.ClientOptions {
	durable := writeconcern.Majority()
	journaled := true
	durable.Journal = &journaled
	return options.Client().ApplyURI(uri).
		SetAppName("heard").
		SetServerSelectionTimeout(selectionTimeout).
		SetConnectTimeout(selectionTimeout).
		SetWriteConcern(durable).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetMonitor(sent.monitor())
}

// Ping asks the primary whether it answers. Errors: persistence.ErrUnavailable.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx, readpref.Primary()); err != nil {
		return fmt.Errorf("ping MongoDB: %w", outage(err))
	}
	return nil
}

// Close ends all connections; calls under way fail.
func (s *Store) Close(ctx context.Context) error {
	if err := s.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("close MongoDB: %w", err)
	}
	return nil
}
