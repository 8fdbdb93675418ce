package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"heard/domain"
	"heard/persistence"
)

// archived gives a store that archives entries one for each record a window's
// events and keys are from, as an engine's windows have.
func (c *storeCase) archived(w *persistence.Window) {
	if _, ok := c.s.(persistence.Journal); ok || len(w.Entries) > 0 {
		return
	}
	var seqs []uint64
	for _, e := range w.Events {
		seqs = append(seqs, e.Seq)
	}
	for _, k := range w.Keys {
		seqs = append(seqs, k.Seq)
	}
	slices.Sort(seqs)
	for _, seq := range slices.Compact(seqs) {
		w.Entries = append(w.Entries, entry(w.Org, w.Epoch, seq, seq))
	}
}

// interrupted cuts Apply off sooner and later. Whatever that leaves: the
// watermark covers nothing that is not there, and applying it again, beside
// what came since, ends where one Apply would have ended.
func (c *storeCase) interrupted() {
	const orders, versions = 4, 8
	cut := 0
	for v := uint64(1); v <= versions; v++ {
		w := window("a", v*orders)
		w.Outlet = []byte(fmt.Sprintf(`{"v":%d}`, v))
		for n := uint64(1); n <= orders; n++ {
			d := order(n, v, v < versions)
			w.Orders = append(w.Orders, d)
			w.Events = append(w.Events, persistence.Event{Order: d.ID, Version: v, Seq: (v-1)*orders + n, AtMS: d.UpdatedMS})
		}
		w.Keys = []persistence.KeyRow{{Hash: domain.Fingerprint{byte(v)}, Seq: v * orders, AtMS: w.AtMS}}
		c.archived(&w)
		for limit := 100 * time.Microsecond; ; limit *= 2 {
			ctx, cancel := context.WithTimeout(c.ctx, limit)
			err := c.s.Apply(ctx, []persistence.Window{w})
			cancel()
			c.covered(w)
			if err == nil {
				break
			}
			if cut++; limit > time.Minute {
				c.Fatalf("apply: %v", err)
			}
		}
	}
	c.Logf("cut off %d times", cut)
	r := c.load("a")
	c.equal("recovered", len(r.Orders) == 0 && len(r.Keys) == versions && r.Through == chain(orders*versions), true)
	for n := uint64(1); n <= orders; n++ {
		d := order(n, versions, false)
		c.equal("order", c.order("a", d.ID), d)
		events, err := c.s.Timeline(c.ctx, "a", d.ID)
		if err != nil || len(events) != versions || !slices.IsSortedFunc(events, func(a, b persistence.Event) int { return cmp.Compare(a.Version, b.Version) }) {
			c.Fatalf("timeline of %s: %v, %v", d.ID, events, err)
		}
	}
}

// covered checks that what the watermark says was written is there.
func (c *storeCase) covered(w persistence.Window) {
	c.Helper()
	r := c.load(w.Org)
	if r.Through.Seq < w.Through.Seq {
		return
	}
	c.equal("outlet", string(r.Outlet), string(w.Outlet))
	for _, d := range w.Orders {
		c.equal("order", c.order(w.Org, d.ID), d)
	}
	if len(r.Keys) == 0 || r.Keys[len(r.Keys)-1] != w.Keys[0] {
		c.Fatalf("keys %v without %v", r.Keys, w.Keys[0])
	}
}
