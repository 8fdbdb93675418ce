package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"heard/domain"
	"heard/persistence"
)

// model is what a store is compared with: a slice that is searched from its end.
type model struct{ orders []persistence.Document }

func (m *model) list(s persistence.Selection) (rows []persistence.Document) {
	f := s.Filter
	for _, d := range slices.Backward(m.orders) {
		if len(rows) < f.LimitRows && m.has(&d, s) {
			rows = append(rows, d)
		}
	}
	return rows
}

func (m *model) has(d *persistence.Document, s persistence.Selection) bool {
	f := s.Filter
	return (f.Before == 0 || d.Number < f.Before) && (!s.Active || d.Active) &&
		(len(f.Status) == 0 || slices.Contains(f.Status, d.Status)) &&
		(f.TableID == "" || f.TableID == d.TableID) && (f.WaiterID == "" || f.WaiterID == d.WaiterID) &&
		(f.OrderType == "" || f.OrderType == d.Type) &&
		(f.CreatedFromMS == 0 || d.CreatedMS >= f.CreatedFromMS) && (f.CreatedToMS == 0 || d.CreatedMS < f.CreatedToMS) &&
		d.UpdatedMS >= f.UpdatedMS && strings.Contains(d.Text, strings.ToLower(f.Text))
}

const (
	modelSeed  = 20240611
	modelSteps = 12 // windows of changes, lists compared after each few
)

// size is how many orders the model has, and how many of the combinations of
// filter fields are tried each time.
func (c *storeCase) size() (orders, combinations int) {
	if c.small {
		return 60, 100
	}
	return 400, 1 << filterFields
}

var (
	statuses = []string{"pending", "preparing", "ready", "completed", "cancelled"}
	types    = []string{"dine_in", "takeaway", "delivery", ""}
)

// lists drives store and model with the same changes and compares every
// combination of filter fields, each with a drawn value, page by page.
func (c *storeCase) lists() {
	r := rand.New(rand.NewPCG(modelSeed, 1))
	m := &model{}
	orders, _ := c.size()
	clock, seq := int64(1_000_000), uint64(0)
	for step := range modelSteps {
		w := window("a", 0)
		touched := make(map[int]bool)
		for range orders / modelSteps {
			clock += int64(r.IntN(3)) * 500 // several orders share a moment
			m.orders = append(m.orders, persistence.Document{
				ID: fmt.Sprintf("o%d", len(m.orders)+1), Number: uint64(len(m.orders) + 1), CreatedMS: clock,
			})
			touched[len(m.orders)-1] = true
		}
		for range orders / 10 {
			touched[r.IntN(len(m.orders))] = true
		}
		for i := range touched {
			m.orders[i] = c.changed(r, m.orders[i], clock)
			w.Orders = append(w.Orders, m.orders[i])
		}
		seq += uint64(len(touched))
		w.Through = chain(seq)
		c.apply(w)
		if step%4 == 1 {
			c.compare(r, m)
		}
		if step%4 == 3 { // what was written out and what was not must agree
			c.s = c.reopen()
		}
	}
	c.compare(r, m)
	var active []persistence.Document
	for _, d := range m.orders {
		if d.Active {
			active = append(active, d)
		}
	}
	c.equal("active after all", c.load("a").Orders, active)
}

func (c *storeCase) changed(r *rand.Rand, d persistence.Document, clock int64) persistence.Document {
	d.Version++
	d.Status = statuses[r.IntN(len(statuses))]
	d.Active = d.Status != "completed" && d.Status != "cancelled"
	last := "t1\xff"
	if c.small {
		last = "t1\U0010FFFF"
	}
	d.TableID = [...]string{"", "t1", "t2", "t3", "t10", last}[r.IntN(6)]
	d.WaiterID = [...]string{"", "ana", "ben", "an"}[r.IntN(4)]
	d.Type = types[r.IntN(len(types))]
	d.UpdatedMS = clock
	d.Text = fmt.Sprintf("%d %s %s", d.Number, d.TableID, [...]string{"soup", "crème brûlée", "soup of the day"}[r.IntN(3)])
	d.Body = []byte(fmt.Sprintf(`{"v":%d}`, d.Version))
	return d
}

// filterFields is how many fields a filter may set: each subset is tried.
const filterFields = 10

func (c *storeCase) compare(r *rand.Rand, m *model) {
	c.Helper()
	_, combinations := c.size()
	for fields := range combinations {
		if combinations < 1<<filterFields {
			fields = r.IntN(1 << filterFields)
		}
		s := persistence.Selection{Org: "a", Filter: drawn(r, m, fields)}
		s.Active = fields&(1<<8) != 0
		s.Filter.LimitRows = []int{1, 3, 20, 1000}[r.IntN(4)]
		want := m.list(s)
		got, err := c.s.Orders(c.ctx, s)
		if err != nil {
			c.Fatalf("list %+v: %v", s, err)
		}
		if len(got) != 0 || len(want) != 0 {
			c.equal(fmt.Sprintf("seed %d, list %+v", modelSeed, s), got, want)
		}
	}
	for range min(20, combinations/10) { // pages visit each once
		s := persistence.Selection{Org: "a", Filter: drawn(r, m, r.IntN(1<<filterFields)&^(1<<7))}
		s.Filter.LimitRows = 1000
		want := m.list(s)
		s.Filter.LimitRows = 1 + r.IntN(9)
		var got []persistence.Document
		for {
			page, err := c.s.Orders(c.ctx, s)
			if err != nil {
				c.Fatalf("page %+v: %v", s, err)
			}
			got = append(got, page...)
			if len(page) < s.Filter.LimitRows {
				break
			}
			s.Filter.Before = page[len(page)-1].Number
		}
		if len(got) != 0 || len(want) != 0 {
			c.equal(fmt.Sprintf("seed %d, pages of %+v", modelSeed, s), got, want)
		}
	}
}

// drawn sets the chosen fields to values that occur, or nearly occur.
func drawn(r *rand.Rand, m *model, fields int) (f domain.Filter) {
	some := func() persistence.Document { return m.orders[r.IntN(len(m.orders))] }
	set := func(bit int) bool { return fields&(1<<bit) != 0 }
	if set(0) {
		for range 1 + r.IntN(3) {
			f.Status = append(f.Status, append([]string{"unheard of"}, statuses...)[r.IntN(len(statuses)+1)])
		}
	}
	if set(1) {
		f.TableID = some().TableID
	}
	if set(2) {
		f.WaiterID = some().WaiterID
	}
	if set(3) {
		f.OrderType = some().Type
	}
	if set(4) {
		f.CreatedFromMS = some().CreatedMS + int64(r.IntN(3)-1)
	}
	if set(5) {
		f.CreatedToMS = some().CreatedMS + int64(r.IntN(3)-1)
	}
	if set(6) {
		f.UpdatedMS = some().UpdatedMS + int64(r.IntN(3)-1)
	}
	if set(9) {
		f.Text = [...]string{"", "Soup", "BRÛLÉE", "t1", "1", "nothing has this"}[r.IntN(6)]
	}
	if set(7) {
		f.Before = uint64(r.IntN(len(m.orders) + 3))
	}
	return f
}
