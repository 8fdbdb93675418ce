package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/auth"
)

// foreignIDs are ids as other systems make them, among them pairs that a path, a
// key or a pattern could take for one.
var foreignIDs = []string{
	"gid://shopify/Product/1", "gid:/shopify/Product/1", "gid://shopify/Product/1?x=1", "gid%3A%2F%2Fshopify%2FProduct%2F1", "a", "a/b", "a/", "a//b", "/", "..", ".", "../orders", "%2F", "%252F", "%2f",
	"86", "T 5", "T+5", "T%205", " T 5", "टेरेस", "e\u0301", "é", "a,b", "a#b", "a;b", "a&b=c", "<b>\"'", `\`, "{id}", "*", "\U0010FFFF", strings.Repeat("x", 255),
}

func jsonText(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// Each item is reached under its own id and under no other's: the path is taken
// apart before it is decoded, and nothing in it is tidied up.
func TestItemsAreReachedByAnyID(t *testing.T) {
	boss := open(t).as(domain.Manager)
	for _, id := range foreignIDs {
		boss.post("/api/menu", `{"id":`+jsonText(id)+`,"name":"before","price":1}`)
	}
	for i, id := range foreignIDs {
		body := `{"id":` + jsonText(id) + `,"name":"after","price":1}`
		boss.put("/api/menu/"+url.PathEscape(id), body).has("id", jsonText(id))
		if n := strings.Count(boss.get("/api/menu").body, `"after"`); n != i+1 {
			t.Fatalf("%q: %d items have changed, not %d", id, n, i+1)
		}
	}
	for i, id := range foreignIDs {
		boss.do("DELETE", "/api/menu/"+url.PathEscape(id), "").ok()
		if n := len(boss.get("/api/menu").rows()); n != len(foreignIDs)-i-1 {
			t.Fatalf("%q: %d items are left", id, n)
		}
	}
	boss.post("/api/menu", `{"id":"a","name":"x","price":1}`)
	for _, path := range []string{"/api/menu/gid://shopify/Product/1", "/api/menu//a", "/api/menu/a/", "/api/menu/x/../a", "/api/menu/./a", "/api//menu/a", "/api/menu/a%00", "/api/menu/a%0A", "/api/menu/%ff"} {
		if a := boss.do("DELETE", path, ""); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{"/api/menu/a%2", "/api/menu/%zz", "/api/menu/%"} { // no client of Go's writes these
		res, err := boss.k.http.Do(&http.Request{Method: "DELETE", URL: &url.URL{Scheme: "http", Host: boss.k.server.Addr().String(), Opaque: path}, Header: http.Header{"Authorization": {"Bearer " + boss.token}}})
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	boss.do("DELETE", "/api/menu/%61", "").ok()
}

// Orders are found by the table and the waiter they were given, and by no other.
func TestListsAreFilteredByAnyID(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Admin)
	for _, id := range foreignIDs {
		token, err := auth.Mint(secret, domain.Identity{User: id, Role: domain.Waiter}, k.org, time.Hour, time.Now())
		if err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		order := (&person{k, token}).post("/api/orders", `{"table_id":`+jsonText(id)+`,"client_order_id":`+jsonText(id)+`,"items":[{"menu_item_id":`+jsonText(id)+`,"name":"x","quantity":1,"price":1}]}`)
		order.has("table_id", jsonText(id), "waiter_id", jsonText(id), "client_order_id", jsonText(id), "items.0.menu_item_id", jsonText(id))
		boss.put("/api/orders/"+order.text("id")+"/status?status=completed", "")
	}
	for _, id := range foreignIDs {
		for _, filter := range []string{"table_id", "waiter_id"} {
			if rows := boss.get("/api/orders?status=all&" + filter + "=" + url.QueryEscape(id)).rows(); len(rows) != 1 {
				t.Errorf("%s %q: %d orders", filter, id, len(rows))
			}
		}
	}
	for _, filter := range []string{"table_id", "waiter_id", "order_type"} {
		for _, text := range []string{"a%00", "a%0Ab", "%E2%80%AEa", "%ff", strings.Repeat("x", 256)} {
			boss.do("GET", "/api/orders?"+filter+"="+text, "").want(422, domain.ValidationError, filter)
		}
	}
	boss.post("/api/admin/revoke", `{"sub":"a/b"}`)
	k.user("a", domain.Waiter).get("/api/orders")
}

// The same key is the same text, whether or not it looks the same to people; and
// what the hash covers is what was sent.
func TestKeysOfOthersAreComparedByteForByte(t *testing.T) {
	w := open(t).as(domain.Waiter)
	seen := map[string]bool{}
	for _, id := range foreignIDs {
		body := `{"client_order_id":` + jsonText(id) + `,` + onePizza[1:]
		first := w.post("/api/orders", body).text("id")
		if seen[first] {
			t.Errorf("%q is another's key", id)
		}
		seen[first] = true
		w.post("/api/orders", body).head("Idempotent-Replayed", "true").has("id", jsonText(first))
	}
	w.post("/api/orders", `{"idempotency_key":"k","customer_name":"\u200bAsha",`+onePizza[1:])
	w.do("POST", "/api/orders", `{"idempotency_key":"k","customer_name":"Asha",`+onePizza[1:]).want(422, domain.KeyReused, "")
}

// What was cleaned is found by what was typed.
func TestSearchFindsCleanedTexts(t *testing.T) {
	w := open(t).as(domain.Waiter)
	id := w.post("/api/orders", `{"customer_name":"Asha\r\nRao","customer_phone":"\u202d+91 98765\u202c",`+onePizza[1:]).has("customer_name", `"Asha Rao"`, "customer_phone", `"+91 98765"`).text("id")
	for _, q := range []string{"asha rao", "ASHA\nRAO", "\u202d+91 98765\u202c", "98765"} {
		for _, status := range []string{"", "&status=all"} {
			if rows := w.get("/api/orders?q=" + url.QueryEscape(q) + status).rows(); len(rows) != 1 {
				t.Errorf("%q%s: %d orders", q, status, len(rows))
			}
		}
	}
	w.do("GET", "/api/orders?q=a%1B", "").want(422, domain.ValidationError, "q")
	w.do("PATCH", "/api/orders/"+id+"/items/l1", `{"notes":"no onions\r\n\tno garlic"}`).ok().has("items.0.notes", `"no onions\n\tno garlic"`)
	w.put("/api/orders/"+id+"/cancel", `{"reason":"guest\rleft"}`)
	w.get("/api/orders/"+id).has("cancel_reason", `"guest\nleft"`)
}
