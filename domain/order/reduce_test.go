package order

import (
	"strings"
	"testing"

	"heard/domain"
)

// reductions says what is less of two dosas with ghee, at 135.50 each.
const reductions = `
less   order.remove_item {"line_id":"l1"
less   order.change_item {"line_id":"l1","quantity":1.999
less   order.change_item {"line_id":"l1","price":119.99
less   order.change_item {"line_id":"l1","modifiers":[]
less   order.change_item {"line_id":"l1","modifiers":[{"name":"ghee","price":0}]
less   order.change_item {"line_id":"l1","quantity":4,"price":60
other  order.change_item {"line_id":"l1","quantity":3
other  order.change_item {"line_id":"l1","price":121
other  order.change_item {"line_id":"l1","price":100,"modifiers":["ghee","ghee","ghee"]
other  order.change_item {"line_id":"l1","notes":"hot","seat":3
other  order.change_item {"line_id":"l1","modifiers":["ghee","none"]
`

// TestWhatTheKitchenHasIsReducedWithAReason, and by those who may.
func TestWhatTheKitchenHasIsReducedWithAReason(t *testing.T) {
	w := india(t)
	for _, row := range strings.Split(strings.TrimSpace(reductions), "\n") {
		cells := strings.Fields(row)
		kind, body, less := cells[1], cells[2], cells[0] == "less"
		for _, status := range Statuses() {
			if !status.Open() {
				continue
			}
			o := w.do(t, nil, domain.Admin, "order.create", `{"items":[{"menu_item_id":"dosa","quantity":2,"modifiers":["ghee"]},{"menu_item_id":"beer","quantity":1}]}`).Next
			if status != Pending {
				o = w.do(t, o, domain.Admin, "order.set_status", `{"status":"`+string(status)+`"}`).Next
			}
			guarded := less && status != Pending
			for _, c := range []struct {
				role         domain.Role
				reason, want string
			}{
				{domain.Manager, ``, "VALIDATION_ERROR reason"}, {domain.Manager, `,"reason":" "`, "VALIDATION_ERROR reason"},
				{domain.Admin, `,"reason":"burnt"`, "accepted"}, {domain.Waiter, `,"reason":"burnt"`, "FORBIDDEN"}, {domain.Cashier, ``, "FORBIDDEN"},
			} {
				want := c.want
				if !guarded {
					want = "accepted"
				}
				if strings.Contains(body, `"price"`) && !by(c.role).OneOf(domain.Admin, domain.Manager) {
					want = "PRICE_MISMATCH"
				}
				d, refusal := Decide(o, command(t, kind, body+c.reason+"}"), w.meta(c.role))
				if got := blamed(refusal); !strings.HasPrefix(got, want) {
					t.Errorf("%s%s} in %s by %s: got %s, want %s", body, c.reason, status, c.role, got, want)
				}
				if refusal == nil && strings.Contains(c.reason, "burnt") && !strings.Contains(string(AppendEvent(nil, d.Event, w.meta(c.role))), `"reason":"burnt"`) {
					t.Errorf("%s: the event does not say why", body)
				}
			}
		}
	}
}

// TestRecallDoesNotFreeWhatWasAddedTo: what has marks was with the kitchen.
func TestRecallDoesNotFreeWhatWasAddedTo(t *testing.T) {
	w := india(t)
	o := w.in(t, Served)
	for _, step := range [][2]string{{"order.add_items", bodies["order.add_items"]}, {"order.set_status", `{"status":"pending"}`}} {
		o = w.do(t, o, domain.Waiter, step[0], step[1]).Next
	}
	for kind, body := range map[string]string{"order.remove_item": bodies["order.remove_item"], "order.cancel": `{"reason":"r"}`, "order.set_status": `{"status":"cancelled"}`} {
		if got := blamed(w.refused(t, o, domain.Waiter, kind, body)); got != "FORBIDDEN" {
			t.Errorf("%s: %s", kind, got)
		}
	}
}
