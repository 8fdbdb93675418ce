package api_test

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
)

func TestLinesAreAddedChangedAndRemoved(t *testing.T) {
	w := open(t).as(domain.Waiter)
	id := w.place(onePizza)
	at := "/api/orders/" + id + "/items"
	// each answers the whole order
	a := w.post(at, `{"items":[{"name":"Chai","quantity":2,"price":"12.50"},{"line_id":"mine","name":"Idli","quantity":1,"price_minor":4000}]}`)
	a.has("version", "2", "items.1.line_id", `"l2"`, "items.1.amount", "25.00", "items.2.line_id", `"mine"`, "items.2.price", "40.00", "lines_added", "3", "subtotal", "75.00", "total", "78.75", "status", `"pending"`)
	a.head("ETag", `"v2"`).is(w.get("/api/orders/" + id).body)
	a = w.do("PATCH", at+"/l2", `{"quantity":3,"notes":"hot","modifiers":[{"name":"masala","price":1}],"course":"first","seat":2,"price":"12"}`).ok()
	a.has("version", "3", "items.1.quantity", "3", "items.1.notes", `"hot"`, "items.1.modifiers", `[{"name":"masala","price":1.00,"price_minor":100}]`,
		"items.1.course", `"first"`, "items.1.seat", "2", "items.1.amount", "39.00", "subtotal", "89.00", "total_minor", "9345")
	a.head("ETag", `"v3"`).is(w.get("/api/orders/" + id).body)
	// what is not named stays, what is emptied goes
	w.do("PATCH", at+"/l2", `{"notes":"","modifiers":[],"seat":0}`).ok().has("version", "4", "items.1.notes", "", "items.1.modifiers", "", "items.1.seat", "", "items.1.quantity", "3", "items.1.course", `"first"`)
	w.do("DELETE", at+"/l1", "").ok().has("version", "5", "items.0.line_id", `"l2"`, "items.2", "", "subtotal", "76.00").head("ETag", `"v5"`)
	// a line's id is never used again
	w.post(at, `{"items":[{"name":"Vada","quantity":1,"price":1}]}`).has("items.2.line_id", `"l4"`, "lines_added", "4")
	w.do("DELETE", at+"/l1", "").want(404, domain.LineNotFound, "").detail("Line not found")
	if n := w.events(id); n != 6 {
		t.Errorf("%d events", n)
	}
}

func TestSecondRoundIsMarkedUntilItIsMade(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	at := "/api/orders/" + id
	w.put(at+"/status?status=served", "")
	// when
	w.post(at+"/items", `{"items":[{"name":"Chai","quantity":2,"price":12}]}`).has("status", `"preparing"`, "items.0.added", "", "items.1.added", "2", "version", "3")
	w.do("PATCH", at+"/items/l1", `{"quantity":1.5}`).ok().has("status", `"preparing"`, "items.0.added", "0.5")
	// then all who read it see the same, the kitchen too, and the timeline says what happened
	k.as(domain.Kitchen).get(at).has("status", `"preparing"`, "items.0.added", "0.5", "items.1.added", "2")
	k.as(domain.Kitchen).get("/api/orders?status=preparing").has("0.items.1.added", "2")
	w.get(at+"/events").has("2.event", `"order.items_added"`, "2.data.status", `"preparing"`, "2.data.items.0.added", "2", "3.data.item.added", "0.5")
	k.as(domain.Kitchen).put(at+"/status?status=ready", "")
	w.get(at).has("items.0.added", "", "items.1.added", "")
}

func TestLineThatIsTheSameIsNoEvent(t *testing.T) {
	w := open(t).as(domain.Waiter)
	id := w.place(onePizza)
	for _, body := range []string{`{}`, `{"quantity":1}`, `{"price":10.0,"notes":"","line_id":"l1"}`, `{"quantity":null}`} {
		w.do("PATCH", "/api/orders/"+id+"/items/l1", body).ok().is(w.get("/api/orders/"+id).body).head("ETag", `"v1"`)
	}
	if n := w.events(id); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestLinesThatAreRefused(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	at := "/api/orders/" + id + "/items"
	before := w.state()
	for _, c := range []struct {
		method, path, body string
		status             int
		code               domain.Code
		field              string
	}{
		{"POST", at, `{"items":[]}`, 400, domain.EmptyOrder, "items"},
		{"POST", at, `{}`, 400, domain.EmptyOrder, "items"},
		{"POST", at, `{"items":[{"line_id":"l1","name":"x","quantity":1,"price":1}]}`, 409, domain.Conflict, "items[0].line_id"},
		{"POST", at, `{"items":[{"name":"x","quantity":1,"price":1,"colour":"red"}]}`, 422, domain.ValidationError, "items[0].colour"},
		{"POST", at, `{"items":[{"name":"x","quantity":1,"price":1,"modifiers":[{"name":"y","id":3}]}]}`, 422, domain.ValidationError, "items[0].modifiers[0].id"},
		{"POST", at, `{"items":[{"name":"x","quantity":1,"price":1}],"table_id":"t"}`, 422, domain.ValidationError, "table_id"},
		{"PATCH", at + "/l1", `{"quantity":0}`, 400, domain.InvalidLine, "quantity"},
		{"PATCH", at + "/l1", `{"quantity":0.0001}`, 400, domain.TooManyDecimals, "quantity"},
		{"PATCH", at + "/l1", `{"price":-1}`, 400, domain.InvalidLine, "price"},
		{"PATCH", at + "/l1", `{"seat":10001}`, 422, domain.ValidationError, "seat"},
		{"PATCH", at + "/l1", `{"name":"Other"}`, 422, domain.ValidationError, "name"},
		{"PATCH", at + "/l1", `{"line_id":"l2"}`, 422, domain.ValidationError, "line_id"},
		{"PATCH", at + "/l9", `{"quantity":1}`, 404, domain.LineNotFound, ""},
		{"PATCH", at + "/a%20b", `{"quantity":1}`, 404, domain.LineNotFound, ""},
		{"DELETE", at + "/l9", ``, 404, domain.LineNotFound, ""},
		{"DELETE", at + "/l1", `{"line_id":"l2"}`, 422, domain.ValidationError, "line_id"},
		{"DELETE", at + "/l1", ``, 400, domain.EmptyOrder, ""},
		{"POST", "/api/orders/" + id + "/discount", `{}`, 422, domain.ValidationError, "discount_value"},
		{"POST", "/api/orders/" + id + "/discount", `{"discount_type":"percent","discount_value":101}`, 400, domain.InvalidDiscountValue, "discount_value"},
		{"POST", "/api/orders/" + id + "/discount", `{"discount_type":"percent","discount_value_minor":1000}`, 422, domain.ValidationError, "discount_value_minor"},
		{"POST", "/api/orders/" + id + "/discount", `{"discount_type":"gift","discount_value":1}`, 400, domain.InvalidDiscountType, "discount_type"},
	} {
		w.do(c.method, c.path, c.body).want(c.status, c.code, c.field)
	}
	if w.state() != before {
		t.Error("something changed")
	}
	// what is closed stays as it is
	w.put("/api/orders/"+id+"/status?status=completed", "")
	w.do("POST", at, `{"items":[{"name":"x","quantity":1,"price":1}]}`).want(409, domain.OrderClosed, "")
	w.do("PATCH", at+"/l1", `{"quantity":2}`).want(409, domain.OrderClosed, "")
	w.do("DELETE", at+"/l1", "").want(409, domain.OrderClosed, "")
	w.do("POST", "/api/orders/"+id+"/discount", `{"discount_value":0}`).want(409, domain.OrderClosed, "")
}

func TestAnOrderHasAtMostAThousandLines(t *testing.T) {
	w := open(t).as(domain.Waiter)
	line := `{"name":"x","quantity":1,"price":1},`
	many := func(n int) string { return `{"items":[` + strings.TrimSuffix(strings.Repeat(line, n), ",") + `]}` }
	w.do("POST", "/api/orders", many(1001)).want(422, domain.ValidationError, "items")
	id := w.post("/api/orders", many(999)).has("subtotal", "999.00").text("id")
	w.do("POST", "/api/orders/"+id+"/items", many(2)).want(422, domain.ValidationError, "items")
	w.post("/api/orders/"+id+"/items", many(1)).has("items.999.line_id", `"l1000"`, "total", "1050.00")
}

func TestDiscountOfAnOrder(t *testing.T) {
	w := open(t).as(domain.Manager)
	id := w.place(`{"items":[{"name":"Thali","quantity":1,"price":200}]}`)
	at := "/api/orders/" + id + "/discount"
	w.post(at, `{"discount_type":"percent","discount_value":"12.5"}`).has("discount", "25.00", "tax", "8.75", "total", "183.75", "discount_type", `"percent"`, "discount_value", "12.5", "version", "2").head("ETag", `"v2"`)
	w.post(at, `{"discount_type":"percentage","discount_value":12.50}`).has("version", "2") // the same again
	w.post(at, `{"discount_type":"amount","discount_value_minor":3050}`).has("discount", "30.50", "discount_value", "30.50", "discount_value_minor", "3050", "total_minor", "17798", "version", "3")
	w.post(at, `{"discount_value":0}`).has("discount", "0.00", "discount_type", "", "discount_value", "", "total", "210.00", "version", "4")
	w.post(at, `{"discount_type":"amount","discount_value":0}`).has("version", "4")
	// a discount stays when lines come
	w.post(at, `{"discount_type":"percent","discount_value":10}`)
	w.post("/api/orders/"+id+"/items", `{"items":[{"name":"Chai","quantity":1,"price":100}]}`).has("discount", "30.00", "total", "283.50")
	if n := w.events(id); n != 6 {
		t.Errorf("%d events", n)
	}
}

// Without If-Match commands merge; with it the client says what it saw.
func TestStaleIfMatch(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	id := boss.place(`{"items":[{"name":"Pizza","quantity":1,"price":10},{"name":"Chai","quantity":1,"price":1}]}`)
	boss.put("/api/orders/"+id+"/status?status=preparing", "")
	whole := boss.get("/api/orders/" + id).body
	before := boss.state()
	for _, c := range [][3]string{
		{"PUT", "/status?status=ready", ""}, {"PUT", "/status?status=preparing", ""}, {"PUT", "/cancel", ""}, {"POST", "/reopen", ""},
		{"POST", "/items", `{"items":[{"name":"x","quantity":1,"price":1}]}`}, {"POST", "/discount", `{"discount_value":0}`},
		{"PATCH", "/items/l1", `{"notes":"x"}`}, {"DELETE", "/items/l1", ""},
	} {
		for _, tag := range []string{`"v0"`, `"v1"`, `W/"v1"`, `"v3"`} {
			a := boss.do(c[0], "/api/orders/"+id+c[1], c[2], "If-Match", tag).want(412, domain.VersionMismatch, "")
			if a.raw("order") != whole {
				t.Errorf("%s: the current order is %s", a.asked, a.raw("order"))
			}
		}
		for _, tag := range []string{`v2`, `2`, `"2"`, `"v2`, `"v2","v1"`, `"v-2"`} {
			boss.do(c[0], "/api/orders/"+id+c[1], c[2], "If-Match", tag).want(400, domain.BadRequest, "If-Match")
		}
	}
	if boss.state() != before {
		t.Error("something changed")
	}
	for version := 2; version < 5; version++ {
		boss.do("POST", "/api/orders/"+id+"/items", `{"items":[{"name":"x","quantity":1,"price":1}]}`, "If-Match", fmt.Sprintf(`"v%d"`, version)).ok().has("version", fmt.Sprint(version+1))
	}
	boss.do("PUT", "/api/orders/"+id+"/status?status=ready", "", "If-Match", "*").ok()
	// what is not there has no version, nor has what is made or names many
	boss.do("POST", "/api/orders", onePizza, "If-Match", `"v1"`).want(400, domain.BadRequest, "If-Match")
	boss.do("POST", "/api/orders/batch-update-status", `{"updates":[{"order_id":"`+id+`","status":"served"}]}`, "If-Match", `"v1"`).want(400, domain.BadRequest, "If-Match")
	boss.do("PUT", "/api/orders/nobody/status?status=ready", "", "If-Match", `"v1"`).want(404, domain.OrderNotFound, "")
}
