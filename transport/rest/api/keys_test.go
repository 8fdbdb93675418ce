package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"heard/domain"
)

// keyed is a write and how it takes its key.
type keyed struct {
	name, method, path, body string
	headers                  []string
}

// The same key and request again is the first answer, byte for byte, and one
// effect; another request under the key is refused.
func TestKeyOfACreate(t *testing.T) {
	for _, c := range []keyed{
		{"header", "POST", "/api/orders", onePizza, []string{"Idempotency-Key", "k1"}},
		{"body", "POST", "/api/orders", `{"idempotency_key":"k1",` + onePizza[1:], nil},
		{"client order id", "POST", "/api/orders", `{"client_order_id":"k1",` + onePizza[1:], nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t).as(domain.Waiter)
			first := w.do(c.method, c.path, c.body, c.headers...).ok().head("Idempotent-Replayed", "").head("ETag", `"v1"`)
			id := first.text("id")
			w.put("/api/orders/"+id+"/status?status=ready", "") // the answer is the first one, not what became of it
			for range 2 {
				w.do(c.method, c.path, c.body, c.headers...).ok().head("Idempotent-Replayed", "true").head("ETag", `"v1"`).is(first.body)
			}
			// white space and 1.00 for 1 ask the same
			w.do(c.method, c.path, strings.ReplaceAll(strings.Replace(c.body, `"quantity":1`, `"quantity":"1.00"`, 1), ",", " ,\n"), c.headers...).ok().head("Idempotent-Replayed", "true").is(first.body)
			before := w.state()
			w.do(c.method, c.path, strings.Replace(c.body, `"quantity":1`, `"quantity":2`, 1), c.headers...).want(422, domain.KeyReused, "").
				detail("The idempotency key was used with another request") // wherever it came from
			w.do("PUT", "/api/orders/"+id+"/cancel", "", "Idempotency-Key", "k1").want(422, domain.KeyReused, "")
			if got := w.state(); got != before {
				t.Errorf("something changed:\n%s", got)
			}
			if got := w.get("/api/orders?status=all").each("number"); got != "1" {
				t.Errorf("orders %s", got)
			}
			if a := (answer{t: t, body: first.body}); c.name == "client order id" && a.text("client_order_id") != "k1" {
				t.Errorf("the order lost its client's id: %s", a.body)
			}
		})
	}
}

// Every write takes a key. Each is sent twice, then in another form.
func TestKeyOfEveryWrite(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Admin)
	boss.put("/api/menu", "["+dosa+","+chai+"]")
	id, done := boss.place(`{"items":[{"name":"a","quantity":1,"price":1},{"name":"b","quantity":1,"price":1}]}`), boss.place(onePizza)
	boss.put("/api/orders/"+done+"/status?status=completed", "")
	at := "/api/orders/" + id
	for i, c := range [][4]string{
		{"PUT", at + "/status", `{"status":"preparing"}`, `{"status":"ready"}`},
		{"PUT", at + "/status?status=ready", "", `{"reason":"x"}`},
		{"POST", at + "/items", `{"items":[{"name":"c","quantity":1,"price":1}]}`, `{"items":[{"name":"c","quantity":2,"price":1}]}`},
		{"PATCH", at + "/items/l1", `{"quantity":5}`, `{"quantity":5,"notes":""}`},
		{"DELETE", at + "/items/l2?reason=x", "", `{"line_id":"l2","idempotency_key":"x"}`},
		{"POST", at + "/discount", `{"discount_type":"percent","discount_value":5}`, `{"discount_type":"percent","discount_value":6}`},
		{"POST", "/api/orders/" + done + "/reopen", "", `{"reason":"x"}`},
		{"POST", "/api/orders/batch-update-status", `[{"order_id":"` + id + `","status":"served"},{"order_id":"nobody","status":"served"}]`, `[{"order_id":"` + id + `","status":"ready"}]`},
		{"POST", "/api/orders/batch", `{"orders":[` + onePizza + `,{"items":[]}]}`, `{"orders":[` + onePizza + `]}`},
		{"PUT", at + "/cancel", `{"reason":"late"}`, `{}`},
		{"POST", "/api/menu", `{"name":"Vada","price":1}`, `{"name":"Vada","price":2}`},
		{"PUT", "/api/menu/dosa", `{"name":"D","price":1}`, `{"name":"D","price":2}`},
		{"POST", "/api/menu/86", `{"item_ids":["dosa"]}`, `{"item_ids":["dosa"],"available":true}`},
		{"DELETE", "/api/menu/chai", "", `{"idempotency_key":"x"}`},
		{"PUT", "/api/menu", `[{"id":"x","name":"X","price":1}]`, `[]`},
		{"PUT", "/api/settings", `{"round_off":{"increment":1}}`, `{"round_off":null}`},
		{"POST", "/api/admin/revoke", `{"sub":"x"}`, `{"sub":"y"}`},
	} {
		key := fmt.Sprint("key-", i)
		first := boss.do(c[0], c[1], c[2], "Idempotency-Key", key).ok().head("Idempotent-Replayed", "")
		before := boss.state()
		again := boss.do(c[0], c[1], c[2], "Idempotency-Key", key).ok().is(first.body)
		again.head("Idempotent-Replayed", "true").head("ETag", first.Header.Get("ETag"))
		boss.do(c[0], c[1], c[3], "Idempotency-Key", key).want(422, domain.KeyReused, "")
		boss.do("POST", "/api/orders", onePizza, "Idempotency-Key", key).want(422, domain.KeyReused, "")
		if boss.state() != before {
			t.Errorf("%s: a replay changed something", first.asked)
		}
	}
}

// A command that has nothing to do keeps its key as well: the same answer comes
// again, also when there would be something to do by then.
func TestKeyOfWhatHadNothingToDo(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	id := boss.place(onePizza)
	for i, c := range [][3]string{
		{"PUT", "/api/orders/" + id + "/status?status=pending", ""},
		{"PATCH", "/api/orders/" + id + "/items/l1", `{"quantity":1}`},
		{"POST", "/api/orders/" + id + "/discount", `{"discount_value":0}`},
		{"PUT", "/api/settings", `{"currency":"INR"}`},
		{"POST", "/api/orders/batch-update-status", `[{"order_id":"` + id + `","status":"pending"},{"order_id":"nobody","status":"ready"}]`},
		{"POST", "/api/orders/batch", `[{"items":[]},{"items":[]}]`},
	} {
		key := fmt.Sprint("key-", i)
		before := boss.state()
		first := boss.do(c[0], c[1], c[2], "Idempotency-Key", key).ok()
		if boss.state() != before {
			t.Errorf("%s: had an effect", first.asked)
		}
		boss.do("PATCH", "/api/orders/"+id+"/items/l1", `{"notes":"`+key+`","quantity":2}`).ok()
		boss.do(c[0], c[1], c[2], "Idempotency-Key", key).ok().is(first.body).head("Idempotent-Replayed", "true").head("ETag", first.Header.Get("ETag"))
		boss.get("/api/orders/"+id).has("items.0.quantity", "2", "items.0.notes", `"`+key+`"`)
		boss.do("PATCH", "/api/orders/"+id+"/items/l1", `{"notes":"","quantity":1}`).ok()
		boss.do("POST", "/api/orders", onePizza, "Idempotency-Key", key).want(422, domain.KeyReused, "")
	}
}

func TestTwinWaitsForTheAnswerOfTheFirst(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	const twins = 24
	answers := make([]answer, twins)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var err error
			if answers[i], err = w.try("POST", "/api/orders", onePizza, "Idempotency-Key", "k1"); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	first := 0
	for _, a := range answers {
		a.ok().is(answers[0].body)
		if a.Header.Get("Idempotent-Replayed") == "" {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d answers say that they are the first", first)
	}
	if got := w.get("/api/orders").each("number"); got != "1" {
		t.Errorf("orders %s", got)
	}
}

// Twins that ask something else are refused, whoever of them is first.
func TestOneOfManyRequestsTakesTheKey(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	codes := make([]int, 16)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a, err := w.try("POST", "/api/orders", strings.Replace(onePizza, `"quantity":1`, fmt.Sprintf(`"quantity":%d`, i+1), 1), "Idempotency-Key", "k1")
			if err != nil {
				t.Error(err)
				return
			}
			codes[i] = a.StatusCode
		}()
	}
	wg.Wait()
	count := map[int]int{}
	for _, code := range codes {
		count[code]++
	}
	if count[200] != 1 || count[422] != 15 {
		t.Errorf("answers: %v", count)
	}
	if got := w.get("/api/orders").each("number"); got != "1" {
		t.Errorf("orders %s", got)
	}
}

func TestRefusalsAreNotRemembered(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	boss.post("/api/menu", `{"id":"dosa","name":"Dosa","price":10}`)
	boss.post("/api/menu/86", `{"item_ids":["dosa"]}`)
	order := `{"items":[{"menu_item_id":"dosa","quantity":1}]}`
	boss.do("POST", "/api/orders", order, "Idempotency-Key", "k1").want(409, domain.ItemSoldOut, "")
	boss.do("POST", "/api/orders", `{"items":[]}`, "Idempotency-Key", "k1").want(400, domain.EmptyOrder, "")
	boss.post("/api/menu/86", `{"item_ids":["dosa"],"available":true}`)
	id := boss.do("POST", "/api/orders", order, "Idempotency-Key", "k1").ok().head("Idempotent-Replayed", "").text("id")
	// a stale If-Match is a refusal, too; the header is part of what is asked
	at := "/api/orders/" + id + "/status?status=ready"
	boss.do("PUT", at, "", "Idempotency-Key", "k2", "If-Match", `"v9"`).want(412, domain.VersionMismatch, "")
	boss.do("PUT", at, "", "Idempotency-Key", "k2", "If-Match", `"v1"`).ok()
	// the key comes before If-Match: the repeat is answered though v1 is stale by now
	boss.do("PUT", at, "", "Idempotency-Key", "k2", "If-Match", `"v1"`).ok().head("Idempotent-Replayed", "true").head("ETag", `"v2"`)
	boss.do("PUT", at, "", "Idempotency-Key", "k2", "If-Match", `"v2"`).want(422, domain.KeyReused, "")
	boss.do("PUT", at, "", "Idempotency-Key", "k2").want(422, domain.KeyReused, "")
}

func TestKeysOfOtherOrganisationsAreOthers(t *testing.T) {
	k := open(t)
	a, b := k.as(domain.Waiter), k.neighbour().as(domain.Waiter)
	first := a.do("POST", "/api/orders", onePizza, "Idempotency-Key", "k1").ok()
	second := b.do("POST", "/api/orders", strings.Replace(onePizza, "Pizza", "Chai", 1), "Idempotency-Key", "k1").ok().head("Idempotent-Replayed", "")
	if second.text("id") == first.text("id") || second.text("organization_id") == first.text("organization_id") {
		t.Errorf("got %s", second.body)
	}
	a.do("POST", "/api/orders", onePizza, "Idempotency-Key", "k1").ok().is(first.body)
}

func TestKeysThatAreNone(t *testing.T) {
	w := open(t).as(domain.Waiter)
	before := w.state()
	for _, key := range []string{strings.Repeat("k", 256), "schlüssel", "tab\there"} {
		w.do("POST", "/api/orders", onePizza, "Idempotency-Key", key).want(422, domain.ValidationError, "Idempotency-Key")
	}
	for _, key := range []string{strings.Repeat("k", 257), `new\nline`, `\u2028`} {
		w.do("POST", "/api/orders", `{"idempotency_key":"`+key+`",`+onePizza[1:]).want(422, domain.ValidationError, "idempotency_key")
		w.do("POST", "/api/orders", `{"client_order_id":"`+key+`",`+onePizza[1:]).want(422, domain.ValidationError, "client_order_id")
	}
	if w.state() != before {
		t.Error("something changed")
	}
	w.do("POST", "/api/orders", onePizza, "Idempotency-Key", strings.Repeat("k", 255)).ok()
	// the header wins over the body, idempotency_key over client_order_id
	w.do("POST", "/api/orders", `{"idempotency_key":"b","client_order_id":"c",`+onePizza[1:], "Idempotency-Key", "a").ok()
	w.do("POST", "/api/orders", `{"idempotency_key":"b","client_order_id":"c",`+onePizza[1:]).ok().head("Idempotent-Replayed", "")
	w.do("POST", "/api/orders", `{"client_order_id":"c",`+onePizza[1:]).ok().head("Idempotent-Replayed", "")
	if got := w.get("/api/orders").each("number"); got != "4 3 2 1" {
		t.Errorf("orders %s", got)
	}
}

// What a key answers is seen with the eyes of who asks: the kitchen gets no
// payment data out of a waiter's answer.
func TestReplayIsSeenByRole(t *testing.T) {
	k := open(t)
	w, cook := k.as(domain.Waiter), k.as(domain.Kitchen)
	id := w.do("POST", "/api/orders", onePizza, "Idempotency-Key", "k1").ok().text("id")
	w.do("PATCH", "/api/orders/"+id+"/items/l1", `{}`, "Idempotency-Key", "k2").ok().has("payment_status", `"unpaid"`)
	cook.do("POST", "/api/orders", onePizza, "Idempotency-Key", "k1").ok().has("payment_status", "", "id", `"`+id+`"`)
	cook.do("PATCH", "/api/orders/"+id+"/items/l1", `{}`, "Idempotency-Key", "k2").ok().has("payment_status", "", "id", `"`+id+`"`)
}
