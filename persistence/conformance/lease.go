package conformance

import "heard/persistence"

func (c *journalCase) acquire() {
	if l := c.lease("a", 0); l != (persistence.Lease{Epoch: 1}) {
		c.Fatalf("first lease %+v", l)
	}
	if l := c.lease("a", 0); l.Epoch != 2 {
		c.Fatalf("second lease %+v", l)
	}
	if l := c.lease("a", 40); l.Epoch != 41 {
		c.Fatalf("lease above floor 40: %+v", l)
	}
	if l := c.lease("a", 7); l.Epoch != 42 {
		c.Fatalf("lease above a floor of the past: %+v", l)
	}
	c.want(c.append(entry("a", 42, 1, 3)), persistence.Appended)
	if l := c.lease("a", 0); l != (persistence.Lease{Epoch: 43, Last: 3}) {
		c.Fatalf("lease after writing: %+v", l)
	}
	if l := c.lease("b", 0); l != (persistence.Lease{Epoch: 1}) {
		c.Fatalf("lease of another organisation: %+v", l)
	}
}

func (c *journalCase) leaseRead() {
	want := func(org string, want persistence.Lease) {
		c.Helper()
		if got, err := c.j.Lease(c.ctx, org); err != nil || got != want {
			c.Fatalf("lease of %s is %+v (%v), want %+v", org, got, err, want)
		}
	}
	want("a", persistence.Lease{})
	want("a", c.lease("a", 6))
	c.want(c.append(entry("a", 7, 1, 3)), persistence.Appended)
	want("a", persistence.Lease{Epoch: 7, Last: 3})
	c.want(c.append(entry("a", 7, 4, 4)), persistence.Appended) // nobody was fenced
	c.j = c.reopen()
	want("a", persistence.Lease{Epoch: 7, Last: 4})
	want("b", persistence.Lease{})
}

func (c *journalCase) fenced() {
	c.want(c.append(entry("a", 0, 1, 1)), persistence.Fenced)
	c.want(c.append(entry("a", 1, 1, 1)), persistence.Fenced)
	old := c.lease("a", 0)
	c.want(c.append(entry("a", old.Epoch, 1, 1)), persistence.Appended)
	fresh := c.lease("a", 0)
	c.want(c.append(entry("a", old.Epoch, 2, 2)), persistence.Fenced)
	c.want(c.append(entry("a", fresh.Epoch, 2, 2)), persistence.Appended)
	for _, seq := range []uint64{1, 2, 3, 9} { // repeats, the next one and beyond
		c.want(c.append(entry("a", old.Epoch, seq, seq)), persistence.Fenced)
	}
	c.want(c.append(entry("a", fresh.Epoch+1, 3, 3)), persistence.Fenced)
	c.holds("a", 0, entry("a", old.Epoch, 1, 1), entry("a", fresh.Epoch, 2, 2))
}
