package api_test

import (
	"testing"

	"heard/domain"
)

// The name of an item is the menu's. Another one counts for nothing and is named,
// also when the answer is given again.
func TestAnotherNameThanTheMenusIsIgnoredAndNamed(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.put("/api/menu", `[{"id":"water","name":"Water","price":20}]`)
	items := `"items":[{"menu_item_id":"water","quantity":1},{"menu_item_id":"water","name":"Lobster","quantity":1},{"name":"Lobster","quantity":1,"price":900}]`
	id := w.place(onePizza)
	for _, c := range []struct{ path, body, member, ignored string }{
		{"/api/orders", `{"colour":"red",` + items + `}`, "items.1.name", "colour, items[1].name"},
		{"/api/orders/calculate", `{` + items + `}`, "lines.1.name", "items[1].name"},
		{"/api/orders/" + id + "/items", `{` + items + `}`, "items.2.name", "items[1].name"},
		{"/api/orders/batch", `{"orders":[{"items":[]},{` + items + `},` + onePizza + `,{` + items + `}]}`, "results.1.order.items.1.name", "orders[1].items[1].name, orders[3].items[1].name"},
	} {
		first := w.post(c.path, c.body).has(c.member, `"Water"`).head("X-Ignored-Fields", c.ignored)
		w.do("POST", c.path, c.body, "Idempotency-Key", c.path).ok().head("X-Ignored-Fields", c.ignored)
		again := w.do("POST", c.path, c.body, "Idempotency-Key", c.path).ok().head("X-Ignored-Fields", c.ignored)
		if c.path != "/api/orders/calculate" && again.Header.Get("Idempotent-Replayed") != "true" || first.StatusCode != 200 {
			t.Errorf("%s was carried out again", c.path)
		}
	}
	w.post("/api/orders", `{"items":[{"menu_item_id":"water","name":"Water","quantity":1}]}`).head("X-Ignored-Fields", "")
	// where only the menu is sold
	boss.put("/api/settings", `{"open_items":"refuse"}`)
	lobster := `{"items":[{"menu_item_id":"water","name":"Lobster","quantity":1}]}`
	for _, path := range []string{"/api/orders", "/api/orders/calculate", "/api/orders/" + id + "/items"} {
		w.do("POST", path, lobster).want(422, domain.ValidationError, "items[0].name").detail(`items[0].name: its name on the menu is "Water"`)
	}
	w.post("/api/orders/batch", "["+lobster+"]").has("results.0.code", `"VALIDATION_ERROR"`, "results.0.errors.0.field", `"items[0].name"`)
}
