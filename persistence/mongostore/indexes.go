package mongostore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Every index begins with the organisation, because every question is one
// organisation's. None is unique but _id: the drain must never be refused.
var (
	orderIndexes = []bson.D{
		{{Key: "organization_id", Value: 1}, {Key: "number", Value: -1}}, // searches of text, types
		{{Key: "organization_id", Value: 1}, {Key: "active", Value: 1}, {Key: "number", Value: -1}},
		{{Key: "organization_id", Value: 1}, {Key: "status", Value: 1}, {Key: "number", Value: -1}},
		{{Key: "organization_id", Value: 1}, {Key: "table_id", Value: 1}, {Key: "number", Value: -1}},
		{{Key: "organization_id", Value: 1}, {Key: "waiter_id", Value: 1}, {Key: "number", Value: -1}},
		// A span of days far back must not be searched for from today.
		{{Key: "organization_id", Value: 1}, {Key: "created_at", Value: -1}, {Key: "number", Value: -1}},
		// Pollers ask every few seconds what changed, mostly nothing.
		{{Key: "organization_id", Value: 1}, {Key: "updated_at", Value: -1}},
	}
	journalIndexes = []bson.D{
		{{Key: "organization_id", Value: 1}, {Key: "events.order_id", Value: 1}}, // timelines
		{{Key: "organization_id", Value: 1}, {Key: "keys.at", Value: 1}},         // the last day's keys
	}
)

// index makes the indexes that are missing; a database that has all is only asked.
func (s *Store) index(ctx context.Context) error {
	for _, c := range []struct {
		collection *mongo.Collection
		keys       []bson.D
	}{{s.orders, orderIndexes}, {s.journal, journalIndexes}} {
		if err := ensure(ctx, c.collection, c.keys); err != nil {
			return fmt.Errorf("make indexes of %s: %w", c.collection.Name(), outage(err))
		}
	}
	return nil
}

func ensure(ctx context.Context, c *mongo.Collection, indexes []bson.D) error {
	there, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return err
	}
	var missing []mongo.IndexModel
	for _, keys := range indexes {
		name := indexName(keys)
		if !slices.ContainsFunc(there, func(i mongo.IndexSpecification) bool { return i.Name == name }) {
			missing = append(missing, mongo.IndexModel{Keys: keys, Options: options.Index().SetName(name)})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.Indexes().CreateMany(ctx, missing)
	return err
}

// indexName is the name the shell would give.
func indexName(keys bson.D) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s_%v", k.Key, k.Value)
	}
	return strings.Join(parts, "_")
}
