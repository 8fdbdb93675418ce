package ws_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"heard/domain"
)

// tables are ids as other systems make them, among them pairs that one room's
// name could take for one.
var tables = []string{"a", "a/b", "a:b", "table:a", "org", "..", "gid://x/1?y=1", "T 5", " T 5", "टेरेस", "*", "a,b", strings.Repeat("x", 255)}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// Who comes from another system has its id, in the path and in the token.
func TestUsersOfOtherSystemsAreLetIn(t *testing.T) {
	k := open(t)
	for _, user := range []string{"auth0|5f7c8ec7", "anna@example.org", "a/b", "..", "गीता", "a b", "a+b", "%2F", "a?b#c"} {
		k.connect("bistro", user, domain.Waiter, "").open()
	}
	for user, path := range map[string]string{"a/b": "a%252Fb", "..": "%2E", "a+b": "a%20b", "a b": "a+b"} {
		k.dial("/ws/bistro/"+path+"/waiter?token="+url.QueryEscape(k.token("bistro", user, domain.Waiter)), nil).closed(4403)
	}
}

// A table's room gets the orders of that table and of no other.
func TestTableRoomsTakeAnyID(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "m", domain.Manager)
	all := k.connect("bistro", "all", domain.Waiter, "")
	all.open()
	rooms := make([]*screen, len(tables))
	for i, table := range tables {
		rooms[i] = k.connect("bistro", "w", domain.Waiter, "")
		rooms[i].open()
		rooms[i].send(`{"type":"subscribe","rooms":[` + quoted("table:"+table) + `]}`)
		if f := rooms[i].want("subscribed"); string(f.Data) != `{"rooms":[`+quoted("table:"+table)+`]}` {
			t.Errorf("%q: %s", table, f.text)
		}
	}
	for _, table := range tables {
		k.ok(token, "POST", "/api/orders", `{"table_id":`+quoted(table)+`,"items":[{"name":"x","quantity":1,"price":1}]}`)
	}
	all.through(uint64(len(tables)))
	for i, table := range tables {
		if f := rooms[i].event(); f.Seq != uint64(i+1) {
			t.Errorf("%q: %s", table, f.text)
		}
		rooms[i].silent()
	}
}

// Station rooms are asked for as a person would write the station, and compared
// as it is kept.
func TestStationRoomsAreComparedAsKept(t *testing.T) {
	k := open(t)
	manager := k.token("bistro", "m", domain.Manager)
	k.ok(manager, "PUT", "/api/menu", `[{"id":"a/b","name":"Steak","price":20,"station":"Grill\n1\u200e"},{"id":"a","name":"Salad","price":5,"station":"Grill"}]`)
	s := k.connect("bistro", "b", domain.Kitchen, "")
	s.open()
	s.send(`{"type":"subscribe","rooms":["station:\u202aGrill\t1\u202c"]}`)
	if f := s.want("subscribed"); string(f.Data) != `{"rooms":["station:Grill 1"]}` {
		t.Fatal(f.text)
	}
	for at := uint64(1); ; { // until the menu was read it gets every order
		for _, item := range []string{"a", "a/b"} {
			k.ok(manager, "POST", "/api/orders", `{"items":[{"menu_item_id":"`+item+`","quantity":1}]}`)
			at++
		}
		if f := s.event(); f.Seq == at && f.Prev < at-1 {
			break
		} else if f = s.event(); f.Seq != at || at > 200 {
			t.Fatalf("grill: %s", f.text)
		}
	}
	s.send(`{"type":"unsubscribe","rooms":["station:Grill\r\n1"]}`)
	if f := s.want("subscribed"); string(f.Data) != `{"rooms":[]}` {
		t.Error(f.text)
	}
}

// A command's path is taken apart as REST takes it.
func TestCommandsReachItemsByAnyID(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "m", domain.Manager)
	s := k.connect("bistro", "m", domain.Manager, "")
	s.open()
	s.skip += " menu_updated"
	for i, id := range tables {
		k.ok(token, "POST", "/api/menu", `{"id":`+quoted(id)+`,"name":"before","price":1}`)
		path := "/api/menu/" + url.PathEscape(id)
		if status, _, body := s.command(fmt.Sprint("p", i), "PUT", path, "{}", `{"name":"after","price":1}`); status != 200 || !strings.Contains(body, `"id":`+quoted(id)) {
			t.Errorf("PUT %s: %d %s", path, status, body)
		}
	}
	for i, id := range tables {
		if status, _, body := s.command(fmt.Sprint("d", i), "DELETE", "/api/menu/"+url.PathEscape(id), "{}", "null"); status != 200 {
			t.Errorf("DELETE %q: %d %s", id, status, body)
		}
		if n := strings.Count(k.ok(token, "GET", "/api/menu", ""), `"after"`); n != len(tables)-i-1 {
			t.Fatalf("%q: %d items are left", id, n)
		}
	}
}
