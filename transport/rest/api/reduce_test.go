package api_test

import (
	"testing"

	"heard/domain"
)

// What the kitchen has is taken off by a manager, who says why: in the body, or,
// since many clients send none with DELETE, in the query.
func TestReasonOfWhatIsTakenOff(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	id := w.place(`{"items":[{"name":"a","quantity":2,"price":10},{"name":"b","quantity":1,"price":1},{"name":"c","quantity":1,"price":1}]}`)
	at := "/api/orders/" + id
	w.put(at+"/status?status=served", "")
	before := boss.state()
	for _, c := range [][3]string{{"DELETE", "/items/l2?reason=burnt", ""}, {"DELETE", "/items/l2", `{"reason":"burnt"}`}, {"PATCH", "/items/l1", `{"quantity":1,"reason":"burnt"}`}, {"PATCH", "/items/l1", `{"price":9,"reason":"burnt"}`}} {
		w.do(c[0], at+c[1], c[2]).want(403, domain.Forbidden, "").detail("Role waiter may not take back what the kitchen has of this order: that takes reduce_fired")
	}
	for _, c := range [][3]string{{"DELETE", "/items/l2", ""}, {"DELETE", "/items/l2?reason=", ""}, {"DELETE", "/items/l2?reason=a", `{"reason":"b"}`}, {"PATCH", "/items/l1", `{"quantity":1}`}} {
		boss.do(c[0], at+c[1], c[2]).want(422, domain.ValidationError, "reason")
	}
	if boss.state() != before {
		t.Error("something changed")
	}
	boss.do("DELETE", at+"/items/l2?reason=too%20salty", "").ok()
	boss.do("DELETE", at+"/items/l3?reason=cold", `{"reason":"cold"}`).ok()
	boss.do("PATCH", at+"/items/l1", `{"quantity":1,"reason":"sent back"}`).ok().has("status", `"served"`)
	boss.get(at+"/events").has("2.event", `"order.item_removed"`, "2.data", `{"line_id":"l2","reason":"too salty"}`, "2.by.role", `"manager"`, "3.data.reason", `"cold"`, "4.data.reason", `"sent back"`)
}

// A row of a batch is held to the limit as a create is, and so is a calculation.
func TestDiscountLimitOverREST(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	const detail = "Role waiter may give at most 10 % of the subtotal off this order: more takes discount with a higher limit"
	much, little := `{"discount_type":"percent","discount_value":50,`+onePizza[1:], `{"discount_type":"percent","discount_value":10,`+onePizza[1:]
	for _, path := range []string{"/api/orders", "/api/orders/calculate"} {
		w.do("POST", path, much).want(403, domain.Forbidden, "").detail(detail)
		w.post(path, little)
		boss.post(path, much)
	}
	w.post("/api/orders/batch", "["+much+","+little+"]").has("results.0.code", `"FORBIDDEN"`, "results.0.detail", `"`+detail+`"`, "results.1.order.discount", "1.00")
	boss.get("/api/settings").has("discount_limits", `{"cashier":10,"staff":10,"waiter":10}`)
	boss.put("/api/settings", `{"discount_limits":{"waiter":50}}`).has("discount_limits", `{"waiter":50}`)
	w.post("/api/orders", much)
	boss.put("/api/settings", `{"permissions":{"discount":["manager","admin"],"reduce_fired":["admin"]}}`).has("permissions.discount", `["manager","admin"]`)
	w.do("POST", "/api/orders", little).want(403, domain.Forbidden, "").detail("Role waiter may not discount this order: that takes discount")
	boss.post("/api/orders", much)
}
