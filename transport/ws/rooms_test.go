package ws_test

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
	"heard/transport/ws"
)

func (s *screen) subscribe(rooms ...string) {
	s.t.Helper()
	s.change("subscribe", rooms...)
}

func (s *screen) change(kind string, rooms ...string) {
	s.t.Helper()
	s.send(fmt.Sprintf(`{"type":%q,"rooms":["%s"]}`, kind, strings.Join(rooms, `","`)))
	s.want("subscribed")
}

func TestRoomsGetWhatIsTheirs(t *testing.T) {
	k := open(t)
	manager := k.token("bistro", "m", domain.Manager)
	k.ok(manager, "PUT", "/api/menu", `[{"id":"steak","name":"Steak","price":20,"station":"grill"},{"id":"salad","name":"Salad","price":5,"station":"cold"},{"id":"item1","name":"Pizza","price":10}]`)
	table, grill, one, all := k.connect("bistro", "a", domain.Waiter, ""), k.connect("bistro", "b", domain.Kitchen, ""), k.connect("bistro", "c", domain.Waiter, ""), k.connect("bistro", "d", domain.Waiter, "")
	for _, s := range []*screen{table, grill, one, all} {
		s.open()
		if s.last != 1 {
			t.Fatalf("at %d", s.last)
		}
	}
	table.subscribe("table:t-4")
	grill.subscribe("station:grill")
	k.waitFor("rooms", func(s ws.Stats) bool { return s.Rooms == 3 })
	salad := k.placeItem(manager, "t-1", "salad")
	one.through(2)
	one.subscribe("order:" + salad)
	steak := k.placeItem(manager, "t-4", "steak")
	k.placeItem(manager, "t-2", "salad")
	k.move(manager, salad, "ready")
	k.move(manager, steak, "ready")
	all.through(6)
	if f := table.event(); f.Seq != 3 || f.order(t).ID != steak {
		t.Errorf("table: %s", f.text)
	}
	if f := table.event(); f.Seq != 6 || f.Prev != 3 {
		t.Errorf("table: %s", f.text)
	}
	for f := grill.event(); f.Seq < 6; f = grill.event() { // before the menu is read it gets too much
		if strings.Contains(f.text, "payment") {
			t.Errorf("kitchen: %s", f.text)
		}
	}
	if f := one.event(); f.Seq != 5 || f.Prev != 2 || f.order(t).ID != salad {
		t.Errorf("one order: %s", f.text)
	}
	at := uint64(6)
	for known := false; !known; at += 2 { // until the menu was read
		k.placeItem(manager, "t-2", "salad")
		k.placeItem(manager, "t-2", "steak")
		if f := grill.event(); f.Seq == at+2 && f.Prev == at {
			known = true
		} else if f = grill.event(); f.Seq != at+2 || at > 200 {
			t.Fatalf("grill: %s", f.text)
		}
	}
	k.ok(manager, "POST", "/api/menu/86", `{"item_ids":["salad"]}`)
	at++
	for _, s := range []*screen{table, grill, one} {
		if f := s.event(); f.Type != "menu_updated" || f.Seq != at || f.Event != "menu.86" || string(f.Data) != fmt.Sprintf(`{"version":%d}`, at) {
			t.Errorf("menu: %s", f.text)
		}
	}
	table = k.again(table, "bistro", "a", domain.Waiter) // the rooms are of the socket
	table.subscribe("table:t-2", "order:"+steak)
	table.change("unsubscribe", "order:"+steak)
	k.move(manager, steak, "served")
	id := k.placeItem(manager, "t-2", "item1")
	if f := table.event(); f.Seq != at+2 || f.Prev != at || f.order(t).ID != id {
		t.Errorf("moved rooms: %s", f.text)
	}
	table.change("unsubscribe", "table:t-2")
	k.placeItem(manager, "t-2", "item1")
	table.silent()
}

func (k *kitchen) placeItem(token, table, item string) string {
	k.t.Helper()
	return idOf(k.ok(token, "POST", "/api/orders", fmt.Sprintf(`{"table_id":%q,"items":[{"menu_item_id":%q,"quantity":1}]}`, table, item)))
}

func TestWhatRolesMaySee(t *testing.T) {
	k := open(t)
	waiter := k.token("bistro", "w", domain.Waiter)
	low, high, both := k.connect("bistro", "w", domain.Waiter, ""), k.connect("bistro", "k", domain.Kitchen, ""), k.connect("bistro", "m", domain.Manager, "")
	for _, s := range []*screen{low, high, both} {
		s.open()
	}
	low.subscribe("role:kitchen")               // a weaker view is allowed
	high.subscribe("role:admin", "role:waiter") // a stronger one is not
	both.subscribe("role:kitchen", "org")
	k.place(waiter, "t-1")
	for s, shown := range map[*screen]bool{low: false, high: false, both: true} {
		if f := s.event(); strings.Contains(f.text, "payment") != shown {
			t.Errorf("shown %t: %s", !shown, f.text)
		}
	}
}

func TestBadRooms(t *testing.T) {
	k := open(t)
	s := k.connect("bistro", "w", domain.Waiter, "")
	s.open()
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprintf(`"table:%d"`, i)
	}
	for _, rooms := range []string{`["nowhere"]`, `["role:king"]`, `["table:"]`, `["order:a b"]`, `["org:x","ORG"]`, `["station:\u0000"]`, `[` + strings.Join(many, ",") + `]`, `"org"`, `[1]`} {
		s.send(`{"type":"subscribe","rooms":` + rooms + `}`)
		if f := s.want("error"); !strings.Contains(f.text, "VALIDATION_ERROR") && !strings.Contains(f.text, "BAD_REQUEST") {
			t.Errorf("%s: %s", rooms, f.text)
		}
	}
	s.send(`{"type":"subscribe","rooms":["org","nowhere<&>"]}`)
	if f := s.want("error"); !strings.Contains(string(f.Data), `nowhere\u003c\u0026\u003e`) {
		t.Errorf("the room is not named: %s", f.text)
	}
	k.place(k.token("bistro", "w", domain.Waiter), "t-1")
	s.event() // still in the whole organisation
}

func TestPresence(t *testing.T) {
	k := open(t)
	a := k.connect("bistro", "a", domain.Waiter, "")
	a.skip = ""
	a.open()
	if f := a.want("presence"); string(f.Data) != `{"users":[{"user_id":"a","name":"Name of a","role":"waiter","sockets":1}]}` {
		t.Errorf("alone: %s", f.Data)
	}
	b, c := k.connect("bistro", "b", domain.Kitchen, ""), k.connect("bistro", "a", domain.Waiter, "")
	k.connect("rival", "r", domain.Kitchen, "").open()
	b.open()
	c.open()
	until := func(want string) {
		for f := a.want("presence"); string(f.Data) != want; f = a.want("presence") {
		}
	}
	until(`{"users":[{"user_id":"a","name":"Name of a","role":"waiter","sockets":2},{"user_id":"b","name":"Name of b","role":"kitchen","sockets":1}]}`)
	b.conn.Close()
	c.conn.Close()
	until(`{"users":[{"user_id":"a","name":"Name of a","role":"waiter","sockets":1}]}`)
}
