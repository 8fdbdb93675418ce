package ws_test

import (
	"strings"
	"testing"

	"heard/domain"
)

// TestEveryScreenSeesEveryOrder is what the seed's own browser client relies on:
// ping and pong, order_update with id and order_id for a create and a change.
func TestEveryScreenSeesEveryOrder(t *testing.T) {
	k := open(t)
	waiter := k.token("bistro", "w", domain.Waiter)
	board, pass := k.connect("bistro", "m", domain.Manager, ""), k.connect("bistro", "k", domain.Kitchen, "")
	other := k.connect("rival", "m", domain.Manager, "")
	for _, s := range []*screen{board, pass, other} {
		if orders := s.open(); len(orders) != 0 {
			t.Fatalf("orders in an empty kitchen: %v", orders)
		}
		s.silent()
	}
	id := k.place(waiter, "t-1")
	k.move(waiter, id, "preparing")
	for _, s := range []*screen{board, pass} {
		created := s.event()
		if o := created.order(t); o.ID != id || o.Status != "pending" || o.Version != 1 || created.Event != "order.created" || created.Seq != 1 {
			t.Errorf("created: %s", created.text)
		}
		moved := s.event()
		if o := moved.order(t); o.ID != id || o.Status != "preparing" || o.Version != 2 || moved.Event != "order.status_changed" || moved.Seq != 2 {
			t.Errorf("moved: %s", moved.text)
		}
		s.silent()
		if shown := strings.Contains(created.text+moved.text, "payment"); shown != (s == board) {
			t.Errorf("payment data shown: %t: %s", shown, created.text)
		}
	}
	other.silent()
}

func TestSnapshotShowsWhatIsOpen(t *testing.T) {
	k := open(t)
	waiter := k.token("bistro", "w", domain.Waiter)
	a, b, c := k.place(waiter, "t-1"), k.place(waiter, "t-2"), k.place(waiter, "t-3")
	k.move(waiter, b, "ready")
	k.move(waiter, c, "completed")
	s := k.connect("bistro", "m", domain.Manager, "")
	orders := s.open()
	if len(orders) != 2 || orders[a].Status != "pending" || orders[b].Status != "ready" || orders[b].Version != 2 || s.last != 5 {
		t.Errorf("snapshot at %d: %v", s.last, orders)
	}
	k.move(waiter, a, "ready")
	if f := s.event(); f.order(t).ID != a || f.Seq != 6 {
		t.Errorf("after the snapshot: %s", f.text)
	}
	full := k.connect("bistro", "k", domain.Kitchen, "&snapshot=full")
	full.want("connection_established")
	for range 2 {
		f := full.want("order_update")
		if f.order(t).Table == "" || !strings.Contains(f.text, "Pizza") || strings.Contains(f.text, "payment") {
			t.Errorf("whole order for the kitchen: %s", f.text)
		}
	}
	full.want("snapshot_end")
}
