package audit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/actors"
	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence/pebblestore"
)

var (
	waiter  = domain.Identity{User: "u1", Name: "Asha", Role: domain.Waiter, IssuedAt: 1}
	manager = domain.Identity{User: "m1", Name: "Meera", Role: domain.Manager, IssuedAt: 1}
	admin   = domain.Identity{User: "a1", Name: "Anil", Role: domain.Admin, IssuedAt: 1}
)

func decimal(text string) *money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return &d
}

func text(s string) *string { return &s }

// day is one organisation's random commands.
type day struct {
	*rand.Rand
	engine *actors.Engine
	org    string
	orders []string
	keys   int
	late   int // tax classes beside the standard one
}

// runEngine lets real engines serve organisations side by side, with restarts
// between, and returns their database.
func runEngine(t testing.TB, commands int, orgs ...string) *pebblestore.DB {
	t.Helper()
	db := openDB(t, vfs.NewMem(), "data")
	var clock atomic.Int64
	clock.Store(time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC).UnixMilli())
	now := func() time.Time { return time.UnixMilli(clock.Add(7)) }
	days := make([]*day, len(orgs))
	for i, org := range orgs {
		days[i] = &day{Rand: rand.New(rand.NewPCG(uint64(i), 42)), org: org}
	}
	for range 3 {
		engine := actors.Start(actors.Options{Journal: db, Store: db, Now: now})
		var wg sync.WaitGroup
		for _, d := range days {
			d.engine = engine
			wg.Go(func() {
				for range commands / 3 {
					d.step()
				}
			})
		}
		wg.Wait()
		if err := engine.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		clock.Add(10 * 60 * 60 * 1000)
	}
	return db
}

// do sends a command, sometimes under a key and sometimes twice. Refusals are
// part of the day.
func (d *day) do(by domain.Identity, id string, c domain.Command) domain.Reply {
	r := domain.Request{Org: d.org, By: by, Order: id, Command: c}
	if d.IntN(3) == 0 {
		d.keys++
		r.Key = fmt.Sprint("key ", d.org, d.keys)
	}
	reply, _ := d.engine.Execute(context.Background(), &r)
	if r.Key != "" && d.IntN(4) == 0 {
		_, _ = d.engine.Execute(context.Background(), &r)
	}
	return reply
}

func (d *day) pick(words ...string) string { return words[d.IntN(len(words))] }

func (d *day) known() string {
	if len(d.orders) == 0 {
		return "nobody"
	}
	return d.orders[len(d.orders)-1-d.IntN(min(len(d.orders), 12))]
}

func (d *day) items() []order.ItemRequest {
	items := make([]order.ItemRequest, 1+d.IntN(3))
	for i := range items {
		items[i] = order.ItemRequest{MenuItemID: d.pick("dosa", "chai"), Quantity: decimal(d.pick("1", "2", "0.333", "7"))}
		if d.IntN(3) == 0 {
			items[i] = order.ItemRequest{Name: "Süßes <&> \"x\"", Quantity: decimal("3"), Price: decimal(d.pick("33.33", "0.01", "10")),
				Modifiers: []order.ModifierRequest{{Name: "extra", Price: decimal("1.25")}}, Notes: "no onion"}
		}
	}
	return items
}

func (d *day) step() {
	switch d.IntN(16) {
	case 0:
		d.settings()
	case 1:
		d.menu()
	case 2, 3, 4, 5:
		c := &order.Create{Items: d.items(), CustomerName: d.pick("", "Zoë"), TableID: text(d.pick("t1", "t2", ""))}
		by := waiter
		if d.IntN(3) == 0 {
			by, c.DiscountType, c.DiscountValue = manager, text("percent"), decimal("12.5")
		}
		body := string(d.do(by, "", c).Body)
		if _, rest, ok := strings.Cut(body, `"id":"`); ok {
			id, _, _ := strings.Cut(rest, `"`)
			d.orders = append(d.orders, id)
		}
	case 6:
		d.do(waiter, d.known(), &order.AddItems{Items: d.items()})
	case 7:
		d.do(manager, d.known(), &order.ChangeItem{LineID: "l1", Quantity: decimal(d.pick("1", "2.5", "4")), Reason: "fewer"})
	case 8:
		d.do(manager, d.known(), &order.RemoveItem{LineID: d.pick("l1", "l2"), Reason: "burnt"})
	case 9:
		d.do(manager, d.known(), &order.SetDiscount{DiscountType: text(d.pick("percent", "amount")), DiscountValue: decimal(d.pick("0", "5", "10.5"))})
	case 10:
		d.do(manager, d.known(), &order.Cancel{Reason: "left"})
	case 11:
		d.do(manager, d.known(), &order.Reopen{Reason: "more"})
	case 12:
		d.do(waiter, "", &order.BatchStatus{Updates: []order.StatusUpdate{{OrderID: d.known(), Status: "ready"}, {OrderID: d.known(), Status: "served"}, {OrderID: "nobody", Status: "ready"}}})
	default:
		d.do(manager, d.known(), &order.SetStatus{Status: d.pick("pending", "preparing", "ready", "served", "completed")})
	}
}

func (d *day) settings() {
	c := &outlet.PutSettings{}
	switch d.IntN(4) {
	case 0:
		// one class more each time, which the chai may be in: orders of before meet it
		classes := map[string][]outlet.ComponentRequest{"standard": {{Code: "CGST", Rate: decimal(d.pick("2.5", "9"))}, {Code: "SGST", Rate: decimal("2.5")}}}
		d.late++
		for i := range d.late {
			classes[late(i+1)] = []outlet.ComponentRequest{{Code: "LATE", Rate: decimal(d.pick("1", "2"))}}
		}
		c.TaxClasses = domain.Some(classes)
	case 1:
		c.Charges = domain.Some([]outlet.ChargeRequest{{Code: "service", Type: "percent", Value: decimal(d.pick("5", "10")), TaxClass: text("standard")}})
	case 2:
		c.RoundOff = domain.Some(&outlet.RoundOffRequest{Increment: decimal(d.pick("1", "0.5"))})
	case 3:
		c.PricesIncludeTax = domain.Some(d.IntN(2) == 0)
	}
	d.do(manager, "", c)
}

func late(i int) string { return fmt.Sprint("late-", i) }

func (d *day) menu() {
	dosa := outlet.ItemRequest{ID: "dosa", Name: "Dosa", Price: decimal(d.pick("120", "99.95"))}
	chai := outlet.ItemRequest{ID: "chai", Name: "Chai", Price: decimal("15")}
	if d.late > 0 && d.IntN(4) > 0 {
		chai.TaxClass = domain.Some(text(late(d.late)))
	}
	switch d.IntN(6) {
	case 0, 1:
		d.do(manager, "", &outlet.PutMenu{Items: []outlet.ItemRequest{dosa, chai}})
	case 2:
		d.do(manager, "", &outlet.PutItem{ItemRequest: dosa})
	case 3:
		d.do(manager, "", &outlet.EightySix{ItemIDs: []string{"dosa"}, Available: d.IntN(2) == 0})
	case 4:
		d.do(admin, "", &outlet.Revoke{Sub: "gone"})
	case 5:
		d.do(manager, "", &outlet.RemoveItem{ID: "chai"})
	}
}
