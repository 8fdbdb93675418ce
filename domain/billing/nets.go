package billing

// keepNetsAboveZero moves units of tax between the entries of an inclusive group until none has more tax than price.
// Components are rounded apart, so a price of 0.01 can be handed 0.01 of CGST and 0.01 of SGST when there are dozens
// of such lines; the sums stay as they are. Where even the sums are more than the prices, and per line, where every
// line is a sum of its own, the last component gives way: that takes three components of 100 % on the smallest prices.
func (c *Calculator) keepNetsAboveZero(g *group, mode Mode, out *Bill) {
	tax := sumOf(out.taxes[g.taxes : g.taxes+g.size*g.count])
	_, weights := c.entriesOf(g)
	for i, amount := range weights {
		taxes := g.taxesOf(i, out)
		for owed := sumOf(taxes); owed > amount; owed-- {
			component := lastAboveZero(taxes)
			taxes[component]--
			if mode == PerLine || tax > g.sum {
				tax--
				continue
			}
			g.taxesOf(c.largestNet(g, out), out)[component]++
		}
	}
}

// largestNet is the place of the entry in the group with the most price left beside its tax.
func (c *Calculator) largestNet(g *group, out *Bill) int {
	members, weights := c.entriesOf(g)
	best, most := 0, int64(-1)
	for i, amount := range weights {
		net := amount - sumOf(g.taxesOf(i, out))
		if net > most || net == most && c.before(members[i], members[best]) {
			best, most = i, net
		}
	}
	return best
}

func lastAboveZero(taxes []int64) int {
	last := 0
	for i, tax := range taxes {
		if tax > 0 {
			last = i
		}
	}
	return last
}

func sumOf(amounts []int64) int64 {
	sum := int64(0)
	for _, amount := range amounts {
		sum += amount
	}
	return sum
}
