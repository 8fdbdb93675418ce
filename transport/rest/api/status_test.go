package api_test

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
)

// events counts an order's events; its version is the same number.
func (p *person) events(id string) int {
	p.k.t.Helper()
	n := len(p.get("/api/orders/" + id + "/events").rows())
	p.get("/api/orders/"+id).has("version", fmt.Sprint(n))
	return n
}

func TestStatusByQueryAndByBody(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	moved := func(status, version string) string {
		return `{"message":"Order status updated","order_id":"` + id + `","status":"` + status + `","version":` + version + `}`
	}
	at := "/api/orders/" + id + "/status"
	w.put(at+"?status=preparing", "").is(moved("preparing", "2")).head("ETag", `"v2"`)
	w.put(at, `{"status":"ready"}`).is(moved("ready", "3"))
	w.put(at+"?status=served", `{"status":"served"}`).is(moved("served", "4"))
	w.put(at, `{"status":"completed","note":1,"who":{"a":2}}`).is(moved("completed", "5")).head("X-Ignored-Fields", "note, who")
	w.do("PUT", at+"?status=preparing", "", "Content-Type", "text/plain").want(403, domain.Forbidden, "")
	if n := w.events(id); n != 5 {
		t.Errorf("%d events", n)
	}
}

func TestSameStatusAgainIsNoEvent(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	for range 2 {
		w.put("/api/orders/"+id+"/status?status=pending", "").has("status", `"pending"`, "version", "1").head("ETag", `"v1"`)
	}
	w.put("/api/orders/"+id+"/status?status=completed", "")
	// also of a closed order, and for those who could not have moved it
	k.as(domain.Kitchen).put("/api/orders/"+id+"/status?status=completed", "").has("message", `"Order status updated"`, "version", "2")
	if n := w.events(id); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestStatusThatIsRefused(t *testing.T) {
	w := open(t).as(domain.Waiter)
	id := w.place(onePizza)
	at := "/api/orders/" + id + "/status"
	before := w.state()
	for _, body := range []string{"", "{}", `{"status":""}`, `{"status":null}`, "null", `{"Status":"ready"}`} {
		w.do("PUT", at, body).want(422, domain.ValidationError, "status")
	}
	w.do("PUT", at+"?status=", "").want(422, domain.ValidationError, "status")
	w.do("PUT", at+"?status=ready", `{"status":"served"}`).want(422, domain.ValidationError, "status")
	for _, word := range []string{"cooking", "READY", "ready%20", "done", "open", "%24ne", strings.Repeat("x", 200)} {
		w.do("PUT", at+"?status="+word, "").want(400, domain.InvalidStatus, "status")
	}
	w.do("PUT", at, `{"status":"`+strings.Repeat("x", 500)+`"}`).want(400, domain.InvalidStatus, "status")
	w.do("PUT", at+"?status=ready%00", "").want(422, domain.ValidationError, "status")
	if w.state() != before {
		t.Error("something changed")
	}
}

// moves is CONTRACT section 5: a row is where an order is, a cell where it may go.
const moves = `
from       pending preparing ready served completed cancelled
pending    same    yes       yes   yes    yes       yes
preparing  yes     same      yes   yes    yes       yes
ready      no      yes       same  yes    yes       yes
served     no      no        no    same   yes       yes
completed  no      yes       no    no     same      no
cancelled  no      no        no    no     no        same
`

func TestTransitions(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	lines := strings.Split(strings.TrimSpace(moves), "\n")
	to := strings.Fields(lines[0])[1:]
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, cell := range cells[1:] {
			// given
			id := boss.place(onePizza)
			boss.put("/api/orders/"+id+"/status?status="+cells[0], "")
			before := boss.get("/api/orders/" + id)
			// when
			a := boss.do("PUT", "/api/orders/"+id+"/status", `{"status":"`+to[i]+`","reason":"r"}`)
			// then
			switch cell {
			case "no":
				a.want(409, domain.InvalidTransition, "")
				boss.get("/api/orders/" + id).is(before.body)
			case "same":
				a.ok().has("status", `"`+to[i]+`"`, "version", before.raw("version"))
				boss.get("/api/orders/" + id).is(before.body)
			default:
				a.ok()
				boss.get("/api/orders/"+id).has("status", `"`+to[i]+`"`)
			}
		}
	}
}

func TestLenientOrganisationMarksForcedMoves(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	id := boss.place(onePizza)
	boss.put("/api/orders/"+id+"/status?status=served", "")
	boss.do("PUT", "/api/orders/"+id+"/status?status=pending", "").want(409, domain.InvalidTransition, "")
	boss.put("/api/settings", `{"status_transitions":"lenient"}`)
	// what an organisation allows, it allows for open orders too
	for _, status := range []string{"pending", "cancelled", "ready", "completed", "served"} {
		boss.put("/api/orders/"+id+"/status?status="+status, "")
	}
	boss.do("PUT", "/api/orders/"+id+"/status?status=eaten", "").want(400, domain.InvalidStatus, "status")
	var forced []string
	for _, e := range boss.get("/api/orders/" + id + "/events").rows() {
		forced = append(forced, e.raw("data.forced"))
	}
	if got := strings.Join(forced, ","); got != ",,true,,true,,true" {
		t.Errorf("forced: %s", got)
	}
}

func TestAliasesAreTheOrganisationsOwn(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	boss.put("/api/settings", `{"status_aliases":{"in_progress":"preparing","void":"cancelled"}}`)
	id := boss.place(onePizza)
	boss.put("/api/orders/"+id+"/status?status=in_progress", "").has("status", `"preparing"`)
	boss.do("PUT", "/api/orders/"+id+"/status?status=IN_PROGRESS", "").want(400, domain.InvalidStatus, "status")
	// an alias is no way around the roles
	k.as(domain.Waiter).do("PUT", "/api/orders/"+id+"/status?status=void", "").want(403, domain.Forbidden, "")
	boss.post("/api/orders/batch-update-status", `[{"order_id":"`+id+`","status":"void"}]`).has("results.0.status", `"cancelled"`)
	other := k.neighbour().as(domain.Manager)
	other.do("PUT", "/api/orders/"+other.place(onePizza)+"/status?status=void", "").want(400, domain.InvalidStatus, "status")
}

func TestPermissionsNarrowWhoMay(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	boss.put("/api/settings", `{"permissions":{"create":["waiter"],"complete":["cashier"],"advance":[]}}`)
	boss.do("POST", "/api/orders", onePizza).want(403, domain.Forbidden, "")
	id := k.as(domain.Waiter).place(onePizza)
	k.as(domain.Waiter).do("PUT", "/api/orders/"+id+"/status?status=completed", "").want(403, domain.Forbidden, "")
	k.as(domain.Kitchen).do("PUT", "/api/orders/"+id+"/status?status=ready", "").want(403, domain.Forbidden, "")
	k.as(domain.Cashier).put("/api/orders/"+id+"/status?status=completed", "")
	// nobody gets more than the contract gives
	for body, field := range map[string]string{`{"permissions":{"create":["kitchen"]}}`: "permissions.create", `{"permissions":{"reopen":["waiter"]}}`: "permissions.reopen", `{"permissions":{"fly":["admin"]}}`: "permissions.fly"} {
		boss.do("PUT", "/api/settings", body).want(422, domain.ValidationError, field)
	}
}

func TestBatchMovesManyOrders(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	a, b, c := w.place(onePizza), w.place(onePizza), w.place(onePizza)
	w.put("/api/orders/"+c+"/status?status=completed", "")
	rows := func(status string) string {
		return fmt.Sprintf(`[{"order_id":"%s","status":"%s"},{"order_id":"%s","status":"%[2]s"},{"order_id":"%[4]s","status":"%[2]s"},{"order_id":"nobody","status":"%[2]s"},{"order_id":"%[1]s","status":"nowhere"}]`, a, status, b, c)
	}
	result := func(status string, version int) string {
		return fmt.Sprintf(`{"results":[{"order_id":"%s","status":"%s","version":%d},{"order_id":"%s","status":"%[2]s","version":%[3]d},{"order_id":"%[5]s","status":"completed","version":2,"code":"INVALID_TRANSITION"},{"order_id":"nobody","code":"ORDER_NOT_FOUND"},{"order_id":"%[1]s","status":"%[2]s","version":%[3]d,"code":"INVALID_STATUS"}]}`, a, status, version, b, c)
	}
	// both forms answer a result per row
	w.post("/api/orders/batch-update-status", `{"updates":`+rows("ready")+`}`).is(result("ready", 2)).head("ETag", "")
	w.post("/api/orders/batch-update-status", " \n"+rows("served")).is(result("served", 3))
	for id, events := range map[string]int{a: 3, b: 3, c: 2} {
		if n := w.events(id); n != events {
			t.Errorf("%d events where %d belong", n, events)
		}
	}
	// a row may be forbidden, the others are carried out
	k.as(domain.Kitchen).post("/api/orders/batch-update-status", `[{"order_id":"`+a+`","status":"completed"},{"order_id":"`+b+`","status":"served"}]`).
		has("results.0.code", `"FORBIDDEN"`, "results.0.status", `"served"`, "results.1.status", `"served"`, "results.1.code", "")
	// rows see what the rows before did
	w.post("/api/orders/batch-update-status", `[{"order_id":"`+a+`","status":"served"},{"order_id":"`+a+`","status":"completed"},{"order_id":"`+a+`","status":"served"}]`).
		has("results.0.version", "3", "results.1.version", "4", "results.2.version", "4", "results.2.code", `"INVALID_TRANSITION"`)
}

func TestBatchHoldsAHundred(t *testing.T) {
	w := open(t).as(domain.Waiter)
	id := w.place(onePizza)
	row := `{"order_id":"` + id + `","status":"ready"},`
	hundred := strings.TrimSuffix(strings.Repeat(row, 100), ",")
	if n := strings.Count(w.post("/api/orders/batch-update-status", "["+hundred+"]").body, `"version":2`); n != 100 {
		t.Errorf("%d results", n)
	}
	w.do("POST", "/api/orders/batch-update-status", "["+row+hundred+"]").want(422, domain.ValidationError, "updates")
	w.do("POST", "/api/orders/batch-update-status", `{"updates":[`+row+hundred+"]}").want(422, domain.ValidationError, "updates")
	for body, field := range map[string]string{
		`[]`: "updates", `{}`: "updates", `{"updates":null}`: "updates", `{"updates":[{"status":"ready"}]}`: "updates[0].order_id",
		`[` + row + `{"order_id":"` + id + `"}]`: "updates[1].status", `[{"order_id":"a b","status":"ready"}]`: "updates[0].order_id", `[null]`: "updates[0].order_id",
	} {
		w.do("POST", "/api/orders/batch-update-status", body).want(422, domain.ValidationError, field)
	}
	if n := w.events(id); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestCancel(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	for _, body := range []string{"", "{}", `{"reason":"walked out"}`} {
		id := w.place(onePizza)
		w.put("/api/orders/"+id+"/cancel", body).is(`{"message":"Order cancelled successfully","order_id":"`+id+`","status":"cancelled","version":2}`).head("ETag", `"v2"`)
		w.put("/api/orders/"+id+"/cancel", body).has("message", `"Order cancelled successfully"`, "version", "2")
		if got := w.get("/api/orders/" + id); body != "" && got.raw("cancel_reason") != (answer{t: t, body: body}).raw("reason") || got.text("status") != "cancelled" {
			t.Errorf("%s: %s", body, got.body)
		}
		if n := w.events(id); n != 2 {
			t.Errorf("%d events", n)
		}
	}
	id := w.place(onePizza)
	w.put("/api/orders/"+id+"/status?status=preparing", "")
	w.do("PUT", "/api/orders/"+id+"/cancel", "").want(403, domain.Forbidden, "")
	k.as(domain.Manager).put("/api/orders/"+id+"/cancel", "")
	// what is completed cannot be cancelled, by nobody
	id = w.place(onePizza)
	w.put("/api/orders/"+id+"/status?status=completed", "")
	for _, role := range []domain.Role{domain.Waiter, domain.Manager, domain.Admin} {
		k.as(role).do("PUT", "/api/orders/"+id+"/cancel", `{"reason":"r"}`).want(400, domain.BadRequest, "").detail("Cannot cancel completed orders")
	}
}

func TestReopen(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	id := boss.place(onePizza)
	boss.do("POST", "/api/orders/"+id+"/reopen", "").want(409, domain.InvalidTransition, "")
	boss.put("/api/orders/"+id+"/status?status=completed", "")
	k.as(domain.Cashier).do("POST", "/api/orders/"+id+"/reopen", "").want(403, domain.Forbidden, "")
	// the answer is the whole order
	a := boss.post("/api/orders/"+id+"/reopen", `{"reason":"wrong table"}`).has("status", `"preparing"`, "version", "3", "total", "10.50").head("ETag", `"v3"`)
	a.is(boss.get("/api/orders/" + id).body)
	boss.do("POST", "/api/orders/"+id+"/reopen", "").want(409, domain.InvalidTransition, "")
	if got := boss.get("/api/orders/" + id + "/events").rows()[2]; got.text("event") != "order.reopened" || got.raw("data") != `{"reason":"wrong table"}` {
		t.Errorf("timeline says %s", got.body)
	}
}
