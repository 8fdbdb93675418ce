package order

import (
	"encoding/json"
	"testing"

	"heard/domain"
	"heard/domain/outlet"
)

// What every test here is given: an organisation in India with two taxes on
// food, one on drinks, charges and a round-off, and a menu with extras.
const (
	indianSettings = `{"currency":"INR","default_tax_class":"food","round_off":{"increment":1},"discount_limits":{"waiter":15,"cashier":10,"staff":10},
		"tax_classes":{"food":[{"code":"CGST","rate":2.5},{"code":"SGST","rate":2.5}],"liquor":[{"code":"VAT","rate":20}]},
		"charges":[{"code":"service","type":"percent","value":10},{"code":"packing","type":"amount","value":12.50,"tax_class":"food"}]}`
	koreanSettings = `{"currency":"KRW","default_tax_class":"vat","prices_include_tax":true,"tax_classes":{"vat":[{"code":"VAT","rate":10}]}}`
	indianMenu     = `[
		{"id":"dosa","name":"Masala Dosa","category":"South","price":120,"modifier_groups":[{"id":"extras","name":"Extras","options":[
			{"id":"ghee","name":"Extra Ghee","price":15.50},{"name":"No Onion"}]}]},
		{"id":"beer","name":"Beer","price":"250.00","tax_class":"liquor"},
		{"id":"soup","name":"Soup","price":80,"available":false}]`
	koreanMenu = `[{"id":"bap","name":"비빔밥","price":9500}]`
)

const (
	noon    = int64(1_767_180_600_000) // 2025-12-31T11:30:00Z
	orderID = "0198f0b2-77aa-7c31-b3a1-2f6d3a5c9e10"
)

// world is an organisation that orders are made in.
type world struct {
	outlet *outlet.Outlet
	pricer Pricer
	at     int64
}

func newWorld(t testing.TB, settings, menu string) *world {
	t.Helper()
	w := &world{outlet: outlet.New(), at: noon}
	w.organise(t, "outlet.put_settings", settings)
	w.organise(t, "outlet.put_menu", `{"items":`+menu+`}`)
	return w
}

func india(t testing.TB) *world { return newWorld(t, indianSettings, indianMenu) }

// organise changes the organisation as its admin.
func (w *world) organise(t testing.TB, kind, body string) {
	t.Helper()
	c := outlet.Commands()[kind]()
	if err := json.Unmarshal([]byte(body), c); err != nil {
		t.Fatalf("%s %s: %v", kind, body, err)
	}
	seq := max(w.outlet.Settings.Version, w.outlet.Menu.Version) + 1
	d, refusal := outlet.Decide(w.outlet, c.(outlet.Command), &outlet.Meta{By: by(domain.Admin), At: w.at, Clock: w.at, Seq: seq})
	if refusal != nil {
		t.Fatalf("%s %s: %v", kind, body, refusal)
	}
	w.outlet = d.Next
}

func by(role domain.Role) domain.Identity {
	return domain.Identity{User: "u-" + string(role), Name: "Asha " + string(role), Role: role}
}

func (w *world) meta(role domain.Role) *Meta {
	return &Meta{Org: "o1", By: by(role), At: w.at, NewID: orderID, Number: 7,
		Settings: w.outlet.Settings, Menu: w.outlet.Menu, Pricer: &w.pricer}
}

// command decodes a body as a client sends it.
func command(t testing.TB, kind, body string) Command {
	t.Helper()
	c := Commands()[kind]()
	if err := json.Unmarshal([]byte(body), c); err != nil {
		t.Fatalf("%s %s: %v", kind, body, err)
	}
	return c.(Command)
}

// do carries a command out that must be accepted.
func (w *world) do(t testing.TB, o *Order, role domain.Role, kind, body string) Decision {
	t.Helper()
	d, refusal := Decide(o, command(t, kind, body), w.meta(role))
	if refusal != nil {
		t.Fatalf("%s %s by %s: %v", kind, body, role, refusal)
	}
	return d
}

// refused carries a command out that must be refused.
func (w *world) refused(t testing.TB, o *Order, role domain.Role, kind, body string) *domain.Error {
	t.Helper()
	d, refusal := Decide(o, command(t, kind, body), w.meta(role))
	if refusal == nil {
		t.Fatalf("%s %s by %s: accepted as %v", kind, body, role, d.Event)
	}
	return refusal
}

const twoDosas = `{"items":[{"menu_item_id":"dosa","quantity":2},{"menu_item_id":"beer","quantity":1}]}`

// in makes an order that is in a status; "" makes none.
func (w *world) in(t testing.TB, status Status) *Order {
	t.Helper()
	if status == "" {
		return nil
	}
	o := w.do(t, nil, domain.Admin, "order.create", twoDosas).Next
	if status != Pending {
		o = w.do(t, o, domain.Admin, "order.set_status", `{"status":"`+string(status)+`","reason":"x"}`).Next
	}
	return o
}

// blamed is what a refusal says, as tests name it: the code and the field.
func blamed(refusal *domain.Error) string {
	if refusal == nil {
		return "accepted"
	}
	if len(refusal.Fields) == 0 {
		return string(refusal.Code)
	}
	return string(refusal.Code) + " " + refusal.Fields[0].Field
}

// whole is every member of an order, also those its image leaves out.
func whole(t testing.TB, o *Order) string {
	t.Helper()
	if o == nil {
		return ""
	}
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
