package order

import (
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
)

// TestAnOrderCannotBeGrownWithoutBound: every event keeps the whole order, so a
// small command on a huge order would be a huge write.
func TestAnOrderCannotBeGrownWithoutBound(t *testing.T) {
	one, price := money.FromMinor(1, 0), money.FromMinor(1, 0)
	long := strings.Repeat("<", domain.MaxTextRunes)
	item := ItemRequest{Name: long, Notes: long, Quantity: &one, Price: &price}
	for range maxModifiers {
		item.Modifiers = append(item.Modifiers, ModifierRequest{Name: long})
	}
	settings := outlet.Defaults()
	m := &Meta{Org: "a", By: domain.Identity{User: "u", Role: domain.Waiter}, At: 1, NewID: "o", Number: 1, Settings: settings, Menu: outlet.NewMenu(0, nil), Pricer: &Pricer{}}
	d, refusal := Decide(nil, &Create{Items: []ItemRequest{item}}, m)
	if refusal != nil {
		t.Fatal(refusal)
	}
	o := d.Next
	for range 100 {
		d, refusal := Decide(o, &AddItems{Items: []ItemRequest{item}}, m)
		if refusal != nil {
			if refusal.Code != domain.ValidationError || refusal.Fields[0].Field != "items" {
				t.Fatal(refusal)
			}
			if size := len(o.AppendJSON(nil)); size > 8*maxTextBytes {
				t.Fatalf("%d bytes were let in", size)
			}
			return
		}
		o = d.Next
	}
	t.Fatal("nothing was refused")
}
