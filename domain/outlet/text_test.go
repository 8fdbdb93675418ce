package outlet

import (
	"encoding/json"
	"testing"

	"heard/domain"
)

// What a menu's texts are kept as, however they were typed or copied; ids of the
// system that it comes from are kept as they are.
func TestMenuKeepsNamesCleanAndIDsAsTheyAre(t *testing.T) {
	w := furnished(t)
	body := func(break1, break2, mark string) string {
		return `{"id":"gid://shopify/Product/1?x=1","name":"` + mark + `Pizza` + break1 + `Margherita","price":1,"category":"` + mark + `Pizza","station":"ofen` + break2 + `1` + mark + `",
			"modifier_groups":[{"id":"a/b","name":"Grö` + mark + `ße","options":[{"id":" .. ","name":"klein` + break2 + `er"}]}]}`
	}
	w.do(t, domain.Manager, "outlet.add_item", body(`\r\n`, ` \u2028\t`, `\u202d\u200b`))
	item, found := w.outlet.Menu.Find("gid://shopify/Product/1?x=1")
	if !found {
		t.Fatal("not found by its id")
	}
	group := item.ModifierGroups[0]
	got, _ := json.Marshal([]string{item.ID, item.Name, item.Category, item.Station, group.ID, group.Name, group.Options[0].ID, group.Options[0].Name})
	if want := `["gid://shopify/Product/1?x=1","Pizza Margherita","Pizza","ofen 1","a/b","Größe"," .. ","klein er"]`; string(got) != want {
		t.Errorf("kept %s, want %s", got, want)
	}
	if d := w.do(t, domain.Manager, "outlet.put_item", body(" ", " ", "")); d.Event != nil {
		t.Errorf("the same in other bytes is a change: %v", d.Event)
	}
	for _, near := range []string{"gid://shopify/Product/1", "gid:/shopify/Product/1?x=1", "GID://shopify/Product/1?x=1", "gid%3A%2F%2Fshopify%2FProduct%2F1%3Fx%3D1"} {
		if _, found := w.outlet.Menu.Find(near); found {
			t.Errorf("%q found another", near)
		}
	}
}

// The words of settings are as other systems and other languages have them.
func TestSettingsTakeOtherPeoplesWords(t *testing.T) {
	w := newWorld()
	w.do(t, domain.Admin, "outlet.put_settings", `{"tax_classes":{"GST 5 %":[{"code":"सी जी एस टी","rate":2.5}],"standard":[]},"default_tax_class":"GST 5 %",
		"charges":[{"code":"Service charge","type":"percent","value":10,"tax_class":"GST 5 %"}],"status_aliases":{"in progress":"preparing","готово":"ready"}}`)
	if s := w.outlet.Settings; s.Charges[0].Code != "Service charge" || s.StatusAliases["готово"] != "ready" || s.TaxClasses["GST 5 %"][0].Code != "सी जी एस टी" {
		t.Errorf("%s", s.JSON())
	}
}
