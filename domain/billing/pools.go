package billing

import (
	"math/bits"

	"heard/domain/money"
)

// pool is what one tax is rounded on: exclusive, all groups that have the component's code and rate; inclusive, one
// group. Its parts are a list through part.next.
type pool struct {
	first, last int32
	size        int32 // of its entries
	inclusive   bool
	mixed       bool  // the parts have different factors, since a compound component follows different ones
	sum         int64 // Σ amounts of its groups
	tax         int64
}

// part is one component of one group in a pool.
type part struct {
	group     int32
	component int32 // its place in the class
	next      int32
}

// buildPools finds the pools of all groups.
func (c *Calculator) buildPools() {
	for i := range c.groups {
		g := &c.groups[i]
		earlier := len(c.pools)
		for k := range g.count {
			at := int32(len(c.parts))
			c.parts = append(c.parts, part{group: int32(i), component: k, next: -1})
			if joined := c.poolFor(at, g, earlier); joined != nil {
				c.join(joined, at, g)
				continue
			}
			c.pools = append(c.pools, pool{first: at, last: at, size: g.size, inclusive: g.inclusive, sum: g.sum})
		}
	}
}

// poolFor is the exclusive pool of a part's code and rate among the count first, or nil. It must not have the group in
// it already: a class that names the same component twice is taxed twice, each rounded alone.
func (c *Calculator) poolFor(at int32, g *group, count int) *pool {
	if g.inclusive {
		return nil
	}
	total, index := c.componentOf(at).total, c.parts[at].group
	for i := range c.pools[:count] {
		p := &c.pools[i]
		if !p.inclusive && c.componentOf(p.first).total == total && c.parts[p.last].group != index {
			return p
		}
	}
	return nil
}

func (c *Calculator) join(p *pool, at int32, g *group) {
	if c.fineFactor(at) != c.fineFactor(p.first) {
		p.mixed = true
	}
	c.parts[p.last].next = at
	p.last = at
	p.size += g.size
	p.sum += g.sum
}

func (c *Calculator) componentOf(at int32) *component {
	p := &c.parts[at]
	return &c.components[c.classes[c.groups[p.group].class].first+p.component]
}

// fineFactor is the factor of a part in 10⁻¹², whatever the scale of its class.
func (c *Calculator) fineFactor(at int32) int64 {
	state := &c.classes[c.groups[c.parts[at].group].class]
	return c.componentOf(at).factor * (fineScale / state.scale)
}

// taxPools rounds the tax of every pool and shows it per entry.
func (c *Calculator) taxPools(out *Bill) bool {
	for i := range c.pools {
		p := &c.pools[i]
		tax, ok := c.taxOf(p)
		if !ok {
			return false
		}
		p.tax = tax
		switch {
		case p.mixed:
			c.divideMixed(p)
		case i > 0 && c.dividedAlike(p, &c.pools[i-1]): // CGST and SGST: the shares are still there
		case p.first == p.last:
			members, weights := c.entriesOf(&c.groups[c.parts[p.first].group])
			c.divide(tax, p.sum, members, weights)
		default:
			members, weights := c.gather(p)
			c.divide(tax, p.sum, members, weights)
		}
		c.show(p, out)
	}
	return true
}

// taxOf rounds the tax of a pool once; not ok beyond money.MaxAmount.
func (c *Calculator) taxOf(p *pool) (tax int64, ok bool) {
	if p.mixed {
		return c.mixedTaxOf(p)
	}
	state := &c.classes[c.groups[c.parts[p.first].group].class]
	factor, divisor := c.componentOf(p.first).factor, state.divisor(p.inclusive)
	if divisor == RateScale {
		return portion(p.sum, factor)
	}
	tax, ok = money.MulDiv(p.sum, factor, divisor)
	return tax, ok && tax <= money.MaxAmount
}

// dividedAlike says whether two pools have the same groups and the same tax, hence the same shares.
func (c *Calculator) dividedAlike(p, previous *pool) bool {
	if p.tax != previous.tax || previous.mixed {
		return false
	}
	at, before := p.first, previous.first
	for at >= 0 && before >= 0 && c.parts[at].group == c.parts[before].group {
		at, before = c.parts[at].next, c.parts[before].next
	}
	return at < 0 && before < 0
}

// gather is the entries of a pool of several groups, and their amounts.
func (c *Calculator) gather(p *pool) (members []int32, weights []int64) {
	members, weights = sized(c.gatheredMembers, int(p.size))[:0], sized(c.gatheredWeights, int(p.size))[:0]
	for at := p.first; at >= 0; at = c.parts[at].next {
		groupMembers, groupWeights := c.entriesOf(&c.groups[c.parts[at].group])
		members, weights = append(members, groupMembers...), append(weights, groupWeights...)
	}
	c.gatheredMembers, c.gatheredWeights = members, weights
	return members, weights
}

// show writes the shares of the pool, which are in the order of its groups, to its entries.
func (c *Calculator) show(p *pool, out *Bill) {
	shares := c.spread.shares
	for at := p.first; at >= 0; at = c.parts[at].next {
		g := &c.groups[c.parts[at].group]
		place, count := int(g.taxes+c.parts[at].component), int(g.count)
		taxes := out.taxes
		for _, share := range shares[:g.size] {
			taxes[place] = share
			place += count
		}
		shares = shares[g.size:]
	}
}

// mixedTaxOf is round(Σ sum × factor) for parts of different factors.
func (c *Calculator) mixedTaxOf(p *pool) (int64, bool) {
	var high, low uint64 = 0, fineScale / 2
	for at := p.first; at >= 0; at = c.parts[at].next {
		productHigh, productLow := bits.Mul64(uint64(c.groups[c.parts[at].group].sum), uint64(c.fineFactor(at)))
		carry := uint64(0)
		low, carry = bits.Add64(low, productLow, 0)
		high, _ = bits.Add64(high, productHigh, carry)
	}
	if high >= fineScale {
		return 0, false
	}
	tax, _ := bits.Div64(high, low, fineScale)
	return int64(tax), tax <= money.MaxAmount
}

// divideMixed divides a pool whose entries have different factors by each entry's exact tax: amounts alone would give
// a unit to an entry that owes less of it.
func (c *Calculator) divideMixed(p *pool) {
	members, weights := c.gather(p)
	s := &c.spread
	s.members, s.weights = members, weights
	s.shares, s.remainders = sized(s.shares, len(members)), sized(s.remainders, len(members))
	left, i := p.tax, 0
	for at := p.first; at >= 0; at = c.parts[at].next {
		factor := uint64(c.fineFactor(at))
		for range c.groups[c.parts[at].group].size {
			high, low := bits.Mul64(uint64(weights[i]), factor)
			quotient, remainder := bits.Div64(high, low, fineScale)
			s.shares[i], s.remainders[i] = int64(quotient), remainder
			left -= int64(quotient)
			i++
		}
	}
	c.award(int(left))
}
