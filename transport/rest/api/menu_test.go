package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heard/domain"
)

const (
	dosa      = `{"id":"dosa","name":"Masala Dosa","category":"South","price":120,"station":"tawa","tax_class":"standard","modifier_groups":[{"id":"extra","name":"Extra","min":0,"max":2,"options":[{"id":"ghee","name":"Ghee","price":"15.50"},{"name":"Podi"}]}]}`
	dosaShown = `{"id":"dosa","name":"Masala Dosa","category":"South","price":120.00,"price_minor":12000,"tax_class":"standard","available":true,"station":"tawa",` +
		`"modifier_groups":[{"id":"extra","name":"Extra","min":0,"max":2,"options":[{"id":"ghee","name":"Ghee","price":15.50,"price_minor":1550},{"name":"Podi","price":0.00,"price_minor":0}]}]}`
	chai      = `{"id":"chai","name":"Chai","price_minor":1250,"available":false}`
	chaiShown = `{"id":"chai","name":"Chai","category":"","price":12.50,"price_minor":1250,"available":false}`
)

func TestMenuOfANewOrganisationIsEmpty(t *testing.T) {
	open(t).as(domain.Kitchen).get("/api/menu").is("[]").head("ETag", `"v0"`)
}

func TestMenuItems(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.post("/api/menu", dosa).is(dosaShown).head("ETag", `"v1"`)
	boss.post("/api/menu", chai).is(chaiShown)
	w.get("/api/menu").is("["+dosaShown+","+chaiShown+"]").head("ETag", `"v2"`)
	// an item without an id gets one
	made := boss.post("/api/menu", `{"name":"Vada","price":30}`)
	if madeID.ReplaceAllString(made.text("id"), "") != "" {
		t.Errorf("id %s", made.text("id"))
	}
	// PUT replaces the whole item where it stands
	boss.put("/api/menu/dosa", `{"id":"dosa","name":"Dosa","price":100}`).is(`{"id":"dosa","name":"Dosa","category":"","price":100.00,"price_minor":10000,"available":true}`).head("ETag", `"v4"`)
	if got := w.get("/api/menu").each("id"); got != "dosa chai "+made.text("id") {
		t.Errorf("menu: %s", got)
	}
	boss.do("DELETE", "/api/menu/chai", "").ok().is(`{"message":"Menu item deleted"}`)
	boss.do("DELETE", "/api/menu/chai", "").want(404, domain.ItemNotFound, "").detail("Menu item not found")
	boss.do("PUT", "/api/menu/chai", chai).want(404, domain.ItemNotFound, "")
	boss.do("POST", "/api/menu", `{"id":"dosa","name":"x","price":1}`).want(409, domain.Conflict, "id")
	boss.do("PUT", "/api/menu/dosa", chai).want(422, domain.ValidationError, "id")
	boss.do("DELETE", "/api/menu/dosa", `{"id":"other"}`).want(422, domain.ValidationError, "id")
	// an item may be called like a path
	boss.post("/api/menu", `{"id":"86","name":"Eighty six","price":1}`)
	boss.put("/api/menu/86", `{"name":"Eighty-six","price":1}`).has("name", `"Eighty-six"`)
	boss.do("DELETE", "/api/menu/86", "").ok()
}

func TestMenuIsReplacedAsAWhole(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Admin)
	boss.post("/api/menu", chai)
	boss.put("/api/menu", "["+dosa+"]").is("["+dosaShown+"]").head("ETag", `"v2"`)
	k.as(domain.Staff).get("/api/menu").is("["+dosaShown+"]").head("ETag", `"v2"`)
	before := boss.state()
	for body, field := range map[string]string{
		`[{"name":"x","price":1}]`: "[0].id", `[` + dosa + `,` + dosa + `]`: "[1].id", `[` + dosa + `,{"id":"x","price":1}]`: "[1].name",
		`[{"id":"x","name":"x","price":1,"_id":"y"}]`: "[0]._id", `{"items":[]}`: "", `[{"id":"x","name":"x","price":1,"modifier_groups":[{"id":"g","name":"G","options":[{"price":1}]}]}]`: "[0].modifier_groups[0].options[0].name",
	} {
		boss.do("PUT", "/api/menu", body).want(422, domain.ValidationError, field)
	}
	if boss.state() != before {
		t.Error("something changed")
	}
	boss.put("/api/menu", "[]").is("[]")
}

func TestMenuItemsThatAreRefused(t *testing.T) {
	boss := open(t).as(domain.Manager)
	before := boss.state()
	for _, c := range []struct {
		members string
		status  int
		code    domain.Code
		field   string
	}{
		{`"name":"x"`, 422, domain.ValidationError, "price"}, {`"price":1`, 422, domain.ValidationError, "name"}, {`"name":"","price":1`, 422, domain.ValidationError, "name"},
		{`"id":"a\tb","name":"x","price":1`, 422, domain.ValidationError, "id"}, {`"name":"x","price":-1`, 400, domain.InvalidLine, "price"},
		{`"name":"x","price":0.001`, 400, domain.TooManyDecimals, "price"}, {`"name":"x","price":1,"price_minor":101`, 422, domain.ValidationError, "price_minor"},
		{`"name":"x","price":1,"tax_class":"none"`, 400, domain.UnknownTaxClass, "tax_class"}, {`"name":"x","price":1,"_id":"y"`, 422, domain.ValidationError, "_id"},
		{`"name":"x","price":1,"modifier_groups":[{"id":"g","name":"G","min":3,"max":2,"options":[]}]`, 422, domain.ValidationError, "modifier_groups[0].max"},
		{`"name":"x","price":1,"modifier_groups":[{"id":"g","options":[]}]`, 422, domain.ValidationError, "modifier_groups[0].name"},
		{`"name":"x","price":1,"modifier_groups":[{"id":"g\u202eh","name":"G","options":[]}]`, 422, domain.ValidationError, "modifier_groups[0].id"},
	} {
		boss.do("POST", "/api/menu", "{"+c.members+"}").want(c.status, c.code, c.field)
	}
	if boss.state() != before {
		t.Error("something changed")
	}
}

func TestUnchangedMenuIsNotSentAgain(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.post("/api/menu", dosa)
	tag := w.get("/api/menu").Header.Get("ETag")
	if a := w.do("GET", "/api/menu", "", "If-None-Match", tag); a.StatusCode != 304 || a.body != "" || a.Header.Get("ETag") != tag {
		t.Errorf("%d %s %s", a.StatusCode, a.body, a.Header.Get("ETag"))
	}
	w.do("HEAD", "/api/menu", "").head("ETag", tag)
	boss.post("/api/menu/86", `{"item_ids":["dosa"]}`)
	if a := w.do("GET", "/api/menu", "", "If-None-Match", tag).ok(); a.Header.Get("ETag") == tag {
		t.Error("another menu has the same tag")
	}
	// a stale writer is told, and the menu stays
	boss.do("PUT", "/api/menu/dosa", dosa, "If-Match", tag).want(412, domain.VersionMismatch, "")
	boss.do("PUT", "/api/menu", "[]", "If-Match", tag).want(412, domain.VersionMismatch, "")
	boss.do("PUT", "/api/menu/dosa", strings.Replace(dosa, "120", "125", 1), "If-Match", `"v2"`).ok().head("ETag", `"v3"`)
	// nothing set yet is a version, too
	tag = boss.get("/api/settings").Header.Get("ETag")
	boss.do("PUT", "/api/settings", `{"open_items":"refuse"}`, "If-Match", tag).ok()
	boss.do("PUT", "/api/settings", `{"open_items":"allow"}`, "If-Match", tag).want(412, domain.VersionMismatch, "")
}

func TestSoldOut(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.put("/api/menu", "["+dosa+`,{"id":"vada","name":"Vada","price":30}]`)
	order := `{"items":[{"menu_item_id":"vada","quantity":1},{"menu_item_id":"dosa","quantity":1}]}`
	// until further notice
	boss.post("/api/menu/86", `{"item_ids":["dosa"]}`).is("[" + strings.Replace(dosaShown, `"available":true`, `"available":false`, 1) + "]")
	w.do("POST", "/api/orders", order).want(409, domain.ItemSoldOut, "items[1].menu_item_id")
	w.do("POST", "/api/orders/calculate", order).want(409, domain.ItemSoldOut, "items[1].menu_item_id")
	// and back
	boss.post("/api/menu/86", `{"item_ids":["dosa"],"available":true}`).is("[" + dosaShown + "]")
	id := w.place(order)
	// until a time that is shown
	until := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	boss.post("/api/menu/86", `{"item_ids":["vada","dosa"],"until":"`+until+`"}`).has("0.available", "false", "0.sold_out_until", `"`+until+`"`, "1.id", `"dosa"`)
	w.do("POST", "/api/orders/"+id+"/items", `{"items":[{"menu_item_id":"vada","quantity":1}]}`).want(409, domain.ItemSoldOut, "items[0].menu_item_id")
	before := boss.state()
	for body, field := range map[string]string{
		`{}`: "item_ids", `{"item_ids":[]}`: "item_ids", `{"item_ids":["dosa"],"until":"soon"}`: "until", `{"item_ids":["dosa"],"until":"2020-01-01T00:00:00Z"}`: "until",
		`{"item_ids":["dosa"],"for":3}`: "for", `{"item_ids":"dosa"}`: "item_ids",
	} {
		boss.do("POST", "/api/menu/86", body).want(422, domain.ValidationError, field)
	}
	boss.do("POST", "/api/menu/86", `{"item_ids":["dosa","nothing"]}`).want(404, domain.ItemNotFound, "item_ids[1]")
	if boss.state() != before {
		t.Error("something changed")
	}
}

// An 86 lapses by the clock alone; the tag says that the menu is another one.
func TestSoldOutLapses(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	boss.post("/api/menu", dosa)
	var until time.Time
	var sold answer
	for wait := 100 * time.Millisecond; sold.Response == nil || sold.StatusCode != 200; wait *= 2 { // a busy machine may be late
		until = time.Now().Add(wait)
		sold = boss.do("POST", "/api/menu/86", `{"item_ids":["dosa"],"until":"`+until.UTC().Format(time.RFC3339Nano)+`"}`)
	}
	<-time.After(time.Until(until.Add(2 * time.Millisecond)))
	lapsed := boss.get("/api/menu").is("[" + dosaShown + "]").Header.Get("ETag")
	if tag := sold.Header.Get("ETag"); lapsed == tag {
		t.Errorf("two menus have the tag %s", tag)
	}
	boss.place(`{"items":[{"menu_item_id":"dosa","quantity":1}]}`)
	boss.do("GET", "/api/menu", "", "If-None-Match", lapsed).head("ETag", lapsed)
	// what was read can be written under its tag
	boss.do("PUT", "/api/menu/dosa", dosa, "If-Match", lapsed).ok()
}

func TestMenuGivesNamePriceAndModifiers(t *testing.T) {
	k := open(t)
	k.as(domain.Manager).post("/api/menu", dosa)
	a := k.as(domain.Waiter).post("/api/orders", `{"items":[{"menu_item_id":"dosa","quantity":2,"modifiers":["ghee","Podi","on a leaf"]}]}`)
	a.has("items.0.name", `"Masala Dosa"`, "items.0.price", "120.00", "items.0.amount", "271.00", "menu_version", "1",
		"items.0.modifiers", `[{"name":"Ghee","price":15.50,"price_minor":1550},{"name":"Podi","price":0.00,"price_minor":0},{"name":"on a leaf","price":0.00,"price_minor":0}]`)
}

// An item keeps what it was sold for when the menu changes.
func TestOrdersKeepThePriceTheyWereMadeAt(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.post("/api/menu", dosa)
	id := w.place(`{"items":[{"menu_item_id":"dosa","quantity":1}]}`)
	boss.put("/api/menu/dosa", `{"name":"Dosa","price":150}`)
	a := w.do("PATCH", "/api/orders/"+id+"/items/l1", `{"quantity":2}`).ok()
	a.has("items.0.price", "120.00", "items.0.name", `"Masala Dosa"`, "subtotal", "240.00")
	boss.do("DELETE", "/api/menu/dosa", "").ok()
	w.post("/api/orders/"+id+"/discount", `{"discount_type":"percent","discount_value":50}`).has("total", "126.00")
}

func TestPriceMismatch(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.post("/api/menu", dosa)
	order := func(price string) string {
		return `{"items":[{"menu_item_id":"dosa","quantity":1,"price":` + price + `}]}`
	}
	id := w.place(order("120.00"))
	before := w.state()
	for _, role := range []domain.Role{domain.Cashier, domain.Waiter, domain.Staff} {
		a := k.as(role).do("POST", "/api/orders", order("119.99")).want(422, domain.PriceMismatch, "items[0].price")
		if !strings.Contains(a.problem.Detail, "120.00") {
			t.Errorf("the price is not named: %s", a.body)
		}
		k.as(role).do("POST", "/api/orders/calculate", order("119.99")).want(422, domain.PriceMismatch, "items[0].price")
		k.as(role).do("POST", "/api/orders/"+id+"/items", order("1")).want(422, domain.PriceMismatch, "items[0].price")
		k.as(role).do("PATCH", "/api/orders/"+id+"/items/l1", `{"price_minor":1}`).want(422, domain.PriceMismatch, "price")
		k.as(role).do("PATCH", "/api/orders/"+id+"/items/l1", `{"modifiers":[{"name":"Ghee","price":1}]}`).want(422, domain.PriceMismatch, "modifiers[0].price")
	}
	if w.state() != before {
		t.Error("something changed")
	}
	for _, role := range []domain.Role{domain.Manager, domain.Admin} {
		k.as(role).post("/api/orders", order("100")).has("subtotal", "100.00")
	}
	boss.put("/api/settings", `{"price_override":true}`)
	w.post("/api/orders", order("90")).has("subtotal", "90.00")
	// what is not on the menu is an open item, where the organisation wants that
	w.place(`{"items":[{"menu_item_id":"special","name":"Special","quantity":1,"price":1}]}`)
	boss.put("/api/settings", `{"open_items":"refuse"}`)
	w.do("POST", "/api/orders", `{"items":[{"menu_item_id":"special","name":"Special","quantity":1,"price":1}]}`).want(422, domain.ValidationError, "items[0].menu_item_id")
	w.do("POST", "/api/orders", `{"items":[{"name":"Special","quantity":1,"price":1}]}`).want(422, domain.ValidationError, "items[0].menu_item_id")
}

func TestMenuMayBeLong(t *testing.T) {
	boss := open(t).as(domain.Manager)
	var b strings.Builder
	for i := range 1_600 { // more than 1 MiB
		fmt.Fprintf(&b, `,{"id":"item-%d","name":"Item %0240d","category":"%0240d","station":"%0240d","price":%d.50}`, i, i, i, i, i%500)
	}
	boss.put("/api/menu", "["+b.String()[1:]+"]")
	if got := boss.get("/api/menu").rows(); b.Len() < 1<<20 || len(got) != 1_600 || got[1_599].text("id") != "item-1599" {
		t.Errorf("%d items", len(got))
	}
}
