package mongostore

import (
	"encoding/json"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence/mongotest"
)

// TestOldMenuIsReadExactly reads items as other systems keep them, each with
// the types they chose.
func TestOldMenuIsReadExactly(t *testing.T) {
	for stored, want := range map[string]string{
		`{"_id":{"$oid":"65a1b2c3d4e5f60718293a4b"},"name":"Naan","price":40}`:                      `{"id":"65a1b2c3d4e5f60718293a4b","name":"Naan","price":40}`,
		`{"_id":1,"id":"n-1","name":" Naan ","category":"Bread","price":40.55,"available":true}`:    `{"id":"n-1","name":"Naan","category":"Bread","price":40.55,"available":true}`,
		`{"_id":12,"name":"Thali","price":{"$numberDecimal":"249.50"},"is_available":0}`:            `{"id":"12","name":"Thali","price":249.5,"available":false}`,
		`{"_id":"x","name":"Chai","price":"20.00","available":"no","station":"bar"}`:                `{"id":"x","name":"Chai","price":20,"available":false,"station":"bar"}`,
		`{"_id":"x","name":"Sum","price":0.30000000000000004}`:                                      `{"id":"x","name":"Sum","price":0.3}`,
		`{"_id":"x","name":"Minor","price_minor":{"$numberLong":"9007199254740993"},"price":1}`:     `{"id":"x","name":"Minor","price_minor":9007199254740993}`,
		`{"_id":"x","name":"Null","price":{"$numberLong":"1"},"category":null,"available":null}`:    `{"id":"x","name":"Null","price":1}`,
		`{"_id":"x","item_id":7,"name":"Other names","price":1,"in_stock":1,"kitchen_station":"x"}`: `{"id":"7","name":"Other names","price":1,"available":true,"station":"x"}`,
	} {
		item, err := menuItem(encoded(t, stored))
		if err != nil {
			t.Errorf("%s: %v", stored, err)
			continue
		}
		if got, err := json.Marshal(item); err != nil || string(got) != want {
			t.Errorf("%s is read as\n %s\nnot %s", stored, got, want)
		}
	}
}

// encoded is a document given as extended JSON: {"$oid":…}, {"$numberDecimal":…}.
func encoded(t *testing.T, text string) bson.Raw {
	t.Helper()
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), false, &d); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestItemsThatCannotBeKeptAreNamed(t *testing.T) {
	for _, stored := range []string{
		`{"_id":"x","name":"no price"}`,
		`{"_id":"x","name":"bad price","price":"about 5"}`,
		`{"_id":"x","name":"below zero","price":-1}`,
		`{"_id":"x","name":"no number","price":{}}`,
		`{"_id":"x","name":"no amount","price":{"$numberDouble":"NaN"}}`,
		`{"_id":"x\u0001y","name":"bad id","price":1}`,
		`{"_id":"x","name":"  ","price":1}`,
		`{"_id":"x","name":"control","price":1,"category":"a\u0001b"}`,
	} {
		if got, err := menuItem(encoded(t, stored)); err == nil {
			t.Errorf("%s is read as %+v", stored, got)
		}
	}
}

func TestInitialMenuIsTheOrganisationsOwn(t *testing.T) {
	server := mongotest.Start(t)
	database := server.Database()
	s := opened(t, server, database)
	if items, skipped, err := s.InitialMenu(t.Context(), "mine"); err != nil || len(items)+len(skipped) != 0 {
		t.Fatalf("no menu: %v, %v, %v", items, skipped, err)
	}
	const object = "65a1b2c3d4e5f60718293a4b"
	var rows []bson.Raw
	for _, stored := range []string{
		`{"_id":"b","organization_id":"mine","name":"Naan","price":40}`,
		`{"_id":"a","org_id":"mine","name":"Chai","price":"20.5"}`,
		`{"_id":"c","organization_id":"theirs","name":"Tea","price":1}`,
		`{"_id":"d","organization_id":"mine","name":"Odd"}`,
		`{"_id":"e","organization_id":"mine","id":"b","name":"Twin","price":1}`,
		`{"_id":"f","organization_id":{"$oid":"` + object + `"},"name":"By object","price":3}`,
	} {
		rows = append(rows, encoded(t, stored))
	}
	if _, err := server.Client().Database(database).Collection("menu_items").InsertMany(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	items, skipped, err := s.InitialMenu(t.Context(), "mine")
	if err != nil || len(items) != 2 || items[0].Name != "Chai" || items[1].Name != "Naan" {
		t.Errorf("menu %+v, %v", items, err)
	}
	if len(skipped) != 2 || !strings.Contains(skipped[0], "price") || !strings.Contains(skipped[1], "twice") {
		t.Errorf("skipped %q", skipped)
	}
	if items, _, err := s.InitialMenu(t.Context(), object); err != nil || len(items) != 1 || items[0].Name != "By object" {
		t.Errorf("menu of an organisation with an object id: %+v, %v", items, err)
	}
}
