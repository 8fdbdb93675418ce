package mongostore

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/persistence"
)

// Orders implements persistence.Store. Pages follow each other by number, so
// each is read from an index and none is counted past.
func (s *Store) Orders(ctx context.Context, sel persistence.Selection) ([]persistence.Document, error) {
	filter, sort, possible := question(sel)
	if !possible {
		return nil, nil
	}
	var rows []orderRow
	o := options.Find().SetSort(sort).SetLimit(int64(sel.Filter.LimitRows)).SetProjection(orderColumns)
	if err := all(ctx, s.orders, filter, o, &rows); err != nil {
		return nil, fmt.Errorf("list orders of %s: %w", sel.Org, blame(sel.Org, err))
	}
	return documents(rows), nil
}

// question puts a selection into MongoDB's words; possible is false when no
// order can match, since no stored text is other than UTF-8.
func question(sel persistence.Selection) (filter, sort bson.D, possible bool) {
	f := &sel.Filter
	possible = f.LimitRows > 0
	filter = bson.D{{Key: "organization_id", Value: sel.Org}}
	add := func(name string, value any) { filter = append(filter, bson.E{Key: name, Value: value}) }
	if sel.Active {
		add("active", true)
	}
	if len(f.Status) > 0 {
		add("status", bson.D{{Key: "$in", Value: f.Status}})
	}
	for _, field := range [...]struct{ name, value string }{
		{"table_id", f.TableID}, {"waiter_id", f.WaiterID}, {"order_type", f.OrderType},
	} {
		if field.value != "" {
			add(field.name, field.value)
			possible = possible && utf8.ValidString(field.value)
		}
	}
	if f.Text != "" {
		add("text", bson.Regex{Pattern: literally(strings.ToLower(f.Text))})
		possible = possible && utf8.ValidString(f.Text)
	}
	if f.Before > 0 {
		add("number", bson.D{{Key: "$lt", Value: int64(min(f.Before, math.MaxInt64))}})
	}
	if f.UpdatedMS > 0 {
		add("updated_at", bson.D{{Key: "$gte", Value: bson.DateTime(f.UpdatedMS)}})
	}
	sort = bson.D{{Key: "number", Value: -1}}
	if span := created(f.CreatedFromMS, f.CreatedToMS); span != nil {
		add("created_at", span)
		// The same order, since times never fall as numbers rise, but from an
		// index that begins where the span does.
		sort = bson.D{{Key: "created_at", Value: -1}, {Key: "number", Value: -1}}
	}
	return filter, sort, possible
}

func created(fromMS, toMS int64) (span bson.D) {
	if fromMS > 0 {
		span = append(span, bson.E{Key: "$gte", Value: bson.DateTime(fromMS)})
	}
	if toMS > 0 {
		span = append(span, bson.E{Key: "$lt", Value: bson.DateTime(toMS)})
	}
	return span
}

// literally is a pattern that matches a text as it is. BSON's patterns end at a
// zero byte.
func literally(text string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(text), "\x00", `\x00`)
}
