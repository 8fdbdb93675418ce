package api_test

import (
	"testing"

	"heard/domain"
)

func TestSettingsOfANewOrganisation(t *testing.T) {
	a := open(t).as(domain.Kitchen).get("/api/settings").head("ETag", `"v0"`)
	a.has("version", "0", "currency", `"INR"`, "tax_classes", `{"standard":[{"code":"GST","rate":5}]}`, "default_tax_class", `"standard"`, "prices_include_tax", "false",
		"tax_rounding", `"invoice"`, "charges", "[]", "round_off", "null", "timezone", `"Asia/Kolkata"`, "business_day_start", `"00:00"`, "open_items", `"accept"`,
		"one_order_per_table", "false", "status_transitions", `"strict"`, "price_override", "false", "status_aliases", "{}", "permissions", "{}")
}

func TestSettingsReplaceWhatTheyName(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	boss.put("/api/settings", `{"timezone":"Europe/Berlin","round_off":{"increment":0.05}}`).
		has("version", "1", "timezone", `"Europe/Berlin"`, "round_off.increment", "0.05", "currency", `"INR"`, "default_tax_class", `"standard"`).head("ETag", `"v1"`)
	a := boss.put("/api/settings", `{"round_off":null,"default_tax_class":null,"tax_classes":{"food":[{"code":"CGST","rate":2.5},{"code":"SGST","rate":"2.5"},{"code":"CESS","rate":1,"compound":true}],"zero":[]},
		"charges":[{"code":"service","type":"percent","value":10,"tax_class":"food"},{"code":"box","type":"amount","value":5,"tax_class":null,"inclusive":true}]}`)
	a.has("version", "2", "round_off", "null", "default_tax_class", "null", "timezone", `"Europe/Berlin"`,
		"tax_classes", `{"food":[{"code":"CGST","rate":2.5},{"code":"SGST","rate":2.5},{"code":"CESS","rate":1,"compound":true}],"zero":[]}`,
		"charges.0.code", `"service"`, "charges.0.type", `"percent"`, "charges.0.value", "10", "charges.0.tax_class", `"food"`,
		"charges.1.code", `"box"`, "charges.1.value", "5.00", "charges.1.tax_class", "null", "charges.1.inclusive", "true")
	k.as(domain.Waiter).get("/api/settings").is(a.body).head("ETag", `"v2"`)
	// nothing new is no version
	boss.put("/api/settings", `{"timezone":"Europe/Berlin"}`).is(a.body).head("ETag", `"v2"`)
	boss.put("/api/settings", `{}`).is(a.body).head("ETag", `"v2"`)
	// a stale writer is told
	boss.do("PUT", "/api/settings", `{"tax_rounding":"line"}`, "If-Match", `"v1"`).want(412, domain.VersionMismatch, "")
	boss.do("PUT", "/api/settings", `{"tax_rounding":"line"}`, "If-Match", `"v2"`).ok().has("version", "3", "tax_rounding", `"line"`)
	if a := boss.do("GET", "/api/settings", "", "If-None-Match", `"v3"`); a.StatusCode != 304 {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	boss := open(t).as(domain.Manager)
	before := boss.state()
	for _, c := range []struct {
		body   string
		status int
		code   domain.Code
		field  string
	}{
		{`{"currency":"XXX"}`, 400, domain.UnsupportedCurrency, "currency"}, {`{"currency":"inr"}`, 400, domain.UnsupportedCurrency, "currency"}, {`{"currency":null}`, 400, domain.UnsupportedCurrency, "currency"},
		{`{"default_tax_class":"food"}`, 400, domain.UnknownTaxClass, "default_tax_class"}, {`{"tax_classes":{}}`, 400, domain.UnknownTaxClass, "default_tax_class"},
		{`{"tax_classes":{"standard":[{"code":"GST","rate":-1}]}}`, 422, domain.ValidationError, "tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[{"code":"GST","rate":1001}]}}`, 422, domain.ValidationError, "tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[{"code":"GST","rate":1.00001}]}}`, 400, domain.TooManyDecimals, "tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[{"code":"","rate":1}]}}`, 422, domain.ValidationError, "tax_classes.standard[0].code"},
		{`{"tax_classes":{"standard":[{"code":"GST","rate":1,"name":"x"}]}}`, 422, domain.ValidationError, "tax_classes.standard[0].name"},
		{`{"tax_classes":{"a\u0007b":[]}}`, 422, domain.ValidationError, "tax_classes.a\ab"},
		{`{"tax_rounding":"never"}`, 422, domain.ValidationError, "tax_rounding"}, {`{"prices_include_tax":null,"tax_rounding":null}`, 422, domain.ValidationError, "tax_rounding"},
		{`{"charges":[{"code":"s","type":"share","value":1}]}`, 422, domain.ValidationError, "charges[0].type"},
		{`{"charges":[{"code":"s","type":"amount","value":-1}]}`, 422, domain.ValidationError, "charges[0].value"},
		{`{"charges":[{"code":"s","type":"amount","value":1,"tax_class":"food"}]}`, 400, domain.UnknownTaxClass, "charges[0].tax_class"},
		{`{"round_off":{"increment":0}}`, 422, domain.ValidationError, "round_off.increment"}, {`{"round_off":{"increment":0.001}}`, 400, domain.TooManyDecimals, "round_off.increment"},
		{`{"timezone":"Moon/Base"}`, 422, domain.ValidationError, "timezone"}, {`{"timezone":"Local"}`, 422, domain.ValidationError, "timezone"}, {`{"timezone":"../etc/passwd"}`, 422, domain.ValidationError, "timezone"},
		{`{"business_day_start":"24:00"}`, 422, domain.ValidationError, "business_day_start"}, {`{"open_items":"maybe"}`, 422, domain.ValidationError, "open_items"},
		{`{"status_transitions":"loose"}`, 422, domain.ValidationError, "status_transitions"}, {`{"status_aliases":{"done":"finished"}}`, 400, domain.InvalidStatus, "status_aliases.done"},
		{`{"version":"7"}`, 422, domain.ValidationError, "version"}, {`{"Currency":"EUR"}`, 422, domain.ValidationError, "Currency"},
	} {
		boss.do("PUT", "/api/settings", c.body).want(c.status, c.code, c.field)
	}
	if boss.state() != before {
		t.Error("something changed")
	}
}

func TestCurrencyIsFixedByTheFirstOrder(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Admin)
	boss.put("/api/settings", `{"currency":"EUR"}`)
	boss.put("/api/settings", `{"currency":"JPY"}`)
	boss.post("/api/menu", `{"id":"x","name":"x","price":100}`)
	boss.do("PUT", "/api/settings", `{"currency":"EUR"}`).want(409, domain.Conflict, "currency") // 100 yen are not 1.00 euro
	boss.put("/api/menu", "[]")
	boss.put("/api/settings", `{"currency":"EUR"}`)
	id := boss.place(onePizza)
	boss.put("/api/orders/"+id+"/cancel", "")
	boss.do("PUT", "/api/settings", `{"currency":"USD"}`).want(409, domain.Conflict, "currency")
	boss.put("/api/settings", `{"currency":"EUR","timezone":"Europe/Berlin"}`)
}

func TestOrdersKeepTheSettingsOfTheirCreation(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	old := w.place(onePizza)
	boss.put("/api/settings", `{"tax_classes":{"standard":[{"code":"VAT","rate":20}]},"prices_include_tax":true,"charges":[{"code":"service","type":"percent","value":10}],"round_off":{"increment":1}}`)
	added := `{"items":[{"name":"Chai","quantity":1,"price":10}]}`
	w.post("/api/orders/"+old+"/items", added).has("settings_version", "0", "tax", "1.00", "tax_rate", "5", "charges", "", "total", "21.00", "taxes.0.code", `"GST"`)
	w.get("/api/orders/"+old+"/bill").has("total", "21.00", "tax_rate_percent", "5")
	a := w.post("/api/orders", onePizza)
	a.has("settings_version", "2", "subtotal", "10.00", "tax", "1.67", "tax_included", "1.67", "charges", `[{"code":"service","amount":1.00,"amount_minor":100}]`, "round_off", "0.00", "total", "11.00")
}

func TestOneOrderPerTable(t *testing.T) {
	k := open(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	at := func(table string) string { return `{"table_id":"` + table + `",` + onePizza[1:] }
	w.place(at("t1"))
	first := w.place(at("t1"))
	boss.put("/api/settings", `{"one_order_per_table":true}`)
	w.do("POST", "/api/orders", at("t1")).want(409, domain.TableOccupied, "table_id")
	w.place(onePizza) // the counter is no table
	w.place(onePizza)
	second := w.place(at("t2"))
	w.do("POST", "/api/orders", at("t2")).want(409, domain.TableOccupied, "table_id")
	w.put("/api/orders/"+second+"/status?status=completed", "")
	third := w.place(at("t2"))
	// an order that is closed cannot come back to a table that has another guest
	boss.do("POST", "/api/orders/"+second+"/reopen", "").want(409, domain.TableOccupied, "table_id")
	boss.do("PUT", "/api/orders/"+second+"/status?status=preparing", "").want(409, domain.TableOccupied, "table_id")
	boss.post("/api/orders/batch-update-status", `[{"order_id":"`+second+`","status":"preparing"}]`).has("results.0.code", `"TABLE_OCCUPIED"`)
	w.put("/api/orders/"+third+"/cancel", "")
	boss.post("/api/orders/"+second+"/reopen", "")
	// orders of before the rule go on
	w.put("/api/orders/"+first+"/status?status=ready", "")
}
