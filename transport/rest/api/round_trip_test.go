package api_test

import (
	"strings"
	"testing"
	"time"

	"heard/domain"
)

// What a screen has read it can write back: nothing is refused, lost or changed.
func TestWhatWasReadCanBePutBack(t *testing.T) {
	boss := open(t).as(domain.Manager)
	boss.put("/api/settings", `{"tax_classes":{"standard":[{"code":"CGST","rate":2.5},{"code":"CESS","rate":0,"compound":true}],"zero":[]},"round_off":{"increment":0.05},
		"charges":[{"code":"service","type":"percent","value":10,"tax_class":"standard"},{"code":"box","type":"amount","value":5,"inclusive":true}],
		"status_aliases":{"done":"completed"},"permissions":{"cancel":[],"complete":["cashier","admin"]}}`)
	boss.put("/api/menu", "["+dosa+","+chai+`,{"id":"vada","name":"Vada","price":30,"tax_class":null}]`)
	until := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	boss.post("/api/menu/86", `{"item_ids":["vada"],"until":"`+until+`"}`)
	before := boss.state()
	for _, path := range []string{"/api/settings", "/api/menu"} {
		read := boss.get(path)
		tag := read.Header.Get("ETag")
		boss.do("PUT", path, read.body, "If-Match", tag).ok().is(read.body).head("ETag", tag)
		// under a key, too, and again
		boss.do("PUT", path, read.body, "Idempotency-Key", path).ok().is(read.body).head("ETag", tag)
		boss.do("PUT", path, read.body, "Idempotency-Key", path).ok().is(read.body).head("ETag", tag).head("Idempotent-Replayed", "true")
	}
	for i, item := range boss.get("/api/menu").rows() {
		id := strings.Fields("dosa chai vada")[i]
		boss.put("/api/menu/"+id, item.body).is(item.body)
	}
	if got := boss.state(); got != before {
		t.Errorf("something changed\nbefore %s\nafter  %s", before, got)
	}
	// one member changed is one member changed
	read := boss.get("/api/settings")
	a := boss.put("/api/settings", strings.Replace(read.body, `"price_override":false`, `"price_override":true`, 1))
	if a.raw("version") == read.raw("version") || a.raw("price_override") != "true" || a.raw("charges") != read.raw("charges") {
		t.Errorf("%s", a.body)
	}
}

func TestNullTaxClassOverREST(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	for i, c := range [][2]string{{"POST", "/api/menu"}, {"PUT", "/api/menu/milk"}, {"PUT", "/api/menu"}} {
		item := `{"id":"milk","name":"Milk","price":` + string(rune('1'+i)) + `,"tax_class":null}`
		if i == 2 {
			item = "[" + item + "]"
		}
		boss.do(c[0], c[1], item).ok()
		boss.get("/api/menu").has("0.tax_class", "null")
		w.post("/api/orders/calculate", `{"items":[{"menu_item_id":"milk","quantity":1}]}`).has("tax", "0.00")
		w.post("/api/orders", `{"items":[{"menu_item_id":"milk","quantity":1}]}`).has("tax", "0.00", "items.0.tax_class", "")
	}
	boss.put("/api/menu/milk", `{"name":"Milk","price":30}`).has("tax_class", "")
	w.post("/api/orders", `{"items":[{"menu_item_id":"milk","quantity":1}]}`).has("tax", "1.50")
}

// A number that is left out of the settings is not 0, and nothing is there twice.
func TestSettingsThatAreIncomplete(t *testing.T) {
	boss := open(t).as(domain.Admin)
	before := boss.state()
	for body, field := range map[string]string{
		`{"tax_classes":{"standard":[{"code":"GST"}]}}`:     "tax_classes.standard[0].rate",
		`{"charges":[{"code":"service","type":"percent"}]}`: "charges[0].value",
		`{"round_off":{}}`: "round_off.increment",
		`{"tax_classes":{"standard":[{"code":"GST","rate":5},{"code":"GST","rate":5}]}}`:         "tax_classes.standard[1].code",
		`{"permissions":{"complete":["cashier","cashier"]}}`:                                     "permissions.complete[1]",
		`{"timezone":"Asia` + strings.Repeat("/", 100) + `Kolkata"}`:                             "timezone",
		`{"tax_classes":{"standard":[{"code":"GST","rate":5,"rates":5}]},"price_override":true}`: "tax_classes.standard[0].rates",
	} {
		boss.do("PUT", "/api/settings", body).want(422, domain.ValidationError, field)
	}
	if boss.state() != before {
		t.Error("something changed")
	}
}

// Two groups may have an option of one name; its group, or its price, says which.
func TestOptionsThatShareAName(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.put("/api/menu", `[{"id":"meal","name":"Meal","price":100,"modifier_groups":[{"id":"b","name":"Burger","options":[{"name":"Large","price":30}]},{"id":"d","name":"Drink","options":[{"name":"Large","price":10}]}]}]`)
	order := func(modifiers string) string {
		return `{"items":[{"menu_item_id":"meal","quantity":1,"modifiers":[` + modifiers + `]}]}`
	}
	id := w.place(order(`"Large","Large"`))
	w.get("/api/orders/"+id).has("subtotal", "140.00")
	for modifiers, subtotal := range map[string]string{`{"name":"Large","group":"d"}`: "110.00", `{"name":"Large","price":10}`: "110.00", `{"name":"Large","group":"Burger","price":"30"}`: "130.00"} {
		w.post("/api/orders", order(modifiers)).has("subtotal", subtotal).head("X-Ignored-Fields", "")
		w.post("/api/orders/calculate", order(modifiers)).has("subtotal", subtotal)
		w.do("PATCH", "/api/orders/"+id+"/items/l1", `{"modifiers":[`+modifiers+`]}`).ok().has("subtotal", subtotal)
	}
	w.do("POST", "/api/orders", order(`"Large"`)).want(422, domain.ValidationError, "items[0].modifiers[0]").detail(`items[0].modifiers[0]: "Large" is in Burger for 30.00 and in Drink for 10.00: name its group, or its price`)
}

// Where only the menu is sold, that goes for modifiers and their number.
func TestModifiersOfTheMenuAlone(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.put("/api/menu", `[{"id":"thali","name":"Thali","price":200,"modifier_groups":[{"id":"b","name":"Bread","min":1,"max":2,"options":[{"name":"Roti"},{"name":"Naan","price":20}]}]}]`)
	order := func(modifiers string) string {
		return `{"items":[{"menu_item_id":"thali","quantity":1,"modifiers":[` + modifiers + `]}]}`
	}
	w.place(order(`"Ghee"`)) // accepted by default
	boss.put("/api/settings", `{"open_items":"refuse"}`)
	id := w.place(order(`"Naan"`))
	for modifiers, field := range map[string]string{
		`"Roti","Ghee"`: "items[0].modifiers[1]", ``: "items[0].modifiers", `"Roti","Roti","Roti"`: "items[0].modifiers",
	} {
		for path, body := range map[string]string{"/api/orders": order(modifiers), "/api/orders/calculate": order(modifiers), "/api/orders/" + id + "/items": order(modifiers)} {
			w.do("POST", path, body).want(422, domain.ValidationError, field)
		}
		w.do("PATCH", "/api/orders/"+id+"/items/l1", `{"modifiers":[`+modifiers+`]}`).want(422, domain.ValidationError, strings.TrimPrefix(field, "items[0]."))
	}
	w.do("POST", "/api/orders", order(`{"name":"Naan","price":1}`)).want(422, domain.PriceMismatch, "items[0].modifiers[0].price")
	boss.place(order(`{"name":"Naan","price":1}`))
	// taken off the menu, what was sold keeps its price
	boss.do("DELETE", "/api/menu/thali", "").ok()
	w.do("PATCH", "/api/orders/"+id+"/items/l1", `{"price":0}`).want(422, domain.PriceMismatch, "price")
	boss.do("PATCH", "/api/orders/"+id+"/items/l1", `{"price":0}`).ok().has("items.0.price", "0.00")
}

// Ids like ours can be given as long as no later line would be given the same.
func TestLineIDsLikeOurs(t *testing.T) {
	w := open(t).as(domain.Waiter)
	line := func(id string) string {
		return `{"items":[{"line_id":"` + id + `","name":"Chai","quantity":1,"price":10}]}`
	}
	w.do("POST", "/api/orders", line("l9999999999")).want(422, domain.ValidationError, "items[0].line_id")
	id := w.place(line("l999999999"))
	w.do("POST", "/api/orders/"+id+"/items", line("l1000000000")).want(422, domain.ValidationError, "items[0].line_id")
	w.post("/api/orders/"+id+"/items", line("")).has("items.1.line_id", `"l1000000000"`)
	w.post("/api/orders/"+id+"/items", line("")).has("items.2.line_id", `"l1000000001"`)
}
