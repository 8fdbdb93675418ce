package order

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"heard/domain"
)

func TestNamesInEveryScriptAreTaken(t *testing.T) {
	w := india(t)
	for _, name := range []string{"मसाला डोसा", "شاورما دجاج", "கோழி பிரியாணி", "비빔밥", "🍕🍺 party 👨‍👩‍👧", "O'Brien \"Bob\" <b>&\\", "e\u0301clair", "a\u00a0b", strings.Repeat("é", 128)} {
		// given
		text, _ := json.Marshal(name)
		body := fmt.Sprintf(`{"customer_name":%s,"items":[{"name":%s,"quantity":1,"price":5,"notes":%s,"modifiers":[%s]}]}`, text, text, text, text)
		// when
		o := w.do(t, nil, domain.Waiter, "order.create", body).Next
		// then
		back, err := Parse(o.AppendJSON(nil))
		if err != nil || back.CustomerName != name || back.Lines[0].Name != name || back.Lines[0].Notes != name || back.Lines[0].Modifiers[0].Name != name {
			t.Errorf("%q came back as %q: %v", name, back.Lines[0].Name, err)
		}
	}
}

func TestAmountsBeyondWhatAScriptCountsAreRefused(t *testing.T) {
	const most = "90071992547409.91" // 2^53 - 1 paise
	w := newWorld(t, `{"default_tax_class":null}`, `[]`)
	line := func(quantity, price string) string {
		return `{"name":"x","quantity":` + quantity + `,"price":` + price + `}`
	}
	for _, c := range []struct{ items, want string }{
		{line("1", most), "accepted"},
		{line("0.5", most), "accepted"},
		{line("2", most), "AMOUNT_OVERFLOW items[0].price"},
		{line("1.001", most), "AMOUNT_OVERFLOW items[0].price"},
		{line("1000000", most), "AMOUNT_OVERFLOW items[0].price"},
		{line("1", most) + "," + line("1", "0.01"), "AMOUNT_OVERFLOW items"},
		{line("0.001", "0"), "accepted"},
		{`{"name":"x","quantity":1,"price":` + most + `,"modifiers":[{"name":"m","price":0.01}]}`, "AMOUNT_OVERFLOW items[0].price"},
	} {
		_, refusal := Decide(nil, command(t, "order.create", `{"items":[`+c.items+`]}`), w.meta(domain.Waiter))
		if got := blamed(refusal); got != c.want {
			t.Errorf("%s: got %s, want %s", c.items, got, c.want)
		}
	}
	// a tax on top of the most there can be blames no field, and says so
	w.organise(t, "outlet.put_settings", `{"default_tax_class":"standard"}`)
	refusal := w.refused(t, nil, domain.Waiter, "order.create", `{"items":[`+line("1", most)+`]}`)
	if blamed(refusal) != "AMOUNT_OVERFLOW" || strings.HasPrefix(refusal.Detail, ":") {
		t.Errorf("tax overflow: %v", refusal)
	}
}

func TestOrderHasAtMostAThousandLines(t *testing.T) {
	w := newWorld(t, `{}`, `[]`)
	lines := func(n int) string {
		return `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"name":"x","quantity":1,"price":1},`, n), ",") + `]}`
	}
	if got := blamed(w.refused(t, nil, domain.Waiter, "order.create", lines(1001))); got != "VALIDATION_ERROR items" {
		t.Error(got)
	}
	o := w.do(t, nil, domain.Waiter, "order.create", lines(1000)).Next
	if got := blamed(w.refused(t, o, domain.Waiter, "order.add_items", lines(1))); got != "VALIDATION_ERROR items" {
		t.Error(got)
	}
}

func TestBatchTakesAHundredRows(t *testing.T) {
	batch := func(n int) *BatchStatus {
		return &BatchStatus{Updates: make([]StatusUpdate, n)}
	}
	b := batch(MaxBatchUpdates)
	for i := range b.Updates {
		b.Updates[i] = StatusUpdate{OrderID: fmt.Sprint("o", i), Status: "anything"} // the row's own refusal
	}
	if refusal := b.Check(); refusal != nil {
		t.Error(refusal)
	}
	b.Updates[99].OrderID = "no id"
	if got := blamed(b.Check()); got != "VALIDATION_ERROR updates[99].order_id" {
		t.Error(got)
	}
	got := string(AppendResults(nil, []StatusResult{{OrderID: "a", Status: Ready, Version: 3}, {OrderID: "b", Code: domain.OrderNotFound},
		{OrderID: "c", Status: Completed, Version: 9, Code: domain.InvalidTransition}}))
	want := `{"results":[{"order_id":"a","status":"ready","version":3},{"order_id":"b","code":"ORDER_NOT_FOUND"},` +
		`{"order_id":"c","status":"completed","version":9,"code":"INVALID_TRANSITION"}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(AppendResults(nil, nil)); got != `{"results":[]}` {
		t.Error(got)
	}
}
