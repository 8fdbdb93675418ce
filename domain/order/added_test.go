package order

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
)

// secondRounds says where an order goes that has two dosas (l1) and a beer (l2),
// and what is marked as added then: line=quantity.
const secondRounds = `
status     ask                                                    then       added
pending    add {"items":[{"menu_item_id":"beer","quantity":2}]}   pending    -
preparing  add {"items":[{"menu_item_id":"beer","quantity":2}]}   preparing  l3=2
ready      add {"items":[{"menu_item_id":"beer","quantity":0.5}]} preparing  l3=0.5
served     add {"items":[{"menu_item_id":"beer","quantity":2}]}   preparing  l3=2
pending    change {"line_id":"l1","quantity":3}                   pending    -
preparing  change {"line_id":"l1","quantity":3}                   preparing  l1=1
ready      change {"line_id":"l1","quantity":2.5}                 preparing  l1=0.5
served     change {"line_id":"l1","quantity":3,"notes":"hot"}     preparing  l1=1
ready      change {"line_id":"l1","quantity":1,"reason":"x"}      ready      -
served     change {"line_id":"l1","notes":"hot"}                  served     -
served     change {"line_id":"l1","seat":2,"course":2}            served     -
served     change {"line_id":"l1","quantity":2}                   served     -
ready      change {"line_id":"l1","modifiers":["ghee"]}           preparing  -
preparing  change {"line_id":"l1","modifiers":["ghee"]}           preparing  -
`

func TestSecondRoundGoesBackToTheKitchen(t *testing.T) {
	for _, policy := range []string{`{}`, `{"status_transitions":"lenient"}`, `{"status_aliases":{"done":"ready"}}`} {
		w := india(t)
		w.organise(t, "outlet.put_settings", policy)
		for _, row := range strings.Split(strings.TrimSpace(secondRounds), "\n")[1:] {
			cells := strings.Fields(row)
			n := len(cells)
			status, verb, body, then, added := Status(cells[0]), cells[1], strings.Join(cells[2:n-2], " "), cells[n-2], cells[n-1]
			kind := map[string]string{"add": "order.add_items", "change": "order.change_item"}[verb]
			d := w.do(t, w.in(t, status), domain.Manager, kind, body)
			if got := marks(d.Next); string(d.Next.Status) != then || got != added {
				t.Errorf("%s in %s: %s, %s", body, status, d.Next.Status, got)
			}
		}
	}
}

// marks lists what is marked as added.
func marks(o *Order) string {
	var all []string
	for _, l := range o.Lines {
		if l.Added != 0 {
			all = append(all, fmt.Sprintf("%s=%s", l.ID, l.Added.append(nil)))
		}
	}
	if all == nil {
		return "-"
	}
	return strings.Join(all, ",")
}

// TestAddedIsWhatWasNotMadeSince follows one order; each step names the status
// and the marks that it leaves.
func TestAddedIsWhatWasNotMadeSince(t *testing.T) {
	w := india(t)
	w.organise(t, "outlet.put_settings", `{"status_transitions":"lenient"}`)
	o := w.in(t, Preparing)
	for i, step := range []struct{ kind, body, want string }{
		{"order.change_item", `{"line_id":"l1","quantity":4}`, "preparing l1=2"},
		{"order.add_items", `{"items":[{"menu_item_id":"beer","quantity":3}]}`, "preparing l1=2,l3=3"},
		{"order.change_item", `{"line_id":"l1","quantity":5}`, "preparing l1=3,l3=3"},
		{"order.change_item", `{"line_id":"l1","quantity":4,"reason":"x"}`, "preparing l1=3,l3=3"}, // at most the quantity
		{"order.change_item", `{"line_id":"l3","quantity":1,"reason":"x"}`, "preparing l1=3,l3=1"},
		{"order.change_item", `{"line_id":"l1","notes":"hot"}`, "preparing l1=3,l3=1"},
		{"order.set_discount", `{"discount_type":"percent","discount_value":5}`, "preparing l1=3,l3=1"},
		{"order.set_status", `{"status":"pending"}`, "pending l1=3,l3=1"},
		{"order.change_item", `{"line_id":"l1","quantity":9}`, "pending l1=3,l3=1"}, // not fired
		{"order.set_status", `{"status":"preparing"}`, "preparing l1=3,l3=1"},
		{"order.set_status", `{"status":"ready"}`, "ready -"},
		{"order.add_items", `{"items":[{"menu_item_id":"beer","quantity":1}]}`, "preparing l4=1"},
		{"order.set_status", `{"status":"served"}`, "served -"},
		{"order.add_items", `{"items":[{"menu_item_id":"beer","quantity":1}]}`, "preparing l5=1"},
		{"order.set_status", `{"status":"completed"}`, "completed -"},
		{"order.reopen", `{}`, "preparing -"},
		{"order.add_items", `{"items":[{"menu_item_id":"beer","quantity":1}]}`, "preparing l6=1"},
		{"order.cancel", `{"reason":"left"}`, "cancelled l6=1"},
		{"order.set_status", `{"status":"served"}`, "served -"}, // forced
	} {
		before := whole(t, o)
		d := w.do(t, o, domain.Manager, step.kind, step.body)
		if whole(t, o) != before {
			t.Fatalf("step %d changed the state before", i)
		}
		o = d.Next
		if got := string(o.Status) + " " + marks(o); got != step.want {
			t.Errorf("step %d, %s %s: got %s, want %s", i, step.kind, step.body, got, step.want)
		}
		for _, image := range [][]byte{o.AppendJSON(nil), View(domain.Kitchen, o.AppendJSON(nil))} {
			if back, err := Parse(image); err != nil || marks(back) != marks(o) {
				t.Errorf("step %d reads back as %s: %v", i, marks(back), err)
			}
		}
	}
}

// TestOlderLogsReplayAsTheyWere: before marks there were, an order stayed where
// it was. The image of such an event must come out the same.
func TestOlderLogsReplayAsTheyWere(t *testing.T) {
	w := india(t)
	ready := w.in(t, Ready)
	for kind, data := range map[string]string{
		"order.items_added":  `{"items":[{"line_id":"l3","menu_item_id":"beer","name":"Beer","quantity":1,"price_minor":25000,"tax_class":"liquor"}]}`,
		"order.item_changed": `{"item":{"line_id":"l1","menu_item_id":"dosa","name":"Masala Dosa","quantity":5,"price_minor":12000,"tax_class":"food"}}`,
	} {
		next, err := Replay(ready, &domain.Record{Kind: kind, Data: []byte(data), At: noon}, w.outlet.Settings, &w.pricer)
		if err != nil || next.Status != Ready || marks(next) != "-" {
			t.Errorf("%s: %v, %s, %s", kind, err, next.Status, marks(next))
		}
	}
}
