package api_test

import (
	"strings"
	"testing"

	"heard/domain"
)

// life makes an order of four versions, from the first second after noon on:
// made, moved, a line more, a discount. It answers the id and the order at each
// version.
func life(k *kitchen) (id string, versions []string) {
	k.t.Helper()
	w := k.as(domain.Waiter)
	k.tick()
	id = w.place(`{"table_id":"t1","items":[{"name":"Pizza","quantity":2,"price":10}]}`)
	see := func() {
		versions = append(versions, w.get("/api/orders/"+id).body)
		k.tick()
	}
	see()
	k.as(domain.Kitchen).put("/api/orders/"+id+"/status?status=preparing", "")
	see()
	w.post("/api/orders/"+id+"/items", `{"items":[{"name":"Chai","quantity":1,"price":5,"notes":"hot"}]}`)
	see()
	w.post("/api/orders/"+id+"/discount", `{"discount_type":"percent","discount_value":10,"reason":"late"}`)
	see()
	return id, versions
}

func TestOrderAsItWas(t *testing.T) {
	k := openAtNoon(t)
	id, versions := life(k)
	w := k.as(domain.Waiter)
	for i, want := range versions {
		n := string(rune('1' + i))
		w.get("/api/orders/"+id+"?version="+n).is(want).head("ETag", `"v`+n+`"`)
		// the clock went a second on with each event, from noon
		w.get("/api/orders/"+id+"?at=2026-01-02T12:00:0"+n+"Z").is(want).head("ETag", `"v`+n+`"`)
		w.get("/api/orders/" + id + "?at=2026-01-02T12:00:0" + n + ".999Z").is(want)
	}
	w.get("/api/orders/"+id).is(versions[3]).head("ETag", `"v4"`)
	w.get("/api/orders/" + id + "?at=2099-01-01T00:00:00Z").is(versions[3])
	// before it was made, and after the last
	w.do("GET", "/api/orders/"+id+"?at=2026-01-02T12:00:00.999Z", "").want(404, domain.OrderNotFound, "")
	w.do("GET", "/api/orders/"+id+"?version=5", "").want(404, domain.OrderNotFound, "").detail("The order has no version 5; its newest is 4")
	for query, field := range map[string]string{"version=0": "version", "version=x": "version", "at=now": "at", "at=0": "at", "version=1&at=2026-01-02T12:00:01Z": "at"} {
		w.do("GET", "/api/orders/"+id+"?"+query, "").want(422, domain.ValidationError, field)
		w.do("GET", "/api/orders/"+id+"/bill?"+query, "").want(422, domain.ValidationError, field)
	}
}

// The bill of a version is that of the order as it was, whatever came since.
func TestBillAsItWas(t *testing.T) {
	k := openAtNoon(t)
	w := k.as(domain.Waiter)
	k.tick()
	id := w.place(`{"items":[{"name":"Pizza","quantity":2,"price":10}]}`)
	bill := "/api/orders/" + id + "/bill"
	var plain, explained []string
	for _, then := range []func(){
		func() {
			k.as(domain.Manager).put("/api/settings", `{"tax_classes":{"standard":[{"code":"VAT","rate":20}]}}`)
		},
		func() { w.post("/api/orders/"+id+"/items", `{"items":[{"name":"Chai","quantity":1,"price":5}]}`) },
		func() { w.put("/api/orders/"+id+"/status?status=completed", "") },
		func() {},
	} {
		plain, explained = append(plain, w.get(bill).body), append(explained, w.get(bill+"?explain=1").body)
		k.tick()
		then()
	}
	// versions 1, 1 again under other settings, 2, 3
	for i, version := range []string{"1", "1", "2", "3"} {
		w.get(bill+"?version="+version).is(plain[i]).head("ETag", `"v`+version+`"`)
		w.get(bill + "?explain=1&version=" + version).is(explained[i])
		at := "2026-01-02T12:00:0" + string(rune('1'+i)) + "Z"
		w.get(bill+"?at="+at).is(plain[i]).head("ETag", `"v`+version+`"`)
		w.get(bill + "?explain=1&at=" + at).is(explained[i])
	}
	if plain[0] == plain[2] {
		t.Error("the bill did not change")
	}
	w.do("GET", bill+"?version=4", "").want(404, domain.OrderNotFound, "").detail("The order has no version 4; its newest is 3")
	w.do("GET", bill+"?at=2026-01-02T12:00:00.999Z", "").want(404, domain.OrderNotFound, "").detail("The order did not exist then")
	k.neighbour().as(domain.Admin).do("GET", bill+"?version=1", "").want(404, domain.OrderNotFound, "").detail("Order not found")
}

func TestTimeline(t *testing.T) {
	k := openAtNoon(t)
	id, _ := life(k)
	line := func(seq, event, role, data string) string {
		return `{"seq":` + seq + `,"prev":` + string(rune(seq[0]-1)) + `,"event":"order.` + event + `","order_id":"ID","version":` + seq + `,"at":TIME,"by":{"id":"` + role + `-1","name":"Name of ` + role + `-1","role":"` + role + `"},"data":` + data + `}`
	}
	want := "[" + strings.Join([]string{
		line("1", "created", "waiter", `{"id":"ID","number":1,"organization_id":"`+k.org+`","table_id":"t1","table_number":0,"order_type":"dine_in","items":[{"line_id":"l1","menu_item_id":"","name":"Pizza","quantity":2,"price":10.00,"price_minor":1000,"tax_class":"standard"}],"currency":"INR","settings_version":0,"menu_version":0,"waiter_id":"waiter-1","waiter_name":"Name of waiter-1"}`),
		line("2", "status_changed", "kitchen", `{"from":"pending","to":"preparing"}`),
		line("3", "items_added", "waiter", `{"items":[{"line_id":"l2","menu_item_id":"","name":"Chai","quantity":1,"added":1,"price":5.00,"price_minor":500,"notes":"hot","tax_class":"standard"}]}`),
		line("4", "discounted", "waiter", `{"discount_type":"percent","discount_value":10,"reason":"late"}`),
	}, ",") + "]"
	k.as(domain.Waiter).get("/api/orders/"+id+"/events").is(want).head("X-Next-Cursor", "")
	k.as(domain.Waiter).get("/api/events").is(want)
}

// A timeline is read in pages, like the log; others' events in between are not
// part of it.
func TestTimelineIsPaged(t *testing.T) {
	k := openAtNoon(t)
	w := k.as(domain.Waiter)
	other := w.place(onePizza)
	id, _ := life(k)
	w.put("/api/orders/"+other+"/status?status=ready", "")
	w.put("/api/orders/"+id+"/status?status=ready", "")
	at := "/api/orders/" + id + "/events"
	whole := w.get(at)
	first := w.get(at+"?limit=2").head("X-Next-Cursor", "3").head("Link", "<"+at+`?limit=2&after=3>; rel="next"`)
	second := w.get(at+"?limit=2&after=3").head("X-Next-Cursor", "5")
	last := w.get(at+"?limit=2&after=5").head("X-Next-Cursor", "")
	for i, page := range []string{"2 3", "4 5", "7"} {
		if got := []answer{first, second, last}[i].each("seq"); got != page {
			t.Errorf("page %d has %s, want %s", i, got, page)
		}
	}
	if got := strings.Trim(first.body, "[]") + "," + strings.Trim(second.body, "[]") + "," + strings.Trim(last.body, "[]"); "["+got+"]" != whole.body {
		t.Errorf("pages %s\nwhole %s", got, whole.body)
	}
	w.get(at + "?after=7").is("[]")
	w.get(at+"?limit=5").head("X-Next-Cursor", "") // exactly all
	for query, field := range map[string]string{"limit=0": "limit", "limit=1001": "limit", "limit=x": "limit", "after=-1": "after", "after=x": "after"} {
		w.do("GET", at+"?"+query, "").want(422, domain.ValidationError, field)
	}
}

func TestBillExplainsEveryStep(t *testing.T) {
	k := open(t)
	id, versions := life(k)
	w := k.as(domain.Waiter)
	bill := w.get("/api/orders/"+id+"/bill").head("ETag", `"v4"`)
	bill.has("order_id", `"`+id+`"`, "version", "4", "steps", "", "subtotal", "25.00", "discount", "2.50", "taxable", "22.50", "tax", "1.13", "tax_minor", "113",
		"total", "23.63", "total_minor", "2363", "payable", "23.63", "discounts", `[{"type":"percent","value":10,"applied":2.50,"applied_minor":250,"clamped":false}]`)
	whole := answer{t: t, body: versions[3]}
	for _, member := range []string{"currency", "subtotal", "discount", "tax", "tax_rate", "taxes", "round_off", "total_minor"} {
		if bill.raw(member) != whole.raw(member) {
			t.Errorf("%s: bill %s, order %s", member, bill.raw(member), whole.raw(member))
		}
	}
	// the steps add nothing to the figures, and the last one is the total
	explained := w.get("/api/orders/" + id + "/bill?explain=1")
	head, _, _ := strings.Cut(explained.body, `,"steps":`)
	if head+"}" != bill.body {
		t.Errorf("explained %s\nbill      %s", explained.body, bill.body)
	}
	steps := answer{t: t, body: explained.raw("steps")}.rows()
	if len(steps) < 5 {
		t.Fatalf("only %d steps: %s", len(steps), explained.body)
	}
	for _, s := range steps {
		if s.text("step") == "" || s.text("detail") == "" || s.raw("amount") == "" || s.raw("amount_minor") == "" {
			t.Errorf("a step says too little: %s", s.body)
		}
	}
	w.do("GET", "/api/orders/"+id+"/bill?explain=maybe", "").want(422, domain.ValidationError, "explain")
}

// The kitchen gets no payment data, wherever an order is shown.
func TestKitchenSeesNoPayment(t *testing.T) {
	k := open(t)
	id, versions := life(k)
	whole := versions[3]
	want := strings.Replace(whole, `,"payment_status":"unpaid"`, "", 1)
	cook := k.as(domain.Kitchen)
	cook.get("/api/orders/" + id).is(want)
	cook.get("/api/orders/" + id + "?version=4").is(want)
	cook.get("/api/orders").is("[" + want + "]")
	stale := cook.do("PUT", "/api/orders/"+id+"/status?status=ready", "", "If-Match", `"v1"`)
	if stale.want(412, domain.VersionMismatch, ""); stale.raw("order") != want {
		t.Errorf("412 shows the kitchen %s", stale.body)
	}
}

func TestUnchangedOrdersAreNotSentAgain(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	for _, tag := range []string{`"v1"`, `W/"v1"`, `"v9", "v1"`, `*`} {
		a := w.do("GET", "/api/orders/"+id, "", "If-None-Match", tag)
		if a.StatusCode != 304 || a.body != "" || a.Header.Get("ETag") != `"v1"` {
			t.Errorf("%s: %d %q %s", tag, a.StatusCode, a.body, a.Header.Get("ETag"))
		}
	}
	w.put("/api/orders/"+id+"/status?status=ready", "")
	if a := w.do("GET", "/api/orders/"+id, "", "If-None-Match", `"v1"`).ok(); a.raw("version") != "2" {
		t.Errorf("got %s", a.body)
	}
}

func TestOrdersThatAreNotThere(t *testing.T) {
	w := open(t).as(domain.Admin)
	for _, id := range []string{"nobody", "00000000-0000-7000-8000-000000000000", "a%20b", "..%2f..%2fetc", "$ne", "%00", strings.Repeat("x", 65), "a:b", "%ff", "id'"} {
		for _, c := range [][3]string{
			{"GET", "", ""}, {"GET", "/events", ""}, {"GET", "/bill", ""}, {"GET", "?version=1", ""}, {"GET", "?at=2026-01-01T00:00:00Z", ""},
			{"PUT", "/status?status=ready", ""}, {"PUT", "/cancel", ""}, {"POST", "/reopen", ""},
			{"POST", "/items", `{"items":[{"name":"x","quantity":1,"price":1}]}`}, {"POST", "/discount", `{"discount_value":0}`},
			{"PATCH", "/items/l1", `{"notes":"x"}`}, {"DELETE", "/items/l1", ""},
		} {
			w.do(c[0], "/api/orders/"+id+c[1], c[2]).want(404, domain.OrderNotFound, "").detail("Order not found")
		}
	}
}
