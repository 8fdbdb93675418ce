package api_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
)

func TestListOfNothingIsEmpty(t *testing.T) {
	w := open(t).as(domain.Kitchen)
	w.get("/api/orders").is("[]").head("X-Next-Cursor", "").head("Link", "").head("ETag", "")
	w.get("/api/orders?status=all&limit=100").is("[]")
}

// evening places orders 1 to 6 of different kinds, one second apart where the
// clock stands, and answers their ids.
func evening(k *kitchen) (ids []string) {
	k.t.Helper()
	for i, c := range []struct {
		user, body, status string
		role               domain.Role
	}{
		{"asha", `{"table_id":"t1","customer_name":"Ravi Kumar","items":[{"name":"Masala Dosa","quantity":1,"price":120}]}`, "pending", domain.Waiter},
		{"asha", `{"table_id":"t2","customer_phone":"98450-77","items":[{"name":"Chai","quantity":1,"price":12}]}`, "preparing", domain.Waiter},
		{"bela", `{"table_id":"t1","order_type":"takeaway","items":[{"name":"Idli","quantity":1,"price":40}]}`, "ready", domain.Cashier},
		{"bela", `{"table_id":"t3","client_order_id":"till-Ü-9","items":[{"name":"Vada","quantity":1,"price":30},{"name":"Filter Kaapi","quantity":1,"price":30}]}`, "served", domain.Cashier},
		{"asha", `{"order_type":"delivery","items":[{"name":"Dosa","quantity":1,"price":90}]}`, "completed", domain.Waiter},
		{"bela", `{"table_id":"t2","items":[{"name":"Thali","quantity":1,"price":200}]}`, "cancelled", domain.Cashier},
	} {
		p := k.user(c.user, c.role)
		k.tick()
		ids = append(ids, p.place(c.body))
		if c.status != "pending" {
			p.put("/api/orders/"+ids[i]+"/status?status="+c.status, "")
		}
	}
	return ids
}

func TestListFilters(t *testing.T) {
	k := open(t)
	evening(k)
	w := k.as(domain.Waiter)
	for query, want := range map[string]string{
		"":                               "4 3 2 1",
		"status=all":                     "6 5 4 3 2 1",
		"status=pending":                 "1",
		"status=pending,ready":           "3 1",
		"status=ready&status=served":     "4 3",
		"status=completed":               "5",
		"status=cancelled,%20completed":  "6 5",
		"table_id=t1":                    "3 1",
		"table_id=t2&status=all":         "6 2",
		"table_id=counter&status=all":    "5",
		"table_id=t":                     "",
		"waiter_id=bela":                 "4 3",
		"waiter_id=asha&status=all":      "5 2 1",
		"order_type=takeaway":            "3",
		"order_type=dine_in&status=all":  "6 4 2 1",
		"q=dosa":                         "1",
		"q=DOSA&status=all":              "5 1",
		"q=ravi":                         "1",
		"q=98450-77":                     "2",
		"q=t3":                           "4",
		"q=" + url.QueryEscape("till-ü"): "4",
		"q=kaapi":                        "4",
		"q=6&status=all":                 "6",
		"q=nothing":                      "",
		"limit=2":                        "4 3",
		"status=all&limit=100":           "6 5 4 3 2 1",
		"waiter_id=asha&table_id=t1&order_type=dine_in&q=masala&status=pending&limit=1": "1",
		"_=1700000000": "4 3 2 1", "status=": "4 3 2 1", "status=,": "4 3 2 1", "limit=&q=": "4 3 2 1",
	} {
		if got := w.get("/api/orders?" + query).each("number"); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

// A bound from below takes the moment itself, one from above does not.
func TestListFiltersByTime(t *testing.T) {
	k := openAtNoon(t)
	ids := evening(k)
	w := k.as(domain.Waiter)
	k.tick()
	w.put("/api/orders/"+ids[1]+"/status?status=ready", "") // the newest change is order 2's
	created := func(i int) string { return w.get("/api/orders/" + ids[i-1]).text("created_at") }
	for query, want := range map[string]string{
		"created_from=" + created(3):                               "6 5 4 3",
		"created_to=" + created(3):                                 "2 1",
		"created_from=" + created(2) + "&created_to=" + created(4): "3 2",
		"updated_after=" + created(4):                              "6 5 4 2",
		"updated_after=" + created(6):                              "6 2",
		"created_from=2026-01-02T17:30:03%2B05:30":                 "6 5 4 3",
		"created_from=2026-01-02T17:30:03+05:30":                   "6 5 4 3", // a + that nobody escaped
		"created_to=2026-01-02T12:00:00Z":                          "",
	} {
		if got := w.get("/api/orders?status=all&" + query).each("number"); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

func TestListRefusesWhatItCannotMean(t *testing.T) {
	k := open(t)
	evening(k)
	w := k.as(domain.Waiter)
	for query, field := range map[string]string{
		"limit=101": "limit", "limit=0": "limit", "limit=-1": "limit", "limit=ten": "limit", "limit=1.5": "limit", "limit=99999999999999999999": "limit",
		"cursor=x": "cursor", "cursor=0": "cursor", "cursor=-1": "cursor", "cursor=1%00": "cursor",
		"cursor=9-1700000000000": "cursor", "updated_after=2026-01-01T00:00:00Z&cursor=9-": "cursor", "updated_after=2026-01-01T00:00:00Z&cursor=9-0": "cursor",
		"created_from=yesterday": "created_from", "created_to=2026-13-01T00:00:00Z": "created_to", "updated_after=1700000000": "updated_after",
		"q=%00": "q", "table_id=%ff": "table_id", "waiter_id=a%0Ab": "waiter_id", "q=" + strings.Repeat("x", 257): "q",
	} {
		w.do("GET", "/api/orders?"+query, "").want(422, domain.ValidationError, field)
	}
	for _, query := range []string{"status=open", "status=all,pending", "status=PENDING", "status=pending,nowhere"} {
		w.do("GET", "/api/orders?"+query, "").want(400, domain.InvalidStatus, "status")
	}
	for _, query := range []string{"order_type=drone", "order_type=Takeaway", "order_type=takeaway,delivery", "status=all&order_type=%00"} {
		w.do("GET", "/api/orders?"+query, "").want(400, domain.BadRequest, "order_type")
	}
	long := strings.Repeat("pending,", 101)
	w.do("GET", "/api/orders?status="+long, "").want(422, domain.ValidationError, "status")
}

// next follows the Link header, as a client does.
func next(a answer) string {
	a.t.Helper()
	link := a.Header.Get("Link")
	if link == "" {
		if a.Header.Get("X-Next-Cursor") != "" {
			a.t.Errorf("%s: a cursor without a link", a.asked)
		}
		return ""
	}
	path, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	u, err := url.Parse(path)
	if err != nil || !ok || u.Query().Get("cursor") != a.Header.Get("X-Next-Cursor") {
		a.t.Fatalf("%s: Link %s, X-Next-Cursor %s", a.asked, link, a.Header.Get("X-Next-Cursor"))
	}
	return path
}

func TestPagesShowEachOrderOnceWhileNewOnesCome(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	const there = 25
	for range there {
		w.place(onePizza)
	}
	for i, row := range w.get("/api/orders?limit=5").rows() { // closed ones too
		w.put("/api/orders/"+row.text("id")+"/status?status="+[]string{"completed", "cancelled", "ready"}[i%3], "")
	}
	// when orders come in between the pages
	var numbers []string
	pages := 0
	for path := "/api/orders?status=all&q=&limit=7"; path != ""; pages++ {
		a := w.get(path)
		numbers = append(numbers, strings.Fields(a.each("number"))...)
		path = next(a)
		w.place(onePizza)
	}
	// then each order of the beginning was there once, newest first
	if pages != 4 || len(numbers) != there {
		t.Fatalf("%d pages, orders %v", pages, numbers)
	}
	for i, n := range numbers {
		if n != fmt.Sprint(there-i) {
			t.Fatalf("row %d is order %s: %v", i, n, numbers)
		}
	}
}

// The last page says that it is the last, also when it is full.
func TestLastPageHasNoCursor(t *testing.T) {
	w := open(t).as(domain.Waiter)
	for range 4 {
		w.place(onePizza)
	}
	a := w.get("/api/orders?limit=2")
	a.head("X-Next-Cursor", "3")
	if got := w.get(next(a)); got.each("number") != "2 1" || next(got) != "" {
		t.Errorf("second page %s, next %q", got.each("number"), next(got))
	}
	if a := w.get("/api/orders?limit=4"); next(a) != "" {
		t.Errorf("all of them have a next page %q", next(a))
	}
	w.get("/api/orders?cursor=1&limit=2").is("[]").head("Link", "")
}

// The link to the next page asks for the same orders, whatever the words in it.
func TestLinkKeepsTheQuery(t *testing.T) {
	w := open(t).as(domain.Waiter)
	for range 3 {
		w.place(`{"customer_name":"a&b=c ü+d%","items":[{"name":"x","quantity":1,"price":1}]}`)
		w.place(onePizza)
	}
	a := w.get("/api/orders?limit=2&status=pending,ready&q=" + url.QueryEscape("&b=c ü+d%"))
	if a.each("number") != "5 3" {
		t.Fatalf("listed %s", a.each("number"))
	}
	if a = w.get(next(a)); a.each("number") != "1" || next(a) != "" {
		t.Errorf("next page: %s", a.each("number"))
	}
}

// Without a limit all active orders come, up to 1,000.
func TestListWithoutLimitHoldsAThousand(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	one, ten := money.FromMinor(1, 0), money.FromMinor(10, 0)
	together(1008, func(int) { // past HTTP, which would take most of the time
		_, err := k.engine.Execute(context.Background(), &domain.Request{
			Org: k.org, By: domain.Identity{User: "u", Role: domain.Waiter, IssuedAt: 1},
			Command: &order.Create{Items: []order.ItemRequest{{Name: "Pizza", Quantity: &one, Price: &ten}}},
		})
		if err != nil {
			t.Error(err)
		}
	})
	a := w.get("/api/orders")
	rows := a.rows()
	if len(rows) != 1000 || rows[0].raw("number") != "1008" || rows[999].raw("number") != "9" {
		t.Fatalf("%d rows, from %s to %s", len(rows), rows[0].raw("number"), rows[len(rows)-1].raw("number"))
	}
	a.head("X-Next-Cursor", "9")
	if got := w.get(next(a)).each("number"); got != "8 7 6 5 4 3 2 1" {
		t.Errorf("the rest: %s", got)
	}
}

func TestRowsOfAListAreWholeOrders(t *testing.T) {
	k := open(t)
	evening(k)
	w := k.as(domain.Waiter)
	for _, row := range w.get("/api/orders?status=all").rows() {
		if got := w.get("/api/orders/" + row.text("id")).body; got != row.body {
			t.Errorf("listed %s\nread   %s", row.body, got)
		}
	}
}
