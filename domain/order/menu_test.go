package order

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
)

func TestMenuFillsInWhatALineLeavesOut(t *testing.T) {
	w := india(t)
	o := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"dosa","quantity":1,"modifiers":["ghee","No Onion","less salt",{"name":"Extra Ghee"},{"name":"box","price":"3"}]},
		{"menu_item_id":"beer","quantity":0.5},{"name":"Open","quantity":1,"price_minor":100}]}`).Next
	dosa, beer, open := o.Lines[0], o.Lines[1], o.Lines[2]
	if dosa.Name != "Masala Dosa" || dosa.Price != 12000 || dosa.TaxClass != "food" || dosa.Amount != 12000+1550+1550+300 {
		t.Errorf("dosa: %+v", dosa)
	}
	want := []Modifier{{"Extra Ghee", 1550}, {"No Onion", 0}, {"less salt", 0}, {"Extra Ghee", 1550}, {"box", 300}}
	if fmt.Sprint(dosa.Modifiers) != fmt.Sprint(want) {
		t.Errorf("modifiers: %v, want %v", dosa.Modifiers, want)
	}
	if beer.Name != "Beer" || beer.TaxClass != "liquor" || beer.Amount != 12500 {
		t.Errorf("beer: %+v", beer)
	}
	if open.Item != "" || open.TaxClass != "food" || open.Amount != 100 {
		t.Errorf("open item: %+v", open)
	}
}

// TestNameOfTheMenuCounts: a lobster cannot be sold as water, nor water as lobster.
func TestNameOfTheMenuCounts(t *testing.T) {
	w := india(t)
	body := `{"items":[{"menu_item_id":"dosa","name":"Lobster","quantity":1},{"menu_item_id":"beer","name":"Beer","quantity":1},{"name":"Open","quantity":1,"price":1},{"menu_item_id":"beer","name":"BEER","quantity":1}]}`
	const ignored = "[items[0].name items[3].name]"
	for _, role := range []domain.Role{domain.Waiter, domain.Admin} {
		create := command(t, "order.create", body)
		d, refusal := Decide(nil, create, w.meta(role))
		if refusal != nil || d.Next.Lines[0].Name != "Masala Dosa" || d.Next.Lines[2].Name != "Open" || d.Next.Lines[3].Name != "Beer" {
			t.Fatalf("%s: %v %+v", role, refusal, d.Next)
		}
		if got := fmt.Sprint(Ignored(create, d.Next)); got != ignored {
			t.Errorf("ignored: %s", got)
		}
		add := command(t, "order.add_items", body)
		if d, refusal = Decide(d.Next, add, w.meta(role)); refusal != nil || fmt.Sprint(Ignored(add, d.Next)) != ignored {
			t.Errorf("%v: ignored %s", refusal, Ignored(add, d.Next))
		}
	}
	// where only the menu is sold, another name is a mistake
	w.organise(t, "outlet.put_settings", `{"open_items":"refuse"}`)
	for _, role := range []domain.Role{domain.Waiter, domain.Admin} {
		for kind, o := range map[string]*Order{"order.create": nil, "order.add_items": india(t).in(t, Pending)} {
			refusal := w.refused(t, o, role, kind, body)
			if blamed(refusal) != "VALIDATION_ERROR items[0].name" || !strings.Contains(refusal.Detail, "Masala Dosa") {
				t.Errorf("%s by %s: %v", kind, role, refusal)
			}
		}
		w.do(t, nil, role, "order.create", `{"items":[{"menu_item_id":"dosa","name":"Masala Dosa","quantity":1},{"menu_item_id":"dosa","quantity":1}]}`)
	}
}

func TestNullTaxClassIsBilledWithoutTax(t *testing.T) {
	w := newWorld(t, indianSettings, `[{"id":"milk","name":"Milk","price":30,"tax_class":null},{"id":"tea","name":"Tea","price":30}]`)
	w.organise(t, "outlet.put_settings", `{"charges":[]}`)
	o := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"milk","quantity":1},{"menu_item_id":"tea","quantity":1}]}`).Next
	if o.Lines[0].TaxClass != "" || o.Lines[1].TaxClass != "food" || o.Tax != 150 {
		t.Errorf("tax %d, lines %+v", o.Tax, o.Lines)
	}
}

func TestOnlyThoseWhoMaySetAnotherPriceThanTheMenus(t *testing.T) {
	dear := []string{`{"items":[{"menu_item_id":"dosa","quantity":1,"price":1}]}`,
		`{"items":[{"menu_item_id":"dosa","quantity":1,"modifiers":[{"name":"ghee","price":0}]}]}`,
		`{"items":[{"menu_item_id":"dosa","quantity":1,"price_minor":11999}]}`}
	strict, free := india(t), india(t)
	free.organise(t, "outlet.put_settings", `{"price_override":true}`)
	for _, body := range dear {
		for _, role := range []domain.Role{domain.Admin, domain.Manager, domain.Cashier, domain.Waiter, domain.Staff} {
			may := role == domain.Admin || role == domain.Manager
			_, refusal := Decide(nil, command(t, "order.create", body), strict.meta(role))
			if (refusal == nil) != may || refusal != nil && refusal.Code != domain.PriceMismatch {
				t.Errorf("%s by %s: %s", body, role, blamed(refusal))
			}
			free.do(t, nil, role, "order.create", body)
		}
	}
	// the same price in other words is no override
	strict.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"dosa","quantity":1,"price":"120.000000000000","price_minor":12000}]}`)
	// a change of a line is held to the same rule
	o := strict.in(t, Pending)
	if got := blamed(strict.refused(t, o, domain.Waiter, "order.change_item", `{"line_id":"l1","price":1}`)); got != "PRICE_MISMATCH price" {
		t.Error(got)
	}
	if got := blamed(strict.refused(t, o, domain.Waiter, "order.change_item", `{"line_id":"l1","modifiers":["x",{"name":"ghee","price":1}]}`)); got != "PRICE_MISMATCH modifiers[1].price" {
		t.Error(got)
	}
}

func TestOpenItemsAreRefusedWhereTheOrganisationSaysSo(t *testing.T) {
	w := india(t)
	open := `{"items":[{"menu_item_id":"dosa","quantity":1},{"menu_item_id":"unknown","name":"Tea","quantity":1,"price":10}]}`
	w.do(t, nil, domain.Waiter, "order.create", open)
	w.organise(t, "outlet.put_settings", `{"open_items":"refuse"}`)
	for _, role := range []domain.Role{domain.Waiter, domain.Admin} {
		if got := blamed(w.refused(t, nil, role, "order.create", open)); got != "VALIDATION_ERROR items[1].menu_item_id" {
			t.Errorf("%s: %s", role, got)
		}
	}
}

func TestSoldOutLapses(t *testing.T) {
	// given
	w := india(t)
	w.organise(t, "outlet.eighty_six", `{"item_ids":["beer"],"until":"2025-12-31T12:00:00Z"}`)
	body := `{"items":[{"menu_item_id":"beer","quantity":1}]}`
	// when, then
	if got := blamed(w.refused(t, nil, domain.Admin, "order.create", body)); got != "ITEM_SOLD_OUT items[0].menu_item_id" {
		t.Error(got)
	}
	w.at = noon + 30*60*1000
	w.do(t, nil, domain.Waiter, "order.create", body)
}

func TestOrderKeepsTheSettingsOfItsCreation(t *testing.T) {
	// given
	w := india(t)
	o := w.in(t, Pending)
	old := w.outlet.Settings
	// when the organisation drops its taxes
	w.organise(t, "outlet.put_menu", `{"items":[]}`)
	w.organise(t, "outlet.put_settings", `{"tax_classes":{"none":[]},"default_tax_class":"none","charges":null,"round_off":null}`)
	m := w.meta(domain.Waiter)
	m.Settings = old
	d, refusal := Decide(o, command(t, "order.add_items", `{"items":[{"name":"Tea","quantity":1,"price":10}]}`), m)
	// then
	if refusal != nil || d.Next.Settings != old.Version || d.Next.Lines[2].TaxClass != "food" || len(d.Next.Taxes) != 3 {
		t.Fatalf("%v: %+v", refusal, d.Next)
	}
}

func TestLineIDsAreNeverGivenTwice(t *testing.T) {
	w := india(t)
	tea := func(ids ...string) string {
		body := ""
		for _, id := range ids {
			body += fmt.Sprintf(`,{"line_id":%q,"name":"Tea","quantity":1,"price":10}`, id)
		}
		return `{"items":[` + body[1:] + `]}`
	}
	for _, c := range []struct {
		create, add []string
		want        string
	}{
		{[]string{"", ""}, []string{"", ""}, "[l1 l2 l3 l4]"},
		{[]string{"l2"}, []string{""}, "[l2 l3]"}, // a client numbers lines as we do
		{[]string{"l2", ""}, []string{"", "l3"}, "CONFLICT items[1].line_id"},
		{[]string{"l2", ""}, []string{"", "l9", ""}, "[l2 l3 l10 l9 l11]"},
		{[]string{"", "l1"}, []string{""}, "[l2 l1 l4]"},
		{[]string{"a", ""}, []string{"b", ""}, "[a l1 b l3]"},
		{[]string{""}, []string{"l9999999999"}, "VALIDATION_ERROR items[0].line_id"}, // it would be given to a later line
		{[]string{""}, []string{"l0000000001"}, "VALIDATION_ERROR items[0].line_id"},
		{[]string{""}, []string{"l999999999999999999999999"}, "VALIDATION_ERROR items[0].line_id"},
		{[]string{"l99999999999x", "l007"}, []string{""}, "[l99999999999x l007 l8]"},
		{[]string{"l999999999", ""}, []string{""}, "[l999999999 l1000000000 l1000000001]"},
		{[]string{"L1", "l-1", "l"}, []string{""}, "[L1 l-1 l l4]"},
		{[]string{""}, []string{"l1"}, "CONFLICT items[0].line_id"},
		{[]string{"a"}, []string{"b", "b"}, "CONFLICT items[1].line_id"},
	} {
		o := w.do(t, nil, domain.Waiter, "order.create", tea(c.create...)).Next
		d, refusal := Decide(o, command(t, "order.add_items", tea(c.add...)), w.meta(domain.Waiter))
		got := blamed(refusal)
		if refusal == nil {
			got = fmt.Sprint(lineIDs(d.Next))
		}
		if got != c.want {
			t.Errorf("%q then %q: got %s, want %s", c.create, c.add, got, c.want)
		}
	}
	// a line that is gone keeps its number
	o := w.do(t, nil, domain.Waiter, "order.create", tea("", "")).Next
	o = w.do(t, o, domain.Waiter, "order.remove_item", `{"line_id":"l2"}`).Next
	o = w.do(t, o, domain.Waiter, "order.add_items", tea("")).Next
	if got := fmt.Sprint(lineIDs(o)); got != "[l1 l3]" {
		t.Error(got)
	}
}

func lineIDs(o *Order) (ids []string) {
	for i := range o.Lines {
		ids = append(ids, o.Lines[i].ID)
	}
	return ids
}

func TestLastLineStays(t *testing.T) {
	w := india(t)
	o := w.do(t, w.in(t, Pending), domain.Waiter, "order.remove_item", `{"line_id":"l1"}`).Next
	if got := blamed(w.refused(t, o, domain.Waiter, "order.remove_item", `{"line_id":"l2"}`)); got != "EMPTY_ORDER" {
		t.Error(got)
	}
}

func TestChangeItemChangesWhatItNames(t *testing.T) {
	w := india(t)
	o := w.do(t, nil, domain.Waiter, "order.create", `{"items":[`+fullItem+`]}`).Next
	before := o.Lines[0]
	// when
	changed := w.do(t, o, domain.Waiter, "order.change_item", `{"line_id":"a","quantity":3}`).Next.Lines[0]
	// then
	before.Quantity, before.Amount = 3000, 3*before.Amount
	if fmt.Sprintf("%+v", changed) != fmt.Sprintf("%+v", before) {
		t.Errorf("got  %+v\nwant %+v", changed, before)
	}
	changed = w.do(t, o, domain.Waiter, "order.change_item", `{"line_id":"a","modifiers":[],"notes":"","course":"","seat":0}`).Next.Lines[0]
	if changed.Modifiers != nil || changed.Notes != "" || changed.Course != "" || changed.Seat != 0 || changed.Amount != 12000 {
		t.Errorf("emptied: %+v", changed)
	}
	if d := w.do(t, o, domain.Waiter, "order.change_item", `{"line_id":"a","course":null,"seat":null,"modifiers":null}`); d.Event != nil {
		t.Errorf("null changed something: %+v", d.Event)
	}
}

func TestMissingTableIsTheCounter(t *testing.T) {
	w := india(t)
	for _, table := range []string{``, `"table_id":null,`, `"table_id":"",`, `"table_id":null,"table_number":null,`} {
		o := w.do(t, nil, domain.Waiter, "order.create", `{`+table+twoDosas[1:]).Next
		if o.TableID != Counter || o.TableNumber != 0 || o.Type != "dine_in" {
			t.Errorf("%s: table %q %d, %s", table, o.TableID, o.TableNumber, o.Type)
		}
	}
}

func TestPreviewPricesWithoutAskingWhoAndAlsoNothing(t *testing.T) {
	w := india(t)
	empty, refusal := Preview(command(t, "order.create", `{"items":[]}`).(*Create), w.meta(domain.Kitchen))
	if refusal != nil || empty.Total != 0 || len(empty.Charges) != 0 || len(empty.Taxes) != 0 {
		t.Fatalf("%v: %+v", refusal, empty)
	}
	priced, refusal := Preview(command(t, "order.create", twoDosas).(*Create), w.meta(domain.Kitchen))
	if made := w.in(t, Pending); refusal != nil || priced.Total != made.Total {
		t.Errorf("%v: preview %d, order %d", refusal, priced.Total, made.Total)
	}
}
