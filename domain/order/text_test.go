package order

import (
	"encoding/json"
	"strings"
	"testing"

	"heard/domain"
)

// Texts are kept as people meant them, ids of others as they are, and what is
// kept of them is found by a search for what was typed.
func TestTextsAreKeptAsTheyWereMeant(t *testing.T) {
	w := india(t)
	d := w.do(t, nil, domain.Waiter, "order.create", `{"table_id":" a/b ","client_order_id":"POS|7","customer_name":"\ufeffAsha\r\nRao\u200f","customer_phone":"\u202d+91 98765\u202c",
		"items":[{"menu_item_id":"gid://shopify/Product/1","name":"Tea\tMasala","quantity":1,"price":5,"course":"\u200e2\n","notes":"\u202eno sugar\r\n\tcardamom","modifiers":["very\u2028hot"]},
			{"menu_item_id":"dosa","name":"\u200b\n","quantity":1,"modifiers":["\u202dExtra\nGhee","ghee"]}]}`)
	o := d.Next
	got, _ := json.Marshal([]string{o.TableID, o.ClientOrderID, o.CustomerName, o.CustomerPhone, o.Lines[0].Item, o.Lines[0].Name, o.Lines[0].Course, o.Lines[0].Notes, o.Lines[0].Modifiers[0].Name,
		o.Lines[1].Name, o.Lines[1].Modifiers[0].Name, o.Lines[1].Modifiers[1].Name})
	want, _ := json.Marshal([]string{" a/b ", "POS|7", "Asha Rao", "+91 98765", "gid://shopify/Product/1", "Tea Masala", "2", "\u202eno sugar\u202c\n\tcardamom", "very hot",
		"Masala Dosa", "Extra Ghee", "Extra Ghee"})
	if string(got) != string(want) {
		t.Errorf("kept\n%s, want\n%s", got, want)
	}
	if o.Lines[1].Modifiers[0].Price != 1550 {
		t.Error("the option of the menu was not found by its cleaned name")
	}
	for _, typed := range []string{"asha rao", "+91 98765", "tea masala", "pos|7", "a/b"} {
		if !strings.Contains(o.Text(), typed) {
			t.Errorf("%q is not found in %q", typed, o.Text())
		}
	}
	changed := w.do(t, o, domain.Waiter, "order.change_item", `{"line_id":"l1","notes":"one\rtwo\u2069","course":"a\nb"}`).Next
	if changed.Lines[0].Notes != "one\ntwo" || changed.Lines[0].Course != "a b" {
		t.Errorf("changed to %+q", changed.Lines[0].Notes)
	}
	again := w.do(t, changed, domain.Waiter, "order.change_item", `{"line_id":"l1","notes":"one\r\ntwo","course":"a\t b"}`)
	if again.Event != nil {
		t.Errorf("the same in other bytes is a change: %v", again.Event)
	}
	if e := w.do(t, changed, domain.Admin, "order.cancel", `{"reason":"guest left\r\nangry\u2067"}`).Next; e.CancelReason != "guest left\nangry\u2067\u2069" {
		t.Errorf("reason %+q", e.CancelReason)
	}
}

// A menu that was put before texts were cleaned has options with marks in their
// names; a client that sends them back as they stand must not lose the price.
func TestOptionsOfOldMenusAreStillFound(t *testing.T) {
	w := india(t)
	item, _ := w.outlet.Menu.Find("dosa")
	item.ModifierGroups[0].Options[0].Name = "Extra\u200b Ghee"
	for _, sent := range []string{"Extra\u200b Ghee", "ghee"} {
		body, _ := json.Marshal(sent)
		o := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"dosa","quantity":1,"modifiers":[`+string(body)+`]}]}`).Next
		if o.Lines[0].Modifiers[0].Price != 1550 {
			t.Errorf("%+q: %+v", sent, o.Lines[0].Modifiers)
		}
	}
}
