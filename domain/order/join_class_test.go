package order

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/outlet"
)

// later is the order's meta when its organisation has other settings now.
func (w *world) later(role domain.Role, made *outlet.Settings) *Meta {
	m := w.meta(role)
	m.Policy, m.Settings = m.Settings, made
	return m
}

// TestNewTaxClassJoinsAnOpenOrder follows an order of before: each step changes
// the organisation, then adds an item. What the order has, keeps its rates.
func TestNewTaxClassJoinsAnOpenOrder(t *testing.T) {
	const tea = `{"code":"A","rate":5}`
	w := newWorld(t, `{"tax_classes":{"food":[`+tea+`]},"default_tax_class":"food"}`, `[{"id":"tea","name":"Tea","price":100}]`)
	o := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"tea","quantity":1}]}`).Next
	made := w.outlet.Settings
	var states []*Order
	var records []domain.Record
	for i, step := range []struct{ settings, menu, add, tax, joins string }{
		// a class that is new, at its rates
		{`{"tax_classes":{"food":[` + tea + `],"wine":[{"code":"V","rate":20}]}}`, `[{"id":"wine","name":"Wine","price":100,"tax_class":"wine"}]`, "wine", "5+20", "wine"},
		// its rates change: the order keeps those it joined with
		{`{"tax_classes":{"food":[` + tea + `],"wine":[{"code":"V","rate":40}]}}`, `[{"id":"wine","name":"Wine","price":100,"tax_class":"wine"}]`, "wine", "5+20+20", ""},
		// a class the order began with has other rates: it keeps its own
		{`{"tax_classes":{"food":[{"code":"A","rate":50}],"wine":[]}}`, `[{"id":"tea","name":"Tea","price":100,"tax_class":"food"}]`, "tea", "5+20+20+5", ""},
		// the class has another name: that is another class
		{`{"tax_classes":{"food":[],"liquor":[{"code":"V","rate":40},{"code":"C","rate":10,"compound":true}]}}`, `[{"id":"wine","name":"Wine","price":100,"tax_class":"liquor"}]`, "wine", "5+20+20+5+40+14", "liquor"},
		// the organisation's default is another now: the order's own counts
		{`{"tax_classes":{"food":[],"late":[{"code":"L","rate":1}]},"default_tax_class":"late"}`, `[{"id":"tea","name":"Tea","price":100}]`, "tea", "5+20+20+5+40+14+5", ""},
		// all classes but one are gone
		{`{"tax_classes":{"late":[{"code":"L","rate":1}]}}`, `[{"id":"tea","name":"Tea","price":100,"tax_class":null},{"id":"wine","name":"Wine","price":100,"tax_class":"late"}]`, "tea", "5+20+20+5+40+14+5+0", ""},
	} {
		w.organise(t, "outlet.put_menu", `{"items":[]}`)
		w.organise(t, "outlet.put_settings", step.settings)
		w.organise(t, "outlet.put_menu", `{"items":`+step.menu+`}`)
		m := w.later(domain.Waiter, made)
		d, refusal := Decide(o, command(t, "order.add_items", fmt.Sprintf(`{"items":[{"menu_item_id":%q,"quantity":1},{"name":"free","quantity":1,"price":0}]}`, step.add)), m)
		if refusal != nil {
			t.Fatalf("step %d: %v", i, refusal)
		}
		o = d.Next
		if want := sum(t, step.tax) * 100; o.Tax != want || o.Settings != made.Version {
			t.Errorf("step %d: tax %d, want %d; %+v", i, o.Tax, want, o.Taxes)
		}
		data := AppendEvent(nil, d.Event, m)
		if strings.Contains(string(data), `"tax_classes"`) != (step.joins != "") || !strings.Contains(string(data), step.joins) {
			t.Errorf("step %d: %s", i, data)
		}
		states = append(states, o)
		records = append(records, domain.Record{Kind: d.Event.Kind(), At: m.At, Data: data})
	}
	if got := fmt.Sprint(len(o.Joined), " ", o.Joined[0].Name, " ", o.Joined[1].Name); got != "2 wine liquor" {
		t.Errorf("joined %s", got)
	}
	// the log alone gives the same, from any image on; and so does every other change
	for i := 1; i < len(states); i++ {
		before, err := Parse(states[i-1].AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		next, err := Replay(before, &records[i], made, &w.pricer)
		if err != nil || !bytes.Equal(next.AppendJSON(nil), states[i].AppendJSON(nil)) {
			t.Fatalf("step %d: %v\ngot  %s\nwant %s", i, err, next.AppendJSON(nil), states[i].AppendJSON(nil))
		}
	}
	d, refusal := Decide(o, command(t, "order.change_item", `{"line_id":"l2","quantity":2}`), w.later(domain.Waiter, made))
	if refusal != nil || d.Next.Tax != o.Tax+2000 || len(d.Next.Joined) != 2 {
		t.Errorf("%v: tax %d after %d", refusal, d.Next.Tax, o.Tax)
	}
	bill, refusal := w.pricer.AppendBill(nil, o, made, true)
	if refusal != nil || !strings.Contains(string(bill), `"tax_minor":`+fmt.Sprint(o.Tax)) || !strings.Contains(string(bill), `{"code":"C","amount":14.00`) {
		t.Errorf("%v: %s", refusal, bill)
	}
	golden(t, "image_joined", o.AppendJSON(nil))
	golden(t, "event_items_added_joined", records[3].Data)
}

func sum(t *testing.T, text string) (total int64) {
	t.Helper()
	for _, one := range strings.Split(text, "+") {
		var n int64
		if _, err := fmt.Sscan(one, &n); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

// TestJoinedClassesAreNotShared: two changes of one state do not see each other.
func TestJoinedClassesAreNotShared(t *testing.T) {
	w := newWorld(t, `{}`, `[]`)
	o := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"name":"Tea","quantity":1,"price":1}]}`).Next
	made := w.outlet.Settings
	w.organise(t, "outlet.put_settings", `{"tax_classes":{"standard":[],"a":[],"b":[],"c":[]}}`)
	w.organise(t, "outlet.put_menu", `{"items":[{"id":"a","name":"A","price":1,"tax_class":"a"},{"id":"b","name":"B","price":1,"tax_class":"b"},{"id":"c","name":"C","price":1,"tax_class":"c"}]}`)
	add := func(o *Order, id string) *Order {
		d, refusal := Decide(o, command(t, "order.add_items", `{"items":[{"menu_item_id":"`+id+`","quantity":1},{"menu_item_id":"`+id+`","quantity":1}]}`), w.later(domain.Waiter, made))
		if refusal != nil {
			t.Fatal(refusal)
		}
		return d.Next
	}
	first := add(o, "a")
	second, third := add(first, "b"), add(first, "c")
	if len(o.Joined) != 0 || len(first.Joined) != 1 || second.Joined[1].Name != "b" || third.Joined[1].Name != "c" {
		t.Errorf("%v, %v, %v, %v", o.Joined, first.Joined, second.Joined, third.Joined)
	}
}
