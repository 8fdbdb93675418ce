package ws_test

import (
	"strings"
	"testing"

	"heard/domain"
)

// TestASecondRoundReachesItsStation: what is added to an order that was ready or
// served is on the kitchen's screens again, also on one that shows a station.
func TestASecondRoundReachesItsStation(t *testing.T) {
	k := open(t)
	manager, waiter := k.token("bistro", "m", domain.Manager), k.token("bistro", "w", domain.Waiter)
	k.ok(manager, "PUT", "/api/menu", `[{"id":"steak","name":"Steak","price":20,"station":"grill"},{"id":"beer","name":"Beer","price":5,"station":"bar"}]`)
	board, grill := k.connect("bistro", "a", domain.Kitchen, ""), k.connect("bistro", "b", domain.Kitchen, "")
	board.open()
	grill.open()
	grill.subscribe("station:grill")
	for _, c := range []struct{ status, method, path, body, event string }{
		{"ready", "POST", "/items", `{"items":[{"menu_item_id":"steak","quantity":2}]}`, "order.items_added"},
		{"served", "POST", "/items", `{"items":[{"menu_item_id":"steak","quantity":1}]}`, "order.items_added"},
		{"served", "PATCH", "/items/l2", `{"quantity":3}`, "order.item_changed"},
	} {
		id := k.placeItem(manager, "t-1", "beer")
		if c.method == "PATCH" {
			k.ok(waiter, "POST", "/api/orders/"+id+"/items", `{"items":[{"menu_item_id":"steak","quantity":1}]}`)
		}
		k.move(manager, id, c.status)
		// when
		k.ok(waiter, c.method, "/api/orders/"+id+c.path, c.body)
		// then
		for _, s := range []*screen{board, grill} {
			f := s.event()
			for f.order(t).ID != id || f.order(t).Status != "preparing" {
				f = s.event()
			}
			if f.Event != c.event || !strings.Contains(f.text, `"added":`) || strings.Contains(f.text, "payment") {
				t.Errorf("%s in %s: %s", c.event, c.status, f.text)
			}
		}
	}
}
