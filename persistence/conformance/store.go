package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"heard/domain"
	"heard/persistence"
)

// OpenStore opens an empty store. reopen closes it and opens what it left, as an
// orderly restart would; both are closed by t.Cleanup.
type OpenStore func(t *testing.T) (s persistence.Store, reopen func() persistence.Store)

// RunStore checks a Store. One that is also a Journal is its own archive: the
// suite appends the entries there instead of giving them to Apply.
func RunStore(t *testing.T, open OpenStore) { runStore(t, open, false) }

// RunSmallStore asks the same of less: for a server that takes long for each
// document, and keeps UTF-8 only.
func RunSmallStore(t *testing.T, open OpenStore) { runStore(t, open, true) }

func runStore(t *testing.T, open OpenStore, small bool) {
	for _, c := range []struct {
		name string
		run  func(*storeCase)
	}{
		{"EmptyStoreKnowsNothing", (*storeCase).empty},
		{"OrderComesBackWhole", (*storeCase).roundTrip},
		{"OlderImageNeverReplacesNewer", (*storeCase).guard},
		{"WatermarkNeverFalls", (*storeCase).watermark},
		{"OldWindowAfterNewerChangesNothing", (*storeCase).idempotent},
		{"LoadGivesActiveOrdersOnly", (*storeCase).active},
		{"KeysAreForgottenByTime", (*storeCase).keys},
		{"TimelineIsInOrderOfVersion", (*storeCase).timeline},
		{"OrganisationsAreListedInPages", (*storeCase).organisations},
		{"OrganisationsDoNotMix", (*storeCase).apart},
		{"ArchiveEndsAtTheWatermark", (*storeCase).archive},
		{"ReopenKeepsEverything", (*storeCase).reopened},
		{"TwoAppliersEndWithTheNewest", (*storeCase).race},
		{"InterruptedApplyIsRepeatedToTheSameEnd", (*storeCase).interrupted},
		{"ListsAnswerEveryFilter", (*storeCase).lists},
		{"IDsOfOthersNeverMeet", (*storeCase).foreign},
		{"NothingButAnIDIsPartOfAKey", (*storeCase).ownIDs},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, reopen := open(t)
			c.run(&storeCase{T: t, s: s, reopen: reopen, ctx: t.Context(), small: small})
		})
	}
}

type storeCase struct {
	*testing.T
	s      persistence.Store
	reopen func() persistence.Store
	ctx    context.Context
	small  bool
}

func (c *storeCase) apply(windows ...persistence.Window) {
	c.Helper()
	for i := range windows {
		c.archived(&windows[i])
	}
	if err := c.s.Apply(c.ctx, windows); err != nil {
		c.Fatalf("apply: %v", err)
	}
}

func (c *storeCase) load(org string) persistence.Recovered {
	c.Helper()
	r, err := c.s.Load(c.ctx, org)
	if err != nil {
		c.Fatalf("load %s: %v", org, err)
	}
	slices.SortFunc(r.Orders, func(a, b persistence.Document) int { return int(a.Number) - int(b.Number) })
	return r
}

func (c *storeCase) order(org, id string) persistence.Document {
	c.Helper()
	d, err := c.s.Order(c.ctx, org, id)
	if err != nil {
		c.Fatalf("order %s: %v", id, err)
	}
	return d
}

func (c *storeCase) equal(what string, got, want any) {
	c.Helper()
	if !reflect.DeepEqual(got, want) {
		c.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// order number n at a version; every field has a value of its own.
func order(n, version uint64, active bool) persistence.Document {
	status := "completed"
	if active {
		status = "pending"
	}
	return persistence.Document{
		ID: fmt.Sprintf("order-%d", n), Number: n, Version: version, Status: status, Active: active,
		TableID: fmt.Sprintf("table %d/é", n%7), WaiterID: "w\x00" + fmt.Sprint(n%3), Type: "dine_in",
		CreatedMS: int64(1000 * n), UpdatedMS: int64(1000*n + version), Text: fmt.Sprintf("%d crème brûlée", n),
		Body: []byte(fmt.Sprintf(`{"number":%d,"version":%d}`, n, version)),
	}
}

func chain(seq uint64) persistence.Chain {
	return persistence.Chain{Seq: seq, Hash: domain.Hash{byte(seq), byte(seq >> 8), 7}}
}

func window(org string, seq uint64, orders ...persistence.Document) persistence.Window {
	return persistence.Window{Org: org, Epoch: 3, Through: chain(seq), Orders: orders, AtMS: int64(1000 * seq)}
}

func (c *storeCase) empty() {
	c.equal("recovered", c.load("a"), persistence.Recovered{})
	if _, err := c.s.Order(c.ctx, "a", "x"); !errors.Is(err, persistence.ErrNotFound) {
		c.Fatalf("order that does not exist: %v", err)
	}
	rows, err := c.s.Orders(c.ctx, persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 10}})
	if err != nil || len(rows) != 0 {
		c.Fatalf("list of nothing: %v, %v", rows, err)
	}
	if mark, err := c.s.Watermark(c.ctx, "a"); err != nil || mark != (persistence.Chain{}) {
		c.Fatalf("watermark of nothing: %v, %v", mark, err)
	}
	if orgs, err := c.s.Organisations(c.ctx, "", 10); err != nil || len(orgs) != 0 {
		c.Fatalf("organisations of nothing: %v, %v", orgs, err)
	}
	c.apply()
}

func (c *storeCase) roundTrip() {
	full := order(1, 4, true)
	bare := persistence.Document{ID: "bare", Number: 2, Version: 1, Body: []byte("{}")}
	w := window("a", 9, full, bare)
	w.Outlet = []byte(`{"name":"Ana's"}`)
	c.apply(w)
	c.equal("full order", c.order("a", full.ID), full)
	c.equal("bare order", c.order("a", bare.ID), bare)
	r := c.load("a")
	c.equal("recovered", r, persistence.Recovered{Epoch: 3, Through: chain(9), AtMS: 9000, Outlet: w.Outlet, Orders: []persistence.Document{full}})
}

func (c *storeCase) guard() {
	c.apply(window("a", 5, order(1, 5, true)))
	c.apply(window("a", 6, order(1, 4, false)))
	c.equal("after an older image", c.order("a", "order-1"), order(1, 5, true))
	c.equal("active", len(c.load("a").Orders), 1)
	other := order(1, 5, false)
	c.apply(window("a", 7, other))
	c.equal("after the same version", c.order("a", "order-1"), order(1, 5, true))
	c.apply(window("a", 8, order(1, 7, false), order(1, 6, true)), window("a", 9, order(1, 6, true)))
	c.equal("after newer and older in one call", c.order("a", "order-1"), order(1, 7, false))
	c.equal("active", len(c.load("a").Orders), 0)
}

func (c *storeCase) watermark() {
	c.apply(window("a", 9))
	low := window("a", 5)
	low.Epoch = 1
	c.apply(low)
	mark, err := c.s.Watermark(c.ctx, "a")
	if err != nil || mark != chain(9) {
		c.Fatalf("watermark %v, %v", mark, err)
	}
	r := c.load("a")
	if r.Through != chain(9) || r.AtMS != 9000 || r.Epoch != 3 {
		c.Fatalf("recovered %+v", r)
	}
	c.apply(window("a", 10), window("a", 8), window("a", 11))
	if mark, _ := c.s.Watermark(c.ctx, "a"); mark != chain(11) {
		c.Fatalf("watermark %v", mark)
	}
}

func (c *storeCase) idempotent() {
	old := window("a", 3, order(1, 1, true), order(2, 1, true))
	old.Outlet, old.Keys = []byte(`{"v":1}`), []persistence.KeyRow{{Hash: domain.Fingerprint{1}, Seq: 1, AtMS: 1000}}
	old.Events = []persistence.Event{{Order: "order-1", Version: 1, Seq: 1, AtMS: 1000}}
	fresh := window("a", 6, order(1, 3, false), order(3, 1, true))
	fresh.Outlet, fresh.Forget = []byte(`{"v":2}`), 2000
	fresh.Keys = []persistence.KeyRow{{Hash: domain.Fingerprint{2}, Seq: 5, AtMS: 5000}}
	c.apply(old)
	c.apply(fresh)
	want := c.load("a")
	for range 3 {
		c.apply(old)
		c.apply(old, fresh, old)
		c.equal("after repeats", c.load("a"), want)
	}
	c.equal("outlet", string(want.Outlet), `{"v":2}`)
	c.equal("keys", want.Keys, fresh.Keys)
	events, err := c.s.Timeline(c.ctx, "a", "order-1")
	if err != nil || len(events) != 1 {
		c.Fatalf("timeline %v, %v", events, err)
	}
	rows, _ := c.s.Orders(c.ctx, persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 10}})
	c.equal("list", rows, []persistence.Document{order(3, 1, true), order(2, 1, true), order(1, 3, false)})
}

func (c *storeCase) active() {
	c.apply(window("a", 4, order(1, 1, true), order(2, 1, true), order(3, 1, false), order(4, 1, true)))
	c.apply(window("a", 6, order(2, 2, false), order(3, 2, true)))
	c.equal("active", c.load("a").Orders, []persistence.Document{order(1, 1, true), order(3, 2, true), order(4, 1, true)})
}

func (c *storeCase) keys() {
	const minute = 60_000
	key := func(n int) persistence.KeyRow {
		return persistence.KeyRow{Hash: domain.Fingerprint{byte(n)}, Seq: uint64(n), AtMS: int64(n) * minute}
	}
	w := window("a", 3)
	w.Keys = []persistence.KeyRow{key(3), key(1), key(2)}
	c.apply(w, w)
	c.equal("oldest first", c.load("a").Keys, []persistence.KeyRow{key(1), key(2), key(3)})
	for n := 4; n <= 60; n++ {
		w := window("a", uint64(n))
		w.Keys, w.Forget = []persistence.KeyRow{key(n)}, int64(n-3)*minute
		c.apply(w)
		c.equal("last three and the one at the border", c.load("a").Keys, []persistence.KeyRow{key(n - 3), key(n - 2), key(n - 1), key(n)})
	}
	w.Forget = 0
	c.apply(w)
	c.equal("what was forgotten stays so", len(c.load("a").Keys), 4)
}

func (c *storeCase) timeline() {
	var want []persistence.Event
	for v := uint64(1); v <= 300; v++ {
		want = append(want, persistence.Event{Order: "o", Version: v, Seq: 2 * v, AtMS: int64(10 * v)})
	}
	w := window("a", 600)
	w.Events = append([]persistence.Event{{Order: "o-1", Version: 1, Seq: 1}}, want[100:]...)
	c.apply(w)
	w.Events = want[:200]
	c.apply(w)
	got, err := c.s.Timeline(c.ctx, "a", "o")
	if err != nil {
		c.Fatal(err)
	}
	c.equal("timeline", got, want)
	if got, err := c.s.Timeline(c.ctx, "a", "nothing"); err != nil || len(got) != 0 {
		c.Fatalf("timeline of nothing: %v, %v", got, err)
	}
}

func (c *storeCase) organisations() {
	names := []string{"B", "a", "a-b", "a_b", "ab", "b"}
	for _, i := range []int{3, 0, 5, 1, 4, 2} {
		c.apply(window(names[i], 1), window(names[i], 2))
	}
	var got []string
	for after := ""; ; {
		page, err := c.s.Organisations(c.ctx, after, 4)
		if err != nil {
			c.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1]
	}
	slices.Sort(got)
	c.equal("organisations", got, names)
}

func (c *storeCase) apart() {
	c.apply(window("a", 1, order(1, 1, true)), window("a-", 1, order(1, 2, true)), window("aa", 1, order(1, 3, true)))
	for i, org := range []string{"a", "a-", "aa"} {
		want := []persistence.Document{order(1, uint64(i+1), true)}
		c.equal("active of "+org, c.load(org).Orders, want)
		rows, err := c.s.Orders(c.ctx, persistence.Selection{Org: org, Filter: domain.Filter{LimitRows: 10, Status: []string{"pending"}}})
		if err != nil {
			c.Fatal(err)
		}
		c.equal("list of "+org, rows, want)
	}
}

// keep puts entries where Archive finds them and moves the watermark.
func (c *storeCase) keep(org string, through uint64, entries ...persistence.Entry) {
	c.Helper()
	w := window(org, through)
	if j, ok := c.s.(persistence.Journal); ok {
		for _, e := range entries {
			out := make([]persistence.Outcome, 1)
			if err := j.Append(c.ctx, []persistence.Entry{e}, out); err != nil || out[0] != persistence.Appended {
				c.Fatalf("append: %v, %v", out, err)
			}
		}
	} else {
		w.Entries = entries
	}
	c.apply(w)
}

func (c *storeCase) archive() {
	epoch := uint64(1)
	if j, ok := c.s.(persistence.Journal); ok {
		lease, err := j.Acquire(c.ctx, "a", 0)
		if err != nil {
			c.Fatal(err)
		}
		epoch = lease.Epoch
	}
	one, two, three := entry("a", epoch, 1, 3), entry("a", epoch, 4, 4), entry("a", epoch, 5, 8)
	c.keep("a", 4, one, two)
	read := func(after uint64) (got []persistence.Entry) {
		c.Helper()
		if err := c.s.Archive(c.ctx, "a", after, func(e persistence.Entry) error { got = append(got, e); return nil }); err != nil {
			c.Fatal(err)
		}
		return got
	}
	c.equal("all", read(0), []persistence.Entry{one, two})
	c.equal("inside the first", read(2), []persistence.Entry{one, two})
	c.equal("behind the first", read(3), []persistence.Entry{two})
	c.equal("behind all", len(read(4)), 0)
	if j, ok := c.s.(persistence.Journal); ok {
		if err := j.Append(c.ctx, []persistence.Entry{three}, make([]persistence.Outcome, 1)); err != nil {
			c.Fatal(err)
		}
		c.equal("not beyond the watermark", read(0), []persistence.Entry{one, two})
		c.apply(window("a", 8))
	} else {
		c.keep("a", 8, three)
	}
	c.equal("all three", read(0), []persistence.Entry{one, two, three})
}

func (c *storeCase) reopened() {
	w := window("a", 7, order(1, 2, true), order(2, 5, false))
	w.Outlet, w.Keys = []byte(`{}`), []persistence.KeyRow{{Hash: domain.Fingerprint{9}, Seq: 7, AtMS: 7000}}
	w.Events = []persistence.Event{{Order: "order-1", Version: 2, Seq: 7, AtMS: 7000}}
	c.apply(w)
	want := c.load("a")
	c.s = c.reopen()
	c.equal("recovered", c.load("a"), want)
	c.equal("closed order", c.order("a", "order-2"), order(2, 5, false))
	events, err := c.s.Timeline(c.ctx, "a", "order-1")
	if err != nil {
		c.Fatal(err)
	}
	c.equal("timeline", events, w.Events)
}

// race lets two drainers, one of them late, write the same history in windows of different size.
func (c *storeCase) race() {
	const orders, versions = 20, 15
	var wg sync.WaitGroup
	for _, step := range []uint64{1, 4} {
		wg.Go(func() {
			for v := step; v <= versions+step-1; v += step {
				w := window("a", min(v, versions)*orders)
				for n := uint64(1); n <= orders; n++ {
					v := min(v, versions)
					w.Orders = append(w.Orders, order(n, v, v%2 == 0))
				}
				if err := c.s.Apply(c.ctx, []persistence.Window{w}); err != nil {
					c.Errorf("apply: %v", err)
				}
			}
		})
	}
	wg.Wait()
	rows, err := c.s.Orders(c.ctx, persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 100, Status: []string{"completed", "pending"}}})
	if err != nil || len(rows) != orders {
		c.Fatalf("%d orders listed: %v", len(rows), err)
	}
	for _, d := range rows {
		c.equal("order", d, order(d.Number, versions, false))
	}
	r := c.load("a")
	if len(r.Orders) != 0 || r.Through != chain(versions*orders) {
		c.Fatalf("recovered %+v", r)
	}
}
