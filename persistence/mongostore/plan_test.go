package mongostore

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/mongotest"
)

// TestEveryQuestionUsesAnIndex asks a real server for its plans.
func TestEveryQuestionUsesAnIndex(t *testing.T) {
	server := mongotest.Start(t)
	if !server.Real {
		t.Skipf("SKIP: query plans are not measured: FerretDB has none, and %s is not set", mongotest.Variable)
	}
	s := opened(t, server, server.Database())
	fill(t, s)
	for _, f := range []domain.Filter{
		{}, {Status: []string{"ready", "served"}}, {TableID: "t3"}, {WaiterID: "ana"}, {OrderType: "dine_in"}, {Text: "naan"},
		{UpdatedMS: 1_700_000_000_900}, {CreatedFromMS: 1_700_000_000_200, CreatedToMS: 1_700_000_000_300}, {Status: []string{"ready"}, Before: 500},
	} {
		f.LimitRows = 20
		filter, sort, _ := question(persistence.Selection{Org: "a", Filter: f})
		explain(t, s, "orders", bson.D{{Key: "filter", Value: filter}, {Key: "sort", Value: sort}, {Key: "limit", Value: 20}})
	}
	filter, sort, _ := question(persistence.Selection{Org: "a", Active: true, Filter: domain.Filter{LimitRows: 20}})
	explain(t, s, "orders", bson.D{{Key: "filter", Value: filter}, {Key: "sort", Value: sort}, {Key: "limit", Value: 20}})
	explain(t, s, "journal", bson.D{{Key: "filter", Value: bson.D{{Key: "organization_id", Value: "a"}, {Key: "events.order_id", Value: "o7"}}}})
	explain(t, s, "journal", bson.D{{Key: "filter", Value: bson.D{{Key: "organization_id", Value: "a"}, {Key: "keys.at", Value: bson.D{{Key: "$gte", Value: bson.DateTime(0)}}}}}})
	span := bson.D{{Key: "$gt", Value: entryID("a", 5)}, {Key: "$lte", Value: entryID("a", 1<<62)}}
	explain(t, s, "journal", bson.D{{Key: "filter", Value: bson.D{{Key: "_id", Value: span}}}, {Key: "sort", Value: bson.D{{Key: "_id", Value: 1}}}, {Key: "limit", Value: 20}})
}

func fill(t *testing.T, s *Store) {
	t.Helper()
	const orders = 1000
	w := persistence.Window{Org: "a", Epoch: 1, Through: persistence.Chain{Seq: orders}}
	for n := uint64(1); n <= orders; n++ {
		at := int64(1_700_000_000_000 + n)
		id := fmt.Sprint("o", n)
		w.Orders = append(w.Orders, persistence.Document{
			ID: id, Number: n, Version: 1, Status: [...]string{"ready", "served", "completed"}[n%3], Active: n%3 != 2, TableID: fmt.Sprint("t", n%20),
			WaiterID: "ana", Type: "dine_in", CreatedMS: at, UpdatedMS: at, Text: fmt.Sprint(n, " naan"), Body: []byte("{}"),
		})
		w.Entries = append(w.Entries, persistence.Entry{Org: "a", Epoch: 1, First: n, Last: n, Data: []byte("{}")})
		w.Events = append(w.Events, persistence.Event{Order: id, Version: 1, Seq: n, AtMS: at})
		w.Keys = append(w.Keys, persistence.KeyRow{Hash: domain.Fingerprint{byte(n), byte(n >> 8)}, Seq: n, AtMS: at})
	}
	if err := s.Apply(t.Context(), []persistence.Window{w}); err != nil {
		t.Fatal(err)
	}
}

func explain(t *testing.T, s *Store, collection string, find bson.D) {
	t.Helper()
	command := bson.D{{Key: "explain", Value: append(bson.D{{Key: "find", Value: collection}}, find...)}, {Key: "verbosity", Value: "queryPlanner"}}
	raw, err := s.orders.Database().RunCommand(t.Context(), command).Raw()
	if err != nil {
		t.Fatalf("explain %v: %v", find, err)
	}
	plan := raw.Lookup("queryPlanner", "winningPlan").String()
	t.Logf("%v: %s", find, plan)
	if strings.Contains(plan, "COLLSCAN") || !strings.Contains(plan, "IXSCAN") && !strings.Contains(plan, "IDHACK") {
		t.Errorf("%v has the plan %s", find, plan)
	}
}
