package mongostore_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence"
	"heard/persistence/mongotest"
)

// TestOrderCanBeReadByPeople looks at the document as Compass would: REST's
// names, money in whole minor units to the last digit, dates, and no float.
func TestOrderCanBeReadByPeople(t *testing.T) {
	server := mongotest.Start(t)
	database := server.Database()
	store := open(t, server, server.URI, database)
	const body = `{"id":"o1","order_id":"o1","number":7,"organization_id":"a","items":[{"line_id":"l1","quantity":1.5,"price":0.10,"price_minor":10,` +
		`"modifiers":[{"name":"extra <hot> é","price":9007199254740993.05,"price_minor":900719925474099305}]}],` +
		`"total":-92233720368547758.08,"total_minor":-9223372036854775808,"tax_rate":12.5,"paid":true,"notes":null,"status":"an old one","payment_status":"unpaid"}`
	d := persistence.Document{
		ID: "o1", Number: 7, Version: 3, Status: "ready", Active: true, TableID: "t1", WaiterID: "ana", Type: "dine_in",
		CreatedMS: 1_700_000_000_123, UpdatedMS: 1_700_000_000_456, Text: "7\nt1", Body: []byte(body),
	}
	apply(t, store, persistence.Window{Org: "a", Epoch: 1, Through: persistence.Chain{Seq: 3}, Orders: []persistence.Document{d}})
	raw, err := server.Client().Database(database).Collection("orders").FindOne(t.Context(), bson.D{{Key: "_id", Value: "a/o1"}}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"organization_id": "a", "order_id": "o1", "number": int64(7), "version": int64(3), "status": "ready", "active": true,
		"created_at": time.UnixMilli(1_700_000_000_123).UTC(), "updated_at": time.UnixMilli(1_700_000_000_456).UTC(),
		"total": "-92233720368547758.08", "total_minor": int64(math.MinInt64), "tax_rate": "12.5", "paid": true,
		"items.0.quantity": "1.5", "items.0.price": "0.10", "items.0.price_minor": int64(10),
		"items.0.modifiers.0.price_minor": int64(900719925474099305), "items.0.modifiers.0.name": "extra <hot> é",
		"payment_status": "unpaid", "image": body,
	} {
		equal(t, path, plain(raw.Lookup(strings.Split(path, ".")...)), want)
	}
	noFloats(t, "order", bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: raw})
	stored, err := store.Order(t.Context(), "a", "o1")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "order", stored, d)
}

func plain(v bson.RawValue) any {
	switch v.Type {
	case bson.TypeString:
		return v.StringValue()
	case bson.TypeInt64:
		return v.Int64()
	case bson.TypeBoolean:
		return v.Boolean()
	case bson.TypeDateTime:
		return v.Time().UTC()
	}
	return v.Type.String()
}

func noFloats(t *testing.T, path string, v bson.RawValue) {
	t.Helper()
	if v.Type == bson.TypeDouble || v.Type == bson.TypeDecimal128 {
		t.Errorf("%s is a %s", path, v.Type)
	}
	var inner bson.Raw
	if doc, ok := v.DocumentOK(); ok {
		inner = doc
	} else if array, ok := v.ArrayOK(); ok {
		inner = bson.Raw(array)
	}
	if inner == nil {
		return
	}
	elements, err := inner.Elements()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range elements {
		noFloats(t, path+"."+e.Key(), e.Value())
	}
}

// TestArchiveKeepsEveryByte keeps an entry that is no text, and a large one.
func TestArchiveKeepsEveryByte(t *testing.T) {
	server := mongotest.Start(t)
	store := open(t, server, server.URI, server.Database())
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	want := []persistence.Entry{
		{Org: "a", Epoch: 1, First: 1, Last: 3, Data: bytes},
		{Org: "a", Epoch: 2, First: 4, Last: 4, Data: []byte(`{"records":[{"event":{"total":52.50,"name":"é\u2028\\"}}]}`)},
		{Org: "a", Epoch: 2, First: 5, Last: 9, Data: []byte(strings.Repeat("0123456789", 20_000))},
	}
	apply(t, store, persistence.Window{Org: "a", Epoch: 2, Through: persistence.Chain{Seq: 9}, Entries: want})
	for after, from := range map[uint64]int{0: 0, 2: 0, 3: 1, 4: 2, 8: 2, 9: 3} {
		var got []persistence.Entry
		if err := store.Archive(t.Context(), "a", after, func(e persistence.Entry) error { got = append(got, e); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want)-from {
			t.Fatalf("after %d: %d entries", after, len(got))
		}
		for i := range got {
			equal(t, "entry", got[i], want[from+i])
		}
	}
}
