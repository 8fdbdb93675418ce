package billing

import "heard/domain/money"

// tax fills Bill.taxes in the mode that the input asks for; not ok when a tax is beyond money.MaxAmount.
func (c *Calculator) tax(mode Mode, out *Bill) bool {
	if mode == PerInvoice {
		c.buildPools()
		return c.taxPools(out)
	}
	for i := range c.groups {
		if g := &c.groups[i]; g.count > 0 && !c.taxLines(g, out) {
			return false
		}
	}
	return true
}

// taxLines rounds every component on every entry of a group.
func (c *Calculator) taxLines(g *group, out *Bill) bool {
	state := &c.classes[g.class]
	components := c.components[state.first : state.first+state.count]
	divisor := state.divisor(g.inclusive)
	_, weights := c.entriesOf(g)
	sum := int64(0)
	for i, amount := range weights {
		taxes := g.taxesOf(i, out)
		for k := range taxes {
			tax, ok := money.MulDiv(amount, components[k].factor, divisor)
			if sum += tax; !ok || tax > money.MaxAmount || sum > money.MaxAmount {
				return false
			}
			taxes[k] = tax
		}
	}
	return true
}
