package order

import (
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/outlet"
)

// thaliMenu asks for one bread, lets one sweet, and has halves that share their
// toppings. water has no groups.
const thaliMenu = `[{"id":"thali","name":"Thali","price":200,"modifier_groups":[
		{"id":"bread","name":"Bread","min":1,"max":2,"options":[{"id":"r","name":"Roti"},{"id":"n","name":"Naan","price":20}]},
		{"id":"sweet","name":"Sweet","max":1,"options":[{"name":"Kheer","price":30},{"name":"Halwa","price":30}]}]},
	{"id":"pizza","name":"Pizza","price":300,"modifier_groups":[
		{"id":"left","name":"Left half","min":1,"max":1,"options":[{"name":"Onion"},{"name":"Paneer"},{"name":"Corn"}]},
		{"id":"right","name":"Right half","min":1,"max":1,"options":[{"name":"Onion"},{"name":"Paneer"}]}]},
	{"id":"water","name":"Water","price":20}]`

func withModifiers(item, modifiers string) string {
	return `{"items":[{"menu_item_id":"water","quantity":1},{"menu_item_id":"` + item + `","quantity":1,"modifiers":[` + modifiers + `]}]}`
}

func TestListedOnlyTakesModifiersOfTheMenuAlone(t *testing.T) {
	strict, lenient := newWorld(t, indianSettings, thaliMenu), newWorld(t, indianSettings, thaliMenu)
	strict.organise(t, "outlet.put_settings", `{"open_items":"refuse"}`)
	for _, c := range []struct{ item, modifiers, want, part string }{
		{"thali", `"Roti"`, "accepted", ""},
		{"thali", `"n"`, "accepted", ""}, // by its id
		{"thali", `"Roti","Naan","Kheer"`, "accepted", ""},
		{"thali", `"Roti",{"name":"Extra Ghee","price":0}`, "VALIDATION_ERROR items[1].modifiers[1]", "Extra Ghee"},
		{"thali", `"roti"`, "VALIDATION_ERROR items[1].modifiers[0]", "Thali"},
		{"water", `"Ice"`, "VALIDATION_ERROR items[1].modifiers[0]", "Water"},
		{"thali", `"Roti",{"name":"Naan","price":0}`, "PRICE_MISMATCH items[1].modifiers[1].price", "20.00"},
		{"thali", `{"name":"Naan","price":20.00}`, "accepted", ""},
		{"thali", ``, "VALIDATION_ERROR items[1].modifiers", "Bread: at least 1, not 0"},
		{"thali", `"Kheer"`, "VALIDATION_ERROR items[1].modifiers", "Bread: at least 1, not 0"},
		{"thali", `"Roti","Roti","Naan"`, "VALIDATION_ERROR items[1].modifiers", "Bread: at most 2, not 3"},
		{"thali", `"Roti","Kheer","Halwa"`, "VALIDATION_ERROR items[1].modifiers", "Sweet: at most 1, not 2"},
		{"pizza", `"Onion","Paneer"`, "accepted", ""}, // one a half
		{"pizza", `"Corn","Onion"`, "accepted", ""},
		{"pizza", `"Corn"`, "VALIDATION_ERROR items[1].modifiers", "Right half: at least 1, not 0"},
		{"pizza", `"Corn","Corn","Onion"`, "VALIDATION_ERROR items[1].modifiers", "Left half: at most 1, not 2"},
	} {
		body := withModifiers(c.item, c.modifiers)
		_, refusal := Decide(nil, command(t, "order.create", body), strict.meta(domain.Waiter))
		if got := blamed(refusal); got != c.want || refusal != nil && !strings.Contains(refusal.Detail, c.part) {
			t.Errorf("%s: got %v, want %s with %q", body, refusal, c.want, c.part)
		}
		// what is priced is held to the same
		if _, refusal := Preview(command(t, "order.create", body).(*Create), strict.meta(domain.Waiter)); blamed(refusal) != c.want {
			t.Errorf("calculate %s: got %v, want %s", body, refusal, c.want)
		}
		// a lenient organisation takes anything but another price
		_, refusal = Decide(nil, command(t, "order.create", body), lenient.meta(domain.Waiter))
		if got := blamed(refusal); got != "accepted" && !strings.HasPrefix(got, "PRICE_MISMATCH") {
			t.Errorf("%s where open items are accepted: %s", body, got)
		}
	}
	// another price is the manager's to give, another modifier nobody's
	strict.do(t, nil, domain.Manager, "order.create", withModifiers("thali", `{"name":"Naan","price":0}`))
	if got := blamed(strict.refused(t, nil, domain.Admin, "order.create", withModifiers("thali", `"Roti","Ghee"`))); got != "VALIDATION_ERROR items[1].modifiers[1]" {
		t.Error(got)
	}
}

func TestListedOnlyHoldsAChangeOfALineToTheSame(t *testing.T) {
	// given
	w := newWorld(t, indianSettings, thaliMenu)
	o := w.do(t, nil, domain.Waiter, "order.create", withModifiers("thali", `"Roti","less salt"`)).Next
	w.organise(t, "outlet.put_settings", `{"open_items":"refuse"}`)
	// when, then
	for body, want := range map[string]string{
		`{"line_id":"l2","modifiers":["Naan"]}`:                        "accepted",
		`{"line_id":"l2","modifiers":["Naan","less salt"]}`:            "VALIDATION_ERROR modifiers[1]",
		`{"line_id":"l2","modifiers":[]}`:                              "VALIDATION_ERROR modifiers",
		`{"line_id":"l2","modifiers":[{"name":"Naan","price":1}]}`:     "PRICE_MISMATCH modifiers[0].price",
		`{"line_id":"l2","quantity":3,"notes":"as it was made, then"}`: "accepted",
	} {
		_, refusal := Decide(o, command(t, "order.change_item", body), w.meta(domain.Waiter))
		if got := blamed(refusal); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

// TestItemThatLeftTheMenuKeepsItsPrice: taking a dish off must not make the ones
// that were sold free to reprice.
func TestItemThatLeftTheMenuKeepsItsPrice(t *testing.T) {
	cases := []struct{ body, waiter string }{
		{`{"line_id":"l2","price":0}`, "PRICE_MISMATCH price"},
		{`{"line_id":"l2","price_minor":19999}`, "PRICE_MISMATCH price"},
		{`{"line_id":"l2","price":200,"quantity":2}`, "accepted"},
		{`{"line_id":"l2","modifiers":[{"name":"Naan","price":0}]}`, "PRICE_MISMATCH modifiers[0].price"},
		{`{"line_id":"l2","modifiers":["Naan"],"notes":"hot"}`, "accepted"},
	}
	for _, policy := range []string{"accept", "refuse"} {
		// given
		w := newWorld(t, indianSettings, thaliMenu)
		w.organise(t, "outlet.put_settings", `{"open_items":"`+policy+`"}`)
		o := w.do(t, nil, domain.Waiter, "order.create", withModifiers("thali", `"Naan"`)).Next
		w.organise(t, "outlet.remove_item", `{"id":"thali"}`)
		// when, then
		for _, c := range cases {
			for _, role := range []domain.Role{domain.Waiter, domain.Cashier, domain.Manager, domain.Admin} {
				want := c.waiter
				if role == domain.Manager || role == domain.Admin {
					want = "accepted"
				}
				d, refusal := Decide(o, command(t, "order.change_item", c.body), w.meta(role))
				if got := blamed(refusal); got != want {
					t.Errorf("%s, %s by %s: got %s, want %s", policy, c.body, role, got, want)
				}
				if refusal == nil && role == domain.Waiter && d.Next.Lines[1].Modifiers[0].Price != 2000 {
					t.Errorf("%s: %+v", c.body, d.Next.Lines[1])
				}
			}
		}
		w.organise(t, "outlet.put_settings", `{"price_override":true}`)
		w.do(t, o, domain.Waiter, "order.change_item", cases[0].body)
	}
}

// TestOpenItemsAreRepricedByWhoeverMayEdit: they never had a price of the menu.
func TestOpenItemsAreRepricedByWhoeverMayEdit(t *testing.T) {
	w := newWorld(t, indianSettings, thaliMenu)
	open := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"name":"Special","quantity":1,"price":50}]}`).Next
	w.do(t, open, domain.Waiter, "order.change_item", `{"line_id":"l1","price":60,"modifiers":[{"name":"large","price":10}]}`)
	// a client that names ids of its own, where there never was a menu
	bare := &world{outlet: outlet.New(), at: noon}
	o := bare.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`).Next
	bare.do(t, o, domain.Waiter, "order.change_item", `{"line_id":"l1","price":12}`)
	// where only the menu is sold, what is open from before keeps its price, too
	w.organise(t, "outlet.put_settings", `{"open_items":"refuse"}`)
	if got := blamed(w.refused(t, open, domain.Waiter, "order.change_item", `{"line_id":"l1","price":60}`)); got != "PRICE_MISMATCH price" {
		t.Error(got)
	}
}
