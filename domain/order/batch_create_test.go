package order

import (
	"encoding/json"
	"strings"
	"testing"

	"heard/domain"
)

func TestBatchTakesAThousandOrders(t *testing.T) {
	w := india(t)
	batch := func(n int) *BatchCreate { return &BatchCreate{Orders: make([]Create, n)} }
	for n, want := range map[int]string{0: "VALIDATION_ERROR orders", 1: "accepted", MaxBatchOrders: "accepted", MaxBatchOrders + 1: "VALIDATION_ERROR orders"} {
		if got := blamed(batch(n).Check(w.meta(domain.Waiter), false)); got != want {
			t.Errorf("%d orders: %s", n, got)
		}
	}
	if got := blamed(batch(1).Check(w.meta(domain.Kitchen), false)); got != "FORBIDDEN" {
		t.Errorf("the kitchen: %s", got)
	}
}

// One batch, one key: a row's own is never ignored in silence.
func TestRowsHaveNoKeyOfTheirOwn(t *testing.T) {
	w := india(t)
	for _, c := range []struct {
		row   Create
		keyed bool
		want  string
	}{
		{Create{Keyed: domain.Keyed{IdempotencyKey: "k"}}, false, "VALIDATION_ERROR orders[1].idempotency_key"},
		{Create{Keyed: domain.Keyed{IdempotencyKey: "k"}}, true, "VALIDATION_ERROR orders[1].idempotency_key"},
		{Create{ClientOrderID: "c"}, false, "VALIDATION_ERROR orders[1].client_order_id"},
		{Create{ClientOrderID: "c"}, true, "accepted"},
	} {
		batch := &BatchCreate{Orders: []Create{{}, c.row}}
		if got := blamed(batch.Check(w.meta(domain.Waiter), c.keyed)); got != c.want {
			t.Errorf("%+v, keyed %v: got %s, want %s", c.row, c.keyed, got, c.want)
		}
	}
}

func TestBatchAnswerHasEveryRowInItsPlace(t *testing.T) {
	sold := domain.Blame(domain.ItemSoldOut, "items[0].menu_item_id", "Soup is sold out")
	result := &BatchResult{Placed: 2, Refused: []RefusedRow{{0, sold}, {3, domain.Refuse(domain.Forbidden, "No")}}}
	kept, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	var back BatchResult
	if err := json.Unmarshal(kept, &back); err != nil {
		t.Fatal(err)
	}
	got := string(back.AppendAnswer(nil, []PlacedRow{{"a", []byte(`{"id":"a"}`)}, {"b", []byte(`{"id":"b"}`)}}))
	want := `{"results":[{"code":"ITEM_SOLD_OUT","detail":"items[0].menu_item_id: Soup is sold out","errors":[{"field":"items[0].menu_item_id","detail":"Soup is sold out"}]},` +
		`{"order_id":"a","status":"pending","version":1,"order":{"id":"a"}},{"order_id":"b","status":"pending","version":1,"order":{"id":"b"}},{"code":"FORBIDDEN","detail":"No"}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKitchenSeesNoPaymentInABatch(t *testing.T) {
	w := india(t)
	one := w.in(t, Pending).AppendJSON(nil)
	evil := w.do(t, nil, domain.Waiter, "order.create", `{"customer_name":",\"payment_status\":\"paid\"}","items":[{"name":"}","quantity":1,"price":1}]}`).Next.AppendJSON(nil)
	result := &BatchResult{Placed: 3}
	answer := result.AppendAnswer(nil, []PlacedRow{{"a", one}, {"b", evil}, {"c", one}})
	seen := View(domain.Kitchen, answer)
	var whole struct {
		Results []struct{ Order map[string]any }
	}
	if err := json.Unmarshal(seen, &whole); err != nil || len(whole.Results) != 3 {
		t.Fatalf("%v: %s", err, seen)
	}
	for _, row := range whole.Results {
		if _, there := row.Order["payment_status"]; there || row.Order["updated_at"] == nil {
			t.Errorf("the kitchen sees %v", row.Order)
		}
	}
	if string(View(domain.Waiter, answer)) != string(answer) || strings.Count(string(answer), `,"payment_status":`) != 3 {
		t.Error("others see less")
	}
	if got := View(domain.Kitchen, one); string(got) != string(one[:strings.LastIndex(string(one), paymentMember)])+"}" {
		t.Errorf("one image: %s", got)
	}
}
