package order

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"heard/domain"
)

// The golden files pin what clients, the log and the Store read: a changed name
// is a broken contract. go test ./domain/order -update writes them again.
var update = flag.Bool("update", false, "write the golden files")

// golden compares JSON with a file. The file is indented for people; numbers,
// texts and the order of members are as they were written.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var compact, indented bytes.Buffer
	if err := json.Compact(&compact, got); err != nil {
		t.Fatalf("%s: %v in %s", name, err, got)
	}
	if !bytes.Equal(compact.Bytes(), got) {
		t.Errorf("%s: white space in %s", name, got)
	}
	if err := json.Indent(&indented, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(indented.Bytes(), want) {
		t.Errorf("%s is not its golden file (-update writes it):\ngot  %s\nwant %s", name, indented.Bytes(), want)
	}
}

const richOrder = `{"table_id":"t-4","table_number":4,"order_type":"dine_in","customer_name":"प्रिया \"P\" <b>","customer_phone":"+91 98200 00000",
	"client_order_id":"tab-7/1","discount_type":"percentage","discount_value":12.5,"items":[
	{"menu_item_id":"dosa","quantity":2,"notes":"कम तीखा 🌶","course":2,"seat":3,"modifiers":["ghee",{"name":"No Onion"},{"name":"घर का अचार","price":7.25}]},
	{"menu_item_id":"beer","quantity":0.375,"line_id":"pour-1"},
	{"name":"Open & <shut>","quantity":1.5,"price":"33.33"}]}`

// goldenOrders are orders as they stand in the golden files.
func goldenOrders(t *testing.T) map[string]*Order {
	t.Helper()
	w := india(t)
	rich := w.do(t, nil, domain.Waiter, "order.create", richOrder).Next
	w.at = noon + 61_007
	cancelled := w.do(t, rich, domain.Manager, "order.cancel", `{"reason":"गए"}`).Next
	korea := newWorld(t, koreanSettings, koreanMenu)
	korean := korea.do(t, nil, domain.Cashier, "order.create", `{"items":[{"menu_item_id":"bap","quantity":3}],"discount_type":"amount","discount_value":1000,"order_type":"takeaway"}`).Next
	bare := newWorld(t, `{"default_tax_class":null}`, `[{"id":"tea","name":"Tea","price":15}]`)
	m := bare.meta(domain.Staff)
	m.By.Name = ""
	minimal, refusal := Decide(nil, command(t, "order.create", `{"items":[{"name":"Tea","quantity":1,"price":10}]}`), m)
	if refusal != nil {
		t.Fatal(refusal)
	}
	second := w.do(t, w.in(t, Served), domain.Waiter, "order.add_items", `{"items":[{"menu_item_id":"beer","quantity":1.5}]}`).Next
	return map[string]*Order{"image_second_round": second, "image_rich": rich, "image_cancelled": cancelled, "image_krw": korean, "image_minimal": minimal.Next}
}

func TestImageIsTheGoldenFile(t *testing.T) {
	for name, o := range goldenOrders(t) {
		golden(t, name, o.AppendJSON(nil))
	}
}

type goldenEvent struct {
	name  string
	event Event
	data  []byte
}

// goldenEvents is each event as the log keeps it.
func goldenEvents(t *testing.T) []goldenEvent {
	t.Helper()
	w := india(t)
	rich := w.do(t, nil, domain.Waiter, "order.create", richOrder).Next
	all := []struct{ name, kind, body string }{
		{"event_items_added", "order.add_items", `{"items":[` + fullItem + `,{"name":"Tea","quantity":0.5,"price":10}]}`},
		{"event_item_changed", "order.change_item", `{"line_id":"l1","quantity":3,"notes":"तीखा"}`},
		{"event_item_removed", "order.remove_item", `{"line_id":"pour-1"}`},
		{"event_status_changed", "order.set_status", `{"status":"ready"}`},
		{"event_discounted", "order.set_discount", `{"discount_type":"amount","discount_value":49.90,"reason":"regular"}`},
		{"event_discount_taken_away", "order.set_discount", `{"discount_value":0}`},
		{"event_cancelled", "order.cancel", `{"reason":"गए"}`},
	}
	var events []goldenEvent
	add := func(name string, e Event) {
		events = append(events, goldenEvent{name, e, AppendEvent(nil, e, w.meta(domain.Waiter))})
	}
	add("event_created", w.do(t, nil, domain.Waiter, "order.create", richOrder).Event)
	add("event_created_minimal", w.do(t, nil, domain.Waiter, "order.create", twoDosas).Event)
	for _, c := range all {
		add(c.name, w.do(t, rich, domain.Manager, c.kind, c.body).Event)
	}
	add("event_items_added_again", w.do(t, w.in(t, Served), domain.Waiter, "order.add_items", bodies["order.add_items"]).Event)
	add("event_item_raised", w.do(t, w.in(t, Ready), domain.Waiter, "order.change_item", bodies["order.change_item"]).Event)
	add("event_item_removed_fired", w.do(t, w.in(t, Served), domain.Manager, "order.remove_item", bodies["order.remove_item"]).Event)
	add("event_item_lowered", w.do(t, w.in(t, Preparing), domain.Manager, "order.change_item", `{"line_id":"l1","quantity":1,"reason":"burnt"}`).Event)
	add("event_reopened", w.do(t, w.in(t, Completed), domain.Admin, "order.reopen", `{"reason":"wrong table"}`).Event)
	w.organise(t, "outlet.put_settings", `{"status_transitions":"lenient"}`)
	add("event_status_forced", w.do(t, w.in(t, Completed), domain.Admin, "order.set_status", `{"status":"cancelled","reason":"r"}`).Event)
	return events
}

func TestEventIsTheGoldenFile(t *testing.T) {
	for _, g := range goldenEvents(t) {
		golden(t, g.name, g.data)
		back, err := DecodeEvent(g.event.Kind(), g.data)
		if err != nil {
			t.Fatal(err)
		}
		if again := AppendEvent(nil, back, india(t).meta(domain.Waiter)); !bytes.Equal(again, g.data) {
			t.Errorf("%s reads back as %s", g.name, again)
		}
	}
}

func TestEventsStateWhatWasOrderedAndNotWhatItComesTo(t *testing.T) {
	for _, g := range goldenEvents(t) {
		for _, figure := range []string{`"amount":`, `"amount_minor"`, `"total"`, `"tax"`, `"subtotal"`} {
			if bytes.Contains(g.data, []byte(figure)) {
				t.Errorf("%s has %s: %s", g.name, figure, g.data)
			}
		}
	}
}

func TestAnswerIsTheGoldenFile(t *testing.T) {
	w := india(t)
	o := w.in(t, Pending)
	golden(t, "answer_status", w.do(t, o, domain.Kitchen, "order.set_status", `{"status":"ready"}`).Answer)
	golden(t, "answer_cancel", w.do(t, o, domain.Waiter, "order.cancel", `{}`).Answer)
	for _, kind := range []string{"order.add_items", "order.change_item", "order.remove_item", "order.set_discount"} {
		if answer := w.do(t, o, domain.Waiter, kind, bodies[kind]).Answer; answer != nil {
			t.Errorf("%s answers %s instead of the order", kind, answer)
		}
	}
}

func TestBillIsTheGoldenFile(t *testing.T) {
	orders := goldenOrders(t)
	indian, korean := india(t), newWorld(t, koreanSettings, koreanMenu)
	preview, refusal := Preview(command(t, "order.create", `{"items":[],"discount_type":"percent","discount_value":10}`).(*Create), indian.meta(domain.Waiter))
	if refusal != nil {
		t.Fatal(refusal)
	}
	bare := newWorld(t, `{"default_tax_class":null}`, `[{"id":"tea","name":"Tea","price":15}]`)
	for name, c := range map[string]struct {
		w       *world
		o       *Order
		explain bool
	}{
		"bill":           {indian, orders["image_rich"], false},
		"bill_explained": {indian, orders["image_rich"], true},
		"bill_krw":       {korean, orders["image_krw"], true},
		"bill_minimal":   {bare, orders["image_minimal"], true},
		"bill_empty":     {indian, preview, true},
	} {
		bill, refusal := c.w.pricer.AppendBill(nil, c.o, c.w.outlet.Settings, c.explain)
		if refusal != nil {
			t.Fatalf("%s: %v", name, refusal)
		}
		golden(t, name, bill)
	}
}

// TestBillAgreesWithTheOrder compares what stands on the order with its bill.
func TestBillAgreesWithTheOrder(t *testing.T) {
	w := india(t)
	o := goldenOrders(t)["image_rich"]
	data, refusal := w.pricer.AppendBill(nil, o, w.outlet.Settings, true)
	if refusal != nil {
		t.Fatal(refusal)
	}
	bill, image := topLevel(t, data), topLevel(t, o.AppendJSON(nil))
	for _, name := range []string{"currency", "order_id", "version", "subtotal", "discount", "tax", "tax_included", "tax_rate", "round_off", "total", "total_minor"} {
		if string(bill[name]) != string(image[name]) || len(bill[name]) == 0 {
			t.Errorf("%s: bill %s, order %s", name, bill[name], image[name])
		}
	}
}

func topLevel(t *testing.T, object []byte) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
