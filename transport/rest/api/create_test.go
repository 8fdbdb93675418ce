package api_test

import (
	"strings"
	"testing"

	"heard/domain"
)

func TestOrderTakesDefaults(t *testing.T) {
	k := open(t)
	// when
	a := k.as(domain.Waiter).post("/api/orders", `{"items":[{"menu_item_id":"item1","name":"Pizza","quantity":2,"price":25}]}`)
	// then
	a.head("ETag", `"v1"`).head("Idempotent-Replayed", "").head("X-Ignored-Fields", "").head("Cache-Control", "no-store")
	a.is(`{"id":"ID","order_id":"ID","number":1,"organization_id":"` + k.org + `","table_id":"counter","table_number":0,"order_type":"dine_in",` +
		`"items":[{"line_id":"l1","menu_item_id":"item1","name":"Pizza","quantity":2,"price":25.00,"price_minor":2500,"tax_class":"standard","amount":50.00,"amount_minor":5000}],` +
		`"lines_added":1,"currency":"INR","subtotal":50.00,"subtotal_minor":5000,"discount":0.00,"discount_minor":0,` +
		`"tax":2.50,"tax_minor":250,"tax_included":0.00,"tax_included_minor":0,"tax_rate":5,` +
		`"taxes":[{"code":"GST","rate":5,"base":50.00,"base_minor":5000,"amount":2.50,"amount_minor":250}],` +
		`"round_off":0.00,"round_off_minor":0,"total":52.50,"total_minor":5250,` +
		`"status":"pending","waiter_id":"waiter-1","waiter_name":"Name of waiter-1","settings_version":0,"menu_version":0,` +
		`"version":1,"created_at":TIME,"updated_at":TIME,"payment_status":"unpaid"}`)
	a.has("order_id", a.raw("id"), "updated_at", a.raw("created_at"))
}

func TestOrderTakesEverything(t *testing.T) {
	k := open(t)
	// when
	a := k.as(domain.Cashier).post("/api/orders", `{"table_id":"t-4","table_number":4,"order_type":"takeaway","customer_name":"Ravi \"R\" <b>","customer_phone":"+91 98450",
		"discount_type":"percentage","discount_value":"10.0","client_order_id":"till-7-1","items":[
		{"line_id":"a1","menu_item_id":"pizza","name":"Pizza Žižka","quantity":1.5,"price":"52.50","price_minor":5250,"notes":"no onions","modifiers":["extra hot",{"name":"Cheese","price":0.5}],"course":2,"seat":3},
		{"name":"Chai","quantity":"2","price":12}]}`)
	// then 1.5 × (52.50 + 0.50) + 24.00 = 103.50, less 10 % = 93.15, and 5 % of it
	a.is(`{"id":"ID","order_id":"ID","number":1,"organization_id":"` + k.org + `","table_id":"t-4","table_number":4,"order_type":"takeaway",` +
		`"items":[{"line_id":"a1","menu_item_id":"pizza","name":"Pizza Žižka","quantity":1.5,"price":52.50,"price_minor":5250,` +
		`"modifiers":[{"name":"extra hot","price":0.00,"price_minor":0},{"name":"Cheese","price":0.50,"price_minor":50}],` +
		`"notes":"no onions","course":"2","seat":3,"tax_class":"standard","amount":79.50,"amount_minor":7950},` +
		`{"line_id":"l1","menu_item_id":"","name":"Chai","quantity":2,"price":12.00,"price_minor":1200,"tax_class":"standard","amount":24.00,"amount_minor":2400}],` +
		`"lines_added":2,"currency":"INR","subtotal":103.50,"subtotal_minor":10350,"discount":10.35,"discount_minor":1035,` +
		`"tax":4.66,"tax_minor":466,"tax_included":0.00,"tax_included_minor":0,"tax_rate":5,` +
		`"taxes":[{"code":"GST","rate":5,"base":93.15,"base_minor":9315,"amount":4.66,"amount_minor":466}],` +
		`"round_off":0.00,"round_off_minor":0,"total":97.81,"total_minor":9781,"discount_type":"percent","discount_value":10,` +
		`"customer_name":"Ravi \"R\" \u003cb\u003e","customer_phone":"+91 98450","client_order_id":"till-7-1",` +
		`"status":"pending","waiter_id":"cashier-1","waiter_name":"Name of cashier-1","settings_version":0,"menu_version":0,` +
		`"version":1,"created_at":TIME,"updated_at":TIME,"payment_status":"unpaid"}`)
}

func TestMissingNullAndEmptyTableIsTheCounter(t *testing.T) {
	w := open(t).as(domain.Waiter)
	for _, table := range []string{``, `"table_id":null,`, `"table_id":"",`, `"table_id":null,"table_number":null,`} {
		w.post("/api/orders", `{`+table+strings.TrimPrefix(onePizza, "{")).has("table_id", `"counter"`, "table_number", "0")
	}
}

// The legacy load test posts equal bodies and counts the orders.
func TestEqualRequestsWithoutAKeyAreTwoOrders(t *testing.T) {
	w := open(t).as(domain.Waiter)
	a, b := w.post("/api/orders", onePizza).has("number", "1"), w.post("/api/orders", onePizza).has("number", "2")
	if a.text("id") == b.text("id") {
		t.Errorf("both are order %s", a.text("id"))
	}
	if got := w.get("/api/orders").each("number"); got != "2 1" {
		t.Errorf("listed: %s", got)
	}
}

func TestIdentityComesFromTheTokenAlone(t *testing.T) {
	k := open(t)
	a := k.as(domain.Staff).post("/api/orders", `{"organization_id":"other","waiter_id":"boss","waiter_name":"Boss","role":"admin","id":"mine","number":99,"status":"completed",`+strings.TrimPrefix(onePizza, "{"))
	a.has("organization_id", `"`+k.org+`"`, "waiter_id", `"staff-1"`, "waiter_name", `"Name of staff-1"`, "number", "1", "status", `"pending"`)
	a.head("X-Ignored-Fields", "organization_id, waiter_id, waiter_name, role, id, number, status")
}

func TestUnknownMembersAreIgnoredAndNamed(t *testing.T) {
	w := open(t).as(domain.Waiter)
	// given members unknown at every depth
	body := `{"special":{"a":[1]},"items":[{"name":"Pizza","quantity":1,"price":10,"colour":"red","modifiers":[{"name":"Cheese","price":1,"id":"m1"}]},{"name":"Chai","quantity":1,"price":1,"x y\r\n":2}]}`
	// then they are named, and what is known counts
	w.post("/api/orders", body).has("total_minor", "1260").head("X-Ignored-Fields", "special, items[0].colour, items[0].modifiers[0].id, items[1].x%20y%0D%0A")
	w.post("/api/orders/calculate", body).has("total_minor", "1260").head("X-Ignored-Fields", "special, items[0].colour, items[0].modifiers[0].id, items[1].x%20y%0D%0A")
}

func TestMoneyIsReadExactly(t *testing.T) {
	w := open(t).as(domain.Waiter)
	for _, c := range []struct{ price, want string }{
		{`"price":52.5`, "52.50"}, {`"price":"52.50"`, "52.50"}, {`"price":52.500000`, "52.50"}, {`"price":0.07`, "0.07"},
		{`"price_minor":5250`, "52.50"}, {`"price":52.5,"price_minor":5250`, "52.50"}, {`"price":0`, "0.00"}, {`"price":-0`, "0.00"},
		{`"price":85000000000000.07`, "85000000000000.07"}, // a float has no such number
	} {
		a := w.post("/api/orders/calculate", `{"items":[{"name":"x","quantity":1,`+c.price+`}]}`)
		if got := a.raw("subtotal"); got != c.want {
			t.Errorf("%s came back as %s", c.price, got)
		}
	}
}

func TestMoneyHasTheDecimalsOfItsCurrency(t *testing.T) {
	for _, c := range []struct{ currency, price, subtotal, tax, total, minor string }{
		{"JPY", "1100", "1100", "55", "1155", "1155"},
		{"KWD", "1.005", "1.005", "0.050", "1.055", "1055"}, // 0.05025, half up
		{"EUR", "1.10", "1.10", "0.06", "1.16", "116"},      // 0.055
		{"CLF", "0.0101", "0.0101", "0.0005", "0.0106", "106"},
	} {
		k := open(t)
		k.as(domain.Manager).put("/api/settings", `{"currency":"`+c.currency+`"}`)
		w := k.as(domain.Waiter)
		w.post("/api/orders", `{"items":[{"name":"x","quantity":1,"price":`+c.price+`}]}`).
			has("currency", `"`+c.currency+`"`, "subtotal", c.subtotal, "tax", c.tax, "total", c.total, "total_minor", c.minor, "items.0.price", c.price)
		w.do("POST", "/api/orders", `{"items":[{"name":"x","quantity":1,"price":1.00001}]}`).want(400, domain.TooManyDecimals, "items[0].price")
	}
}

// A line's own price times its quantity is rounded once, and what the client
// sends as total is not asked for.
func TestCalculateIsTheBillOfTheOrderItWouldBe(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	body := `{"discount_type":"amount","discount_value":5,"items":[{"name":"Fish","quantity":0.333,"price":100},{"name":"Chai","quantity":3,"price":7.35,"modifiers":[{"name":"masala","price":0.15}]}]}`
	before := w.state()
	// when
	bill := w.post("/api/orders/calculate", body)
	// then nothing is stored
	if w.state() != before {
		t.Error("calculate changed something")
	}
	bill.head("ETag", "").is(`{"currency":"INR","subtotal":55.80,"subtotal_minor":5580,"discount":5.00,"discount_minor":500,` +
		`"discounts":[{"type":"amount","value":5,"applied":5.00,"applied_minor":500,"clamped":false}],"charges":[],` +
		`"taxable":50.80,"taxable_minor":5080,"tax":2.54,"tax_minor":254,"tax_included":0.00,"tax_included_minor":0,` +
		`"taxes":[{"code":"GST","rate":5,"base":50.80,"base_minor":5080,"amount":2.54,"amount_minor":254}],"tax_rate_percent":5,"tax_rate":5,` +
		`"round_off":0.00,"round_off_minor":0,"total":53.34,"total_minor":5334,"tip":0.00,"tip_minor":0,"payable":53.34,"payable_minor":5334,` +
		`"lines":[{"id":"l1","name":"Fish","gross":33.30,"gross_minor":3330,"discount":2.98,"discount_minor":298,"net":30.32,"net_minor":3032,"taxes":[{"code":"GST","amount":1.52,"amount_minor":152}],"tax":1.52,"tax_minor":152,"total":31.84,"total_minor":3184},` +
		`{"id":"l2","name":"Chai","gross":22.50,"gross_minor":2250,"discount":2.02,"discount_minor":202,"net":20.48,"net_minor":2048,"taxes":[{"code":"GST","amount":1.02,"amount_minor":102}],"tax":1.02,"tax_minor":102,"total":21.50,"total_minor":2150}]}`)
	order := w.post("/api/orders", body)
	for _, member := range []string{"subtotal", "discount", "tax", "tax_rate", "taxes", "round_off", "total", "total_minor", "currency"} {
		if order.raw(member) != bill.raw(member) {
			t.Errorf("%s: order %s, calculated %s", member, order.raw(member), bill.raw(member))
		}
	}
	if a := w.post("/api/orders/calculate?explain=1", body); a.raw("steps.0.detail") == "" || a.raw("total") != "53.34" {
		t.Errorf("no steps in %s", a.body)
	}
}

func TestDiscountNeverMakesATotalNegative(t *testing.T) {
	w := open(t).as(domain.Manager)
	a := w.post("/api/orders", `{"discount_type":"amount","discount_value":500,`+strings.TrimPrefix(onePizza, "{"))
	a.has("discount", "10.00", "total", "0.00", "total_minor", "0", "tax", "0.00")
}

// Each refusal has its code and its field, and leaves no trace.
func TestOrdersThatAreRefused(t *testing.T) {
	w := open(t).as(domain.Waiter)
	w.place(onePizza)
	before := w.state()
	item := func(members string) string { return `{"items":[{"name":"Chai",` + members + `}]}` }
	with := func(members string) string { return `{` + members + `,` + strings.TrimPrefix(onePizza, "{") }
	for _, c := range []struct {
		body   string
		status int
		code   domain.Code
		field  string
	}{
		{`{}`, 400, domain.EmptyOrder, "items"},
		{`{"items":[]}`, 400, domain.EmptyOrder, "items"},
		{`{"items":null}`, 400, domain.EmptyOrder, "items"},
		{item(`"price":10`), 422, domain.ValidationError, "items[0].quantity"},
		{item(`"quantity":null,"price":10`), 422, domain.ValidationError, "items[0].quantity"},
		{item(`"quantity":0,"price":10`), 400, domain.InvalidLine, "items[0].quantity"},
		{item(`"quantity":-0,"price":10`), 400, domain.InvalidLine, "items[0].quantity"},
		{item(`"quantity":-1,"price":10`), 400, domain.InvalidLine, "items[0].quantity"},
		{item(`"quantity":1.0001,"price":10`), 400, domain.TooManyDecimals, "items[0].quantity"},
		{item(`"quantity":1000000.001,"price":10`), 400, domain.AmountOverflow, "items[0].quantity"},
		{item(`"quantity":1`), 422, domain.ValidationError, "items[0].price"},
		{item(`"quantity":1,"price":-0.01`), 400, domain.InvalidLine, "items[0].price"},
		{item(`"quantity":1,"price":0.001`), 400, domain.TooManyDecimals, "items[0].price"},
		{item(`"quantity":1,"price":10,"price_minor":1001`), 422, domain.ValidationError, "items[0].price_minor"},
		{item(`"quantity":1,"price":90071992547409.92`), 400, domain.AmountOverflow, "items[0].price"},
		{item(`"quantity":1000000,"price":90071992547409.91`), 400, domain.AmountOverflow, ""},
		{item(`"quantity":1,"price":1,"seat":-1`), 422, domain.ValidationError, "items[0].seat"},
		{item(`"quantity":1,"price":1,"modifiers":[""]`), 422, domain.ValidationError, "items[0].modifiers[0].name"},
		{item(`"quantity":1,"price":1,"modifiers":[{"name":"x","price":-1}]`), 400, domain.InvalidLine, "items[0].modifiers[0].price"},
		{`{"items":[{"quantity":1,"price":1}]}`, 422, domain.ValidationError, "items[0].name"},
		{`{"items":[null]}`, 422, domain.ValidationError, "items[0].quantity"},
		{`{"items":[{"line_id":"a","name":"x","quantity":1,"price":1},{"line_id":"a","name":"y","quantity":1,"price":1}]}`, 409, domain.Conflict, "items[1].line_id"},
		{with(`"table_id":"t\n4"`), 422, domain.ValidationError, "table_id"},
		{with(`"table_number":-1`), 422, domain.ValidationError, "table_number"},
		{with(`"order_type":"eat_in"`), 422, domain.ValidationError, "order_type"},
		{with(`"discount_type":"rebate","discount_value":1`), 400, domain.InvalidDiscountType, "discount_type"},
		{with(`"discount_value":1`), 400, domain.InvalidDiscountType, "discount_type"},
		{with(`"discount_type":"percent","discount_value":100.1`), 400, domain.InvalidDiscountValue, "discount_value"},
		{with(`"discount_type":"percent","discount_value":-1`), 400, domain.InvalidDiscountValue, "discount_value"},
		{with(`"discount_type":"amount","discount_value":-1`), 400, domain.InvalidDiscountValue, "discount_value"},
		{with(`"discount_type":"percent","discount_value":1.00001`), 400, domain.TooManyDecimals, "discount_value"},
		{with(`"discount_type":"amount","discount_value":0.001`), 400, domain.TooManyDecimals, "discount_value"},
		{with(`"discount_type":"amount","discount_value":1,"discount_value_minor":1`), 422, domain.ValidationError, "discount_value_minor"},
	} {
		w.do("POST", "/api/orders", c.body).want(c.status, c.code, c.field)
		if c.code != domain.EmptyOrder {
			w.do("POST", "/api/orders/calculate", c.body).want(c.status, c.code, c.field)
		}
	}
	if w.state() != before {
		t.Error("a refused order left a trace")
	}
}

func TestAnEmptyOrderCanBeCalculated(t *testing.T) {
	open(t).as(domain.Waiter).post("/api/orders/calculate", `{"items":[]}`).has("total", "0.00", "total_minor", "0", "lines", "[]")
}
