package api_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"heard/domain"
)

// tenant does whatever comes to its mind, with its own word in every text it may
// send: names, notes, ids, keys, headers, paths, queries.
type tenant struct {
	k      *kitchen
	word   string
	random *rand.Rand
	orders []string
	count  int
}

func (n *tenant) pick(of ...string) string { return of[n.random.IntN(len(of))] }

// text is the tenant's word with a number, so that few are equal.
func (n *tenant) text() string {
	n.count++
	return fmt.Sprintf("%s-%d", n.word, n.count)
}

func (n *tenant) order() string {
	if len(n.orders) == 0 || n.random.IntN(20) == 0 {
		return n.text()
	}
	return n.orders[n.random.IntN(len(n.orders))]
}

func (n *tenant) line() string {
	return fmt.Sprintf(`{"menu_item_id":"%s","name":"%s","quantity":%d,"price":%d,"notes":"%s","modifiers":["%s"]}`, n.text(), n.text(), 1+n.random.IntN(3), n.random.IntN(100), n.text(), n.text())
}

func (n *tenant) create() string {
	return fmt.Sprintf(`{"table_id":"%s","customer_name":"%s","customer_phone":"%s","client_order_id":"%s","%s":1,"items":[%s,%s]}`, n.pick(n.text(), n.word+"-t1"), n.text(), n.text(), n.text(), n.text(), n.line(), n.line())
}

// ask is one request, good or bad.
func (n *tenant) ask() (method, path, body string) {
	at := "/api/orders/" + n.order()
	switch n.random.IntN(23) {
	case 0, 1, 2:
		return "POST", "/api/orders", n.create()
	case 3:
		return "POST", "/api/orders/calculate", n.create()
	case 4:
		return "GET", "/api/orders?" + n.pick("", "status=all", "limit=3", "q="+n.word, "table_id="+n.word+"-t1", "waiter_id="+n.word+"-u", "status="+n.text(), "cursor="+n.text()), ""
	case 5:
		return "GET", at + n.pick("", "/events", "/bill?explain=1", "?version=1", "?at=2099-01-01T00:00:00Z"), ""
	case 6, 7:
		return "PUT", at + "/status", `{"status":"` + n.pick("preparing", "ready", "served", "completed", n.text()) + `","reason":"` + n.text() + `"}`
	case 8:
		return "POST", "/api/orders/batch-update-status", `[{"order_id":"` + n.order() + `","status":"ready"},{"order_id":"` + n.text() + `","status":"` + n.text() + `"}]`
	case 9, 10:
		return "POST", at + "/items", `{"items":[` + n.line() + `]}`
	case 11:
		return "PATCH", at + "/items/" + n.pick("l1", "l2", n.text()), `{"notes":"` + n.text() + `"}`
	case 12:
		return "DELETE", at + "/items/" + n.pick("l1", "l2", n.text()), ""
	case 13:
		return "POST", at + "/discount", `{"discount_type":"` + n.pick("amount", n.text()) + `","discount_value":1,"reason":"` + n.text() + `"}`
	case 14:
		return n.pick("POST", "PUT"), at + n.pick("/reopen", "/cancel"), `{"reason":"` + n.text() + `"}`
	case 15:
		return "POST", "/api/menu", `{"id":"` + n.text() + `","name":"` + n.text() + `","category":"` + n.text() + `","station":"` + n.text() + `","price":1}`
	case 16:
		return "GET", n.pick("/api/menu", "/api/settings", "/api/events", "/api/events?limit=5&after=3"), ""
	case 17:
		return "PUT", "/api/settings", `{"status_aliases":{"` + n.text() + `":"ready"},"charges":[{"code":"` + n.text() + `","type":"amount","value":1}]}`
	case 18:
		return "POST", "/api/menu/86", `{"item_ids":["` + n.text() + `"]}`
	case 19:
		return "POST", "/api/admin/revoke", `{"sub":"` + n.text() + `"}`
	case 20:
		return "GET", "/api/" + n.text(), ""
	case 21:
		return "POST", "/api/orders/batch", `{"orders":[{"items":[]},{"table_id":"` + n.text() + `","items":[{"name":"` + n.text() + `"}]}]}`
	}
	return "POST", "/api/orders", `{"` + n.text() + `":` + n.pick("", "1}", `"`+n.text())
}

// step asks as one of the staff, now and then under a key that comes again.
func (n *tenant) step() answer {
	method, path, body := n.ask()
	p := n.k.user(n.word+"-u", domain.Roles()[n.random.IntN(2)])
	headers := []string{"X-Request-Id", n.text()}
	if n.random.IntN(3) == 0 {
		headers = append(headers, "Idempotency-Key", n.pick(n.text(), "the same key"))
	}
	if n.random.IntN(8) == 0 {
		headers = append(headers, "If-Match", `"v1"`)
	}
	a := p.do(method, path, body, headers...)
	if a.StatusCode == 200 && method == "POST" && path == "/api/orders" {
		n.orders = append(n.orders, a.text("id"))
	}
	if a.StatusCode >= 500 {
		n.k.t.Errorf("%s: %d %s", a.asked, a.StatusCode, a.body)
	}
	return a
}

// Two organisations live on one server. Nothing that one gets, body or header,
// has a word of the other's in it, and the numbers of each have no gap.
func TestTwoTenantsDoNotSeeEachOther(t *testing.T) {
	seed := rand.Uint64()
	k := open(t)
	tenants := []*tenant{
		{k: k, word: "mango", random: rand.New(rand.NewPCG(seed, 1))},
		{k: k.neighbour(), word: "durian", random: rand.New(rand.NewPCG(seed, 2))},
	}
	statuses := map[int]int{}
	for i := range 1000 {
		n, other := tenants[i%2], tenants[1-i%2]
		a := n.step()
		statuses[a.StatusCode]++
		all := a.body + fmt.Sprint(a.Header)
		for _, theirs := range append(other.orders, other.word, other.k.org) {
			if strings.Contains(all, theirs) {
				t.Fatalf("seed %d, step %d: %s got %q in %s %v", seed, i, a.asked, theirs, a.body, a.Header)
			}
		}
	}
	if statuses[200] < 200 || statuses[404] == 0 || statuses[422] == 0 || statuses[412] == 0 {
		t.Errorf("seed %d: the run showed little: %v", seed, statuses)
	}
	for _, n := range tenants {
		for i, row := range n.k.as(domain.Admin).get("/api/orders?status=all").rows() {
			if row.raw("number") != fmt.Sprint(len(n.distinct())-i) {
				t.Fatalf("seed %d: %s has number %s in row %d of %d", seed, n.word, row.raw("number"), i, len(n.distinct()))
			}
		}
	}
	metrics := (&person{k: k}).do("GET", "/metrics", "").body + (&person{k: k}).do("GET", "/openapi.json", "").body
	for _, n := range tenants {
		if strings.Contains(metrics, n.word) || strings.Contains(metrics, n.k.org) {
			t.Errorf("metrics or document name %s", n.word)
		}
	}
}

// distinct are the tenant's orders; a replay answered one of them again.
func (n *tenant) distinct() map[string]bool {
	ids := map[string]bool{}
	for _, id := range n.orders {
		ids[id] = true
	}
	return ids
}
