package api_test

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
)

// A thousand orders are one call; the list has them, newest first, and the body
// takes both forms.
func TestBatchPlacesAThousandOrders(t *testing.T) {
	w := open(t).as(domain.Waiter)
	rows := strings.TrimSuffix(strings.Repeat(onePizza+",", 1000), ",")
	a := w.post("/api/orders/batch", `{"orders":[`+rows+`]}`).head("ETag", "").head("X-Ignored-Fields", "")
	if n := strings.Count(a.body, `,"status":"pending","version":1,"order":{`); n != 1000 {
		t.Fatalf("%d orders", n)
	}
	a.has("results.0.order.number", "1", "results.999.order.number", "1000", "results.0.order_id", a.raw("results.0.order.id"), "results.999.order.total", "10.50")
	w.get("/api/orders?limit=1").has("0.number", "1000", "0.id", a.raw("results.999.order_id"))
	w.get("/api/orders/" + a.text("results.500.order_id")).is(a.raw("results.500.order"))
	w.post("/api/orders/batch", "\n ["+onePizza+"]").has("results.0.order.number", "1001")
	w.do("POST", "/api/orders/batch", `{"orders":[`+rows+","+onePizza+`]}`).want(422, domain.ValidationError, "orders")
	w.do("POST", "/api/orders/batch", `{"orders":[]}`).want(422, domain.ValidationError, "orders")
	w.do("POST", "/api/orders/batch", "["+onePizza+"]", "If-Match", `"v1"`).want(400, domain.BadRequest, "If-Match")
	if n := w.get("/api/events?after=1000").rows(); len(n) != 1 {
		t.Errorf("%d events after 1000", len(n))
	}
}

// A row's refusal is what the single call says, code for code; the others are
// placed.
func TestRowsAreRefusedAsTheSingleCallRefuses(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	k.as(domain.Admin).put("/api/menu", `[{"id":"dosa","name":"Dosa","price":120}]`)
	bad := []string{
		`{"items":[]}`, `{"table_id":"a\u0007b","items":[{"name":"x","quantity":1,"price":1}]}`, `{"items":[{"name":"x","quantity":0,"price":1}]}`,
		`{"items":[{"menu_item_id":"dosa","quantity":1,"price":1}]}`, `{"items":[{"name":"x","quantity":1,"price":99999999999999999}]}`,
		`{"items":[{"name":"x","quantity":1,"price":1}],"discount_type":"bogo","discount_value":1}`,
	}
	rows := []string{onePizza}
	for _, row := range bad {
		rows = append(rows, row, onePizza)
	}
	a := w.post("/api/orders/batch", "["+strings.Join(rows, ",")+"]")
	for i, row := range bad {
		one := w.do("POST", "/api/orders", row)
		at := fmt.Sprint("results.", 2*i+1, ".")
		a.has(at+"code", `"`+string(one.problem.Code)+`"`, at+"detail", one.raw("detail"), at+"errors", one.raw("errors"), at+"order", "", at+"status", "")
		a.has(fmt.Sprint("results.", 2*i+2, ".order.number"), fmt.Sprint(i+2))
	}
	// the form of a row is the form of the body
	w.do("POST", "/api/orders/batch", `[`+onePizza+`,{"items":[{"name":"x","quantity":"two","price":1}]}]`).want(422, domain.ValidationError, "[1].items[0].quantity")
	w.do("POST", "/api/orders/batch", `{"orders":[`+onePizza+`,{"item":[]}]}`).want(422, domain.ValidationError, "orders[1].item")
	if n := len(w.get("/api/orders?status=all").rows()); n != 1+len(bad) {
		t.Errorf("%d orders", n)
	}
}

// Under the batch's key a row's client_order_id is the order's own; without one
// it is refused, for it would be a key that nobody keeps.
func TestClientOrderIDsInABatch(t *testing.T) {
	w := open(t).as(domain.Waiter)
	row := `{"client_order_id":"c1",` + onePizza[1:]
	w.do("POST", "/api/orders/batch", `{"orders":[`+onePizza+","+row+`]}`).want(422, domain.ValidationError, "orders[1].client_order_id")
	w.do("POST", "/api/orders/batch", `{"idempotency_key":"k","orders":[{"idempotency_key":"k2",`+onePizza[1:]+`]}`).want(422, domain.ValidationError, "orders[0].idempotency_key")
	first := w.post("/api/orders/batch", `{"idempotency_key":"k","orders":[`+row+`]}`).has("results.0.order.client_order_id", `"c1"`)
	w.post("/api/orders/batch", `{"idempotency_key":"k","orders":[`+row+`]}`).head("Idempotent-Replayed", "true").is(first.body)
	if n := len(w.get("/api/orders").rows()); n != 1 {
		t.Errorf("%d orders", n)
	}
}
