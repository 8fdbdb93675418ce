package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"heard/domain"
	"heard/persistence"
)

// foreignIDs are ids of others, among them pairs of which one begins the other, and
// what a key, a path, a pattern or a query language could take for something else.
var foreignIDs = []string{
	"a", "a/b", "a/", "/", "a//b", "a\\b", "ab", "a:b", "a{b}", "a,b", "..", ".", "%2F", "%252F", "*", ".*", "^a", "$ne", "$a.b", "a\u00a0b", "a b", " a ", " ",
	"auth0|5f7c8ec7c33c6c004bbafe82", "gid://shopify/Product/1?x=1", "gid://shopify/Product/1", "टेरेस", "é", "e\u0301", "A", "İ", "\ufeffa", "a\u200d", "\U0010FFFF", "a\U0010FFFF", "\ufffd",
	strings.Repeat("x", 254), strings.Repeat("x", 255), strings.Repeat("\U0010FFFF", 63), "a\x01", "\x1f", "a\x7f",
}

// foreign has closed and active orders whose table, waiter and image have ids of
// others: each is found by its own, by no other's, and after a restart.
func (c *storeCase) foreign() {
	w := window("a", uint64(2*len(foreignIDs)))
	for i, id := range foreignIDs {
		for _, active := range []bool{false, true} {
			d := order(uint64(len(w.Orders)+1), 1, active)
			d.TableID, d.WaiterID, d.Text = id, id, fmt.Sprintf("%d\n%s", i, strings.ToLower(id))
			d.Body = append(domain.AppendString(append(domain.AppendString([]byte(`{"table_id":`), id), `,"waiter_id":`...), id), '}')
			w.Orders = append(w.Orders, d)
		}
	}
	c.apply(w)
	for _, restarted := range []bool{false, true} {
		if restarted {
			c.s = c.reopen()
		}
		for i, id := range foreignIDs {
			if c.small && restarted {
				continue // each list takes the server long
			}
			for name, f := range map[string]domain.Filter{"table": {TableID: id}, "waiter": {WaiterID: id}, "both": {TableID: id, WaiterID: id, Status: []string{"pending", "completed"}}} {
				f.LimitRows = 10
				c.listed(fmt.Sprintf("%s %q", name, id), persistence.Selection{Org: "a", Filter: f}, w.Orders[2*i+1], w.Orders[2*i])
				c.listed(fmt.Sprintf("active %s %q", name, id), persistence.Selection{Org: "a", Active: true, Filter: f}, w.Orders[2*i+1])
			}
			want := slices.Clone(w.Orders)
			slices.Reverse(want)
			want = slices.DeleteFunc(want, func(d persistence.Document) bool { return !strings.Contains(d.Text, strings.ToLower(id)) })
			c.listed(fmt.Sprintf("text %q", id), persistence.Selection{Org: "a", Filter: domain.Filter{Text: id, LimitRows: len(w.Orders)}}, want...)
		}
		for i := range w.Orders {
			c.equal("order", c.order("a", w.Orders[i].ID), w.Orders[i])
		}
	}
}

func (c *storeCase) listed(what string, s persistence.Selection, want ...persistence.Document) {
	c.Helper()
	rows, err := c.s.Orders(c.ctx, s)
	if err != nil {
		c.Fatalf("%s: %v", what, err)
	}
	c.equal(what, rows, want)
}

// ownIDs: organisations and orders are in keys as they are, so that nothing else
// may be one; what is none is found nowhere and written nowhere.
func (c *storeCase) ownIDs() {
	c.apply(window("a", 1, order(1, 1, true)))
	want := c.load("a")
	for _, id := range append(foreignIDs[1:6:6], "", "a\x00", "..", "é", strings.Repeat("x", 65)) {
		d := order(2, 1, true)
		d.ID = id
		for what, w := range map[string]persistence.Window{
			"organisation": window(id, 1, order(2, 1, true)), "order": window("a", 2, d),
			"event": {Org: "a", Through: chain(2), Events: []persistence.Event{{Order: id, Version: 1, Seq: 2}}},
		} {
			if err := c.s.Apply(c.ctx, []persistence.Window{w}); err == nil {
				c.Errorf("%s %q was written", what, id)
			}
		}
		if _, err := c.s.Order(c.ctx, "a", id); !errors.Is(err, persistence.ErrNotFound) {
			c.Errorf("order %q: %v", id, err)
		}
		if _, err := c.s.Order(c.ctx, id, "order-1"); !errors.Is(err, persistence.ErrNotFound) {
			c.Errorf("order of %q: %v", id, err)
		}
	}
	c.equal("afterwards", c.load("a"), want)
}
