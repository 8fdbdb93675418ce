package billing

import "heard/domain/money"

// total fills what each entry comes to and the sums of the bill.
func (c *Calculator) total(in *Input, out *Bill) error {
	for i := range c.groups {
		g := &c.groups[i]
		sums, negative := c.settle(g, out)
		if negative {
			c.keepNetsAboveZero(g, in.Mode, out)
			sums, _ = c.settle(g, out)
		}
		c.addGroup(g, &sums, out)
		if out.Tax > money.MaxAmount {
			return &Error{Code: CodeAmountOverflow}
		}
	}
	out.ExactTotal = out.Taxable + out.Tax
	out.Total = money.RoundTo(out.ExactTotal, in.RoundOff, in.RoundMode)
	out.RoundOff = out.Total - out.ExactTotal
	out.Tip = in.Tip
	out.Payable = out.Total + out.Tip
	if out.ExactTotal > money.MaxAmount || out.Total > money.MaxAmount || out.Payable > money.MaxAmount {
		return &Error{Code: CodeAmountOverflow}
	}
	return nil
}

// settle fills net, tax and total of a group's entries; sums are those of its components. negative says that an
// inclusive price is less than its taxes.
func (c *Calculator) settle(g *group, out *Bill) (sums [MaxComponents]int64, negative bool) {
	members, weights := c.entriesOf(g)
	for i, member := range members {
		taxes := g.taxesOf(i, out)
		tax, net := int64(0), weights[i]
		for k, amount := range taxes {
			sums[k&(MaxComponents-1)] += amount // the mask only tells the compiler that k is in bounds
			tax += amount
		}
		if g.inclusive {
			net -= tax
			negative = negative || net < 0
		}
		if int(member) < len(out.Lines) {
			share := &out.Lines[member]
			share.Net, share.Tax, share.Total, share.Taxes = net, tax, net+tax, taxes
			continue
		}
		share := &out.Charges[int(member)-len(out.Lines)]
		share.Net, share.Tax, share.Total, share.Taxes = net, tax, net+tax, taxes
	}
	return sums, negative
}

// addGroup adds a group to the sums of the bill, and to the totals of its components.
func (c *Calculator) addGroup(g *group, sums *[MaxComponents]int64, out *Bill) {
	tax := sumOf(sums[:g.count])
	net := g.sum
	if g.inclusive {
		net -= tax
		out.TaxIncluded += tax
	}
	out.Taxable += net
	out.Tax += tax
	if g.count == 0 {
		return
	}
	first, before := c.classes[g.class].first, int64(0)
	for k, component := range c.components[first : first+g.count] {
		total := &out.Taxes[component.total]
		total.Base += net
		if component.compound {
			total.Base += before
		}
		total.Amount += sums[k]
		before += sums[k]
	}
}
