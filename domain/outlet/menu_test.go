package outlet

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/money"
)

func actionsIn(f *ast.File) (all []Action) {
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Action" {
			text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			all = append(all, Action(text))
		}
		return true
	})
	return all
}

func (w *world) menuJSON() []byte {
	return w.outlet.Menu.AppendJSON(nil, w.outlet.Settings.Rules().Currency, w.at)
}

func TestMenuIsTheGoldenFile(t *testing.T) {
	w := furnished(t)
	w.do(t, domain.Admin, "outlet.eighty_six", `{"item_ids":["dosa"],"until":"2025-12-31T13:00:00.250Z"}`)
	golden(t, "menu_rich", w.menuJSON())
	golden(t, "event_menu_86", w.log[len(w.log)-1].Data)
	d := w.do(t, domain.Admin, "outlet.put_item", `{"id":"beer","name":"Ale","price":300}`)
	golden(t, "item", d.Answer)
	golden(t, "event_menu_item_put", w.log[len(w.log)-1].Data)
	korea := newWorld()
	korea.do(t, domain.Admin, "outlet.put_settings", `{"currency":"KRW"}`)
	korea.do(t, domain.Admin, "outlet.put_menu", `{"items":[{"id":"bap","name":"비빔밥","price":9500}]}`)
	golden(t, "menu_krw", korea.menuJSON())
	if got := string(newWorld().menuJSON()); got != `[]` {
		t.Errorf("an empty menu is %s", got)
	}
}

// TestMenuJSONIsTheMenu compares what clients get with the state, types apart.
func TestMenuJSONIsTheMenu(t *testing.T) {
	w := furnished(t)
	var items []struct {
		ID         string                   `json:"id"`
		Name       string                   `json:"name"`
		Price      json.Number              `json:"price"`
		PriceMinor int64                    `json:"price_minor"`
		Available  bool                     `json:"available"`
		TaxClass   domain.Optional[*string] `json:"tax_class"`
		Groups     []struct {
			Name    string `json:"name"`
			Options []struct {
				Name       string `json:"name"`
				PriceMinor int64  `json:"price_minor"`
			} `json:"options"`
		} `json:"modifier_groups"`
	}
	if err := json.Unmarshal(w.menuJSON(), &items); err != nil {
		t.Fatal(err)
	}
	if len(items) != len(w.outlet.Menu.Items) {
		t.Fatalf("%d items", len(items))
	}
	for i, item := range w.outlet.Menu.Items {
		got := items[i]
		if got.ID != item.ID || got.Name != item.Name || got.PriceMinor != item.Price || got.Available != item.Available(noon) ||
			string(got.Price) != string(money.AppendMinor(nil, item.Price, 2)) || !reflect.DeepEqual(got.TaxClass, item.TaxClass) {
			t.Errorf("%+v, want %+v", got, item)
		}
		for g, group := range item.ModifierGroups {
			for o, option := range group.Options {
				if seen := got.Groups[g].Options[o]; seen.Name != option.Name || seen.PriceMinor != option.Price {
					t.Errorf("%+v, want %+v", seen, option)
				}
			}
		}
	}
}

func TestEightySixLapses(t *testing.T) {
	// given
	w := furnished(t)
	w.do(t, domain.Admin, "outlet.eighty_six", `{"item_ids":["dosa"],"until":"2025-12-31T17:30:00+05:30"}`) // in half an hour
	dosa, _ := w.outlet.Menu.Find("dosa")
	tea, _ := w.outlet.Menu.Find("tea")
	at := noon + 30*60*1000
	// when, then
	for _, c := range []struct {
		at   int64
		want bool
	}{{noon, false}, {at - 1, false}, {at, true}, {at + 1, true}} {
		if dosa.Available(c.at) != c.want || tea.Available(c.at) {
			t.Errorf("at %d: dosa %v, tea %v", c.at-noon, dosa.Available(c.at), tea.Available(c.at))
		}
	}
	before, after := w.outlet.Menu.Tag(at-1), w.outlet.Menu.Tag(at)
	if before == after {
		t.Errorf("tag %s stays when the 86 lapses", before)
	}
	shown := string(w.outlet.Menu.AppendJSON(nil, w.outlet.Settings.Rules().Currency, at))
	if strings.Contains(shown, "sold_out_until") || !strings.Contains(string(w.menuJSON()), `"sold_out_until":"2025-12-31T12:00:00.000Z"`) {
		t.Errorf("before %s\nafter  %s", w.menuJSON(), shown)
	}
	// and comes back at once when someone says so
	w.do(t, domain.Admin, "outlet.eighty_six", `{"item_ids":["dosa","tea"],"available":true,"until":"2026-01-01T00:00:00Z"}`)
	for _, id := range []string{"dosa", "tea"} {
		if item, _ := w.outlet.Menu.Find(id); !item.Available(noon) || item.SoldOutUntil != 0 {
			t.Errorf("%s: %+v", id, item)
		}
	}
}

func TestMenuTagChangesWithEveryChange(t *testing.T) {
	w, seen := furnished(t), map[string]bool{}
	for _, c := range []struct{ kind, body string }{
		{"outlet.add_item", `{"id":"vada","name":"Vada","price":40}`}, {"outlet.put_item", `{"id":"vada","name":"Vada","price":41}`},
		{"outlet.eighty_six", `{"item_ids":["vada"]}`}, {"outlet.remove_item", `{"id":"vada"}`}, {"outlet.put_menu", richMenuUntaxed},
	} {
		w.do(t, domain.Manager, c.kind, c.body)
		if tag := w.outlet.Menu.Tag(w.at); seen[tag] || w.outlet.Menu.Version != w.seq {
			t.Errorf("%s: tag %s was there before", c.kind, tag)
		} else {
			seen[tag] = true
		}
	}
}

func TestItemsKeepTheirPlace(t *testing.T) {
	w := furnished(t)
	ids := func() (s string) {
		for i, item := range w.outlet.Menu.Items {
			if found, ok := w.outlet.Menu.Find(item.ID); !ok || found != &w.outlet.Menu.Items[i] {
				t.Errorf("%s is found elsewhere", item.ID)
			}
			s += item.ID + " "
		}
		return s
	}
	w.do(t, domain.Admin, "outlet.put_item", `{"id":"dosa","name":"Dosa 2","price":1}`)
	w.do(t, domain.Admin, "outlet.add_item", `{"name":"Vada","price":40}`)
	w.do(t, domain.Admin, "outlet.remove_item", `{"id":"beer"}`)
	if got := ids(); got != "dosa tea new-1 " {
		t.Error(got)
	}
}

func TestBadItemsAreRefusedByField(t *testing.T) {
	groups := func(g string) string { return `{"name":"x","price":1,"modifier_groups":[` + g + `]}` }
	option := func(o string) string { return groups(`{"name":"g","options":[` + o + `]}`) }
	text := strings.Repeat("x", 257)
	cases := []struct{ body, want string }{
		{`{"price":1}`, "VALIDATION_ERROR name"}, {`{"name":"` + text + `","price":1}`, "VALIDATION_ERROR name"}, {`{"name":"a\u0007","price":1}`, "VALIDATION_ERROR name"},
		{`{"id":"a\nb","name":"x","price":1}`, "VALIDATION_ERROR id"}, {`{"name":"x"}`, "VALIDATION_ERROR price"}, {`{"name":"x","price":-1}`, "INVALID_LINE price"},
		{`{"name":"x","price":1.001}`, "TOO_MANY_DECIMALS price"}, {`{"name":"x","price":90071992547409.92}`, "AMOUNT_OVERFLOW price"}, {`{"name":"x","price":1,"price_minor":101}`, "VALIDATION_ERROR price_minor"},
		{`{"name":"x","price_minor":-1}`, "INVALID_LINE price"}, {`{"name":"x","price_minor":9007199254740992}`, "AMOUNT_OVERFLOW price_minor"},
		{`{"name":"\u200b\n","price":1}`, "VALIDATION_ERROR name"}, {`{"name":"x","price":1,"category":"a\u0000b"}`, "VALIDATION_ERROR category"}, {`{"name":"x","price":1,"station":"` + text + `"}`, "VALIDATION_ERROR station"},
		{`{"name":"x","price":1,"tax_class":"none"}`, "UNKNOWN_TAX_CLASS tax_class"}, {`{"name":"x","price":1,"tax_class":""}`, "UNKNOWN_TAX_CLASS tax_class"},
		{`{"name":"परांठा 🫓","price":0,"category":"شوربة"}`, "accepted"}, {`{"name":"x","price":"90071992547409.91"}`, "accepted"},
		{groups(`{"name":""}`), "VALIDATION_ERROR modifier_groups[0].name"}, {groups(`{"name":"g","id":"a\tb"}`), "VALIDATION_ERROR modifier_groups[0].id"},
		{groups(`{"name":"g","min":-1}`), "VALIDATION_ERROR modifier_groups[0].max"}, {groups(`{"name":"g","min":3,"max":2}`), "VALIDATION_ERROR modifier_groups[0].max"}, {groups(`{"name":"g","min":3}`), "accepted"},
		{groups(strings.Repeat(`{"name":"g"},`, maxModifierGroups) + `{"name":"g"}`), "VALIDATION_ERROR modifier_groups"},
		{option(strings.Repeat(`{"name":"o"},`, maxOptions) + `{"name":"o"}`), "VALIDATION_ERROR modifier_groups[0].options"},
		{option(`{"name":"o"},{"name":""}`), "VALIDATION_ERROR modifier_groups[0].options[1].name"}, {option(`{"name":"o","id":"\u2028"}`), "VALIDATION_ERROR modifier_groups[0].options[0].id"},
		{option(`{"name":"o","price":-1}`), "INVALID_LINE modifier_groups[0].options[0].price"}, {option(`{"name":"o","price":1,"price_minor":1}`), "VALIDATION_ERROR modifier_groups[0].options[0].price_minor"},
	}
	for _, c := range cases {
		if got := furnished(t).refused(t, domain.Manager, "outlet.add_item", c.body); got != c.want {
			t.Errorf("add %.100s: got %s, want %s", c.body, got, c.want)
		}
		// the same in a whole menu, where every item has its place and its own id
		code, field, _ := strings.Cut(c.want, " ")
		want, body := c.want, c.body
		if field != "" {
			want = code + " [1]." + field
		}
		if !strings.Contains(body, `"id":"a\nb"`) || strings.Contains(body, "modifier") {
			body = `{"id":"i",` + body[1:]
		}
		if got := furnished(t).refused(t, domain.Manager, "outlet.put_menu", `{"items":[{"id":"first","name":"f","price":1},`+body+`]}`); got != want {
			t.Errorf("put %.100s: got %s, want %s", c.body, got, want)
		}
	}
}

func TestItemsOfAMenuHaveIDsOfTheirOwn(t *testing.T) {
	w := furnished(t)
	for body, want := range map[string]string{
		`{"items":[{"name":"x","price":1}]}`:                                          "VALIDATION_ERROR [0].id",
		`{"items":[{"id":"a","name":"x","price":1},{"id":"a","name":"y","price":2}]}`: "VALIDATION_ERROR [1].id",
	} {
		if got := w.refused(t, domain.Admin, "outlet.put_menu", body); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	many := &PutMenu{Items: make([]ItemRequest, MaxItems+1)}
	if _, refusal := Decide(w.outlet, many, &Meta{By: domain.Identity{Role: domain.Admin}}); refusal == nil || refusal.Fields[0].Field != "items" {
		t.Errorf("beyond the bound: %v", refusal)
	}
	full := *w.outlet
	items := make([]Item, MaxItems)
	for i := range items {
		items[i].ID = fmt.Sprint("i", i)
	}
	full.Menu = NewMenu(1, items)
	_, refusal := Decide(&full, AddItem{ItemRequest: ItemRequest{ID: "one-more"}}, &Meta{By: domain.Identity{Role: domain.Admin}})
	if refusal == nil || refusal.Code != domain.Conflict {
		t.Errorf("beyond the bound: %v", refusal)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	w := furnished(t)
	for _, c := range []struct{ kind, body, want string }{
		{"outlet.add_item", `{"id":"dosa","name":"x","price":1}`, "CONFLICT id"},
		{"outlet.put_item", `{"id":"none","name":"x","price":1}`, "ITEM_NOT_FOUND"},
		{"outlet.put_item", `{"id":"dosa","name":"","price":1}`, "VALIDATION_ERROR name"},
		{"outlet.remove_item", `{"id":"none"}`, "ITEM_NOT_FOUND"},
		{"outlet.remove_item", `{"id":""}`, "ITEM_NOT_FOUND"},
		{"outlet.eighty_six", `{"item_ids":["dosa","none"]}`, "ITEM_NOT_FOUND item_ids[1]"},
		{"outlet.eighty_six", `{"item_ids":[]}`, "VALIDATION_ERROR item_ids"},
		{"outlet.eighty_six", `{"item_ids":["dosa"],"until":"2025-12-31T11:30:00Z"}`, "VALIDATION_ERROR until"},
		{"outlet.eighty_six", `{"item_ids":["dosa"],"until":"tomorrow"}`, "VALIDATION_ERROR until"},
	} {
		if got := w.refused(t, domain.Admin, c.kind, c.body); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.kind, c.body, got, c.want)
		}
	}
}

func TestOptionGoesByNameOrID(t *testing.T) {
	for _, o := range []ModifierOption{{ID: "ghee", Name: "Ghee <A2>"}, {Name: "No Onion"}} {
		for name, want := range map[string]bool{"": false, "Ghee": false, "onion": false, "ghee": o.ID != "", "Ghee <A2>": o.ID != "", "No Onion": o.ID == ""} {
			if o.Is(name) != want {
				t.Errorf("%+v is %q: %v", o, name, !want)
			}
		}
	}
}

func TestANewPriceDoesNotBringBackWhatIs86(t *testing.T) {
	o := New()
	m := &Meta{By: domain.Identity{User: "m", Role: domain.Manager}, At: 1, Seq: 1}
	price := money.FromMinor(10, 0)
	for _, c := range []Command{
		&AddItem{ItemRequest: ItemRequest{ID: "dal", Name: "Dal", Price: &price}},
		&EightySix{ItemIDs: []string{"dal"}},
		&PutItem{ItemRequest: ItemRequest{ID: "dal", Name: "Dal Makhani", Price: &price}},
	} {
		d, refusal := Decide(o, c, m)
		if refusal != nil {
			t.Fatal(refusal)
		}
		o = d.Next
	}
	if item, _ := o.Menu.Find("dal"); item.Available(2) || item.Name != "Dal Makhani" {
		t.Fatalf("%+v", item)
	}
}
