package order

import (
	"encoding/json"
	"testing"

	"heard/domain"
)

// FuzzDecodeCommand sends any body to any command in any status: it is refused
// in the public vocabulary or leaves a sound order, and never panics.
func FuzzDecodeCommand(f *testing.F) {
	kinds := []string{}
	for kind, body := range full {
		kinds = append(kinds, kind)
		f.Add(kind, body, uint8(0), uint8(0))
		f.Add(kind, body, uint8(len(kind)), uint8(len(body)))
	}
	for _, body := range []string{twoDosas, richOrder, `{"items":[{"name":"x","quantity":1e9,"price":1}]}`, `{"line_id":"l1","modifiers":["x"]}`, `null`, `[]`, ``} {
		for _, kind := range kinds {
			f.Add(kind, body, uint8(1), uint8(1))
		}
	}
	w := india(f)
	given := append([]Status{""}, Statuses()...)
	f.Fuzz(func(t *testing.T, kind, body string, status, role uint8) {
		fresh, ok := Commands()[kind]
		if !ok {
			return
		}
		c := fresh()
		if json.Unmarshal([]byte(body), c) != nil {
			return
		}
		switch batch := c.(type) {
		case *BatchStatus:
			batch.Check()
			return
		case *BatchCreate:
			batch.Check(w.meta(domain.Waiter), body != "")
			return
		}
		o := w.in(t, given[int(status)%len(given)])
		before := whole(t, o)
		roles := domain.Roles()
		d, refusal := Decide(o, c.(Command), w.meta(roles[int(role)%len(roles)]))
		if whole(t, o) != before {
			t.Fatalf("%s changed the state it was given", kind)
		}
		if refusal == nil {
			checkSound(t, w, d.Next)
		}
	})
}

// checkSound checks what is true of every order.
func checkSound(t *testing.T, w *world, o *Order) {
	t.Helper()
	if o.Total < 0 || o.Tax < 0 || o.Discount < 0 || o.Discount > o.Subtotal {
		t.Fatalf("impossible figures: %+v", o.Figures)
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Added < 0 || l.Added > l.Quantity {
			t.Fatalf("%s of %s were added", l.Added.append(nil), l.Quantity.append(nil))
		}
	}
	charges := int64(0)
	for _, c := range o.Charges {
		charges += c.Amount
	}
	if o.Total != o.Subtotal-o.Discount+charges+o.Tax-o.TaxIncluded+o.RoundOff {
		t.Fatalf("the total does not add up: %+v", o.Figures)
	}
	image := o.AppendJSON(nil)
	if _, err := Parse(image); err != nil || !json.Valid(View(domain.Kitchen, image)) {
		t.Fatalf("%v: %s", err, image)
	}
	if _, refusal := w.pricer.AppendBill(nil, o, w.outlet.Settings, true); refusal != nil {
		t.Fatal(refusal)
	}
}
