package pebblestore

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/persistence"
)

const plannedOrders = 20_000

// TestEveryFilterIsServedByAnIndex counts the keys that a page costs among 20,000
// orders of one organisation, when what is asked for is 20 orders that lie far
// apart and far back. Each of the 20 active orders is a candidate beside what an
// index finds. Only a search for text has to look at every order.
func TestEveryFilterIsServedByAnIndex(t *testing.T) {
	db, err := Open(Options{Dir: "db", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fillSparsely(t, db)
	at := func(n int64) int64 { return 1_700_000_000_000 + 1000*n }
	for _, c := range []struct {
		name, index string
		most        int // keys
		s           persistence.Selection
	}{
		{"none: the newest", "H", 100, persistence.Selection{}},
		{"cursor far back", "H", 100, persistence.Selection{Filter: domain.Filter{Before: 500}}},
		{"active", "A", 200, persistence.Selection{Active: true}},
		{"status", "X/s", 500, filtered(domain.Filter{Status: []string{"cancelled"}})},
		{"two statuses", "X/s, X/s", 600, filtered(domain.Filter{Status: []string{"cancelled", "lost"}})},
		{"table_id", "X/t", 500, filtered(domain.Filter{TableID: "rare"})},
		{"waiter_id", "X/w", 500, filtered(domain.Filter{WaiterID: "rare"})},
		{"order_type", "X/y", 500, filtered(domain.Filter{OrderType: "rare"})},
		{"status and table_id", "X/s, X/t", 900, filtered(domain.Filter{Status: []string{"completed"}, TableID: "rare"})},
		{"created_from, created_to", "H, halved", 150, filtered(domain.Filter{CreatedFromMS: at(100), CreatedToMS: at(120)})},
		{"updated_after, nothing newer", "U", 400, filtered(domain.Filter{UpdatedMS: at(plannedOrders + 1)})},
		{"updated_after, 20 newer", "U", 600, filtered(domain.Filter{UpdatedMS: at(plannedOrders - 20)})},
		{"q", "none: H", 2 * plannedOrders, filtered(domain.Filter{Text: "seldom"})},
	} {
		c.s.Org, c.s.Filter.LimitRows = "a", 20
		rows, keys := planned(t, db, c.s)
		t.Logf("%-28s %-10s %3d rows, %5d keys", c.name, c.index, rows, keys)
		if keys > c.most || rows == 0 && c.name != "updated_after, nothing newer" {
			t.Errorf("%s: %d rows cost %d keys, at most %d", c.name, rows, keys, c.most)
		}
	}
}

func filtered(f domain.Filter) persistence.Selection { return persistence.Selection{Filter: f} }

// fillSparsely makes every thousandth order a rare one in all that lists ask for.
func fillSparsely(t *testing.T, db *DB) {
	t.Helper()
	var w persistence.Window
	for n := uint64(1); n <= plannedOrders; n++ {
		ms := 1_700_000_000_000 + 1000*int64(n)
		d := persistence.Document{
			ID: fmt.Sprint("o", n), Number: n, Version: 1, Status: "completed", TableID: "t1", WaiterID: "ana", Type: "dine_in",
			CreatedMS: ms, UpdatedMS: ms, Text: "naan", Body: []byte("{}"),
		}
		if n%1000 == 7 {
			d.TableID, d.WaiterID, d.Type, d.Text = "rare", "rare", "rare", "seldom"
		}
		switch n % 1000 {
		case 8:
			d.Status = "cancelled"
		case 9:
			d.Status = "lost"
		case 10:
			d.Active = true
		}
		if w.Orders = append(w.Orders, d); len(w.Orders) == 1000 {
			w.Org = "a"
			if err := db.Apply(t.Context(), []persistence.Window{w}); err != nil {
				t.Fatal(err)
			}
			w.Orders = nil
		}
	}
}

// planned is one call of Orders, and how often its iterators were moved.
func planned(t *testing.T, db *DB, s persistence.Selection) (rows, keys int) {
	t.Helper()
	snap := db.pebble.NewSnapshot()
	defer snap.Close()
	l := listing{snap: snap, s: s, text: []byte(s.Filter.Text)}
	defer l.close()
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	found, err := l.page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, opened := range l.opened {
		if opened.it != nil {
			moved := opened.it.Stats()
			keys += moved.ForwardSeekCount[pebble.InterfaceCall] + moved.ForwardStepCount[pebble.InterfaceCall]
		}
	}
	return len(found), keys
}
