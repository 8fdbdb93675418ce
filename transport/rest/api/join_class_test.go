package api_test

import (
	"testing"

	"heard/domain"
)

// A table that is open takes an item of a tax class that came later, and its
// bill is the same after a restart.
func TestAnOpenTableTakesANewTaxClass(t *testing.T) {
	k := openOwn(t)
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	id := w.place(`{"items":[{"name":"Tea","quantity":1,"price":100}]}`)
	at := "/api/orders/" + id
	boss.put("/api/settings", `{"tax_classes":{"standard":[{"code":"GST","rate":18}],"liquor":[{"code":"VAT","rate":20}]}}`)
	boss.put("/api/menu", `[{"id":"beer","name":"Beer","price":250,"tax_class":"liquor"}]`)
	// when
	w.post(at+"/items", `{"items":[{"menu_item_id":"beer","quantity":1}]}`).has("items.1.tax_class", `"liquor"`, "tax", "55.00", "settings_version", "0",
		"joined_tax_classes", `[{"name":"liquor","components":[{"code":"VAT","rate":20}]}]`)
	boss.put("/api/settings", `{"tax_classes":{"standard":[],"liquor":[{"code":"VAT","rate":99}]}}`)
	// then the rates are those it joined with, whatever comes
	k.restart()
	w.do("PATCH", at+"/items/l2", `{"quantity":2}`).ok().has("tax", "105.00")
	w.get(at+"/bill").has("tax", "105.00", "lines.1.taxes.0.code", `"VAT"`)
	w.get(at+"/events").has("1.data.tax_classes", `[{"name":"liquor","components":[{"code":"VAT","rate":20}]}]`)
	k.as(domain.Kitchen).get(at).has("tax", "105.00", "payment_status", "")
}
