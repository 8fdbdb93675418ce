package billing

import "heard/domain/money"

// Calculator computes bills. Its zero value is ready; it only keeps memory between calls, so that a bill costs no
// allocation. It is not safe for concurrent use.
//
// What is taxed is an entry: a line, or after the lines a charge. Entries with the same components, and the tax on the
// same side of the price, form a group, and taxes are computed on groups.
type Calculator struct {
	in         *Input  // during Compute only
	amounts    []int64 // of every entry, in minor units, after all discounts so far
	groupOf    []int32 // of every entry
	classes    []classState
	used       []int32     // classes that some entry has, one for each distinct list of components
	components []component // of the used classes
	groups     []group
	untaxed    int32   // the group of entries without a class, -1 = none
	members    []int32 // all entries, group by group
	weights    []int64 // their amounts
	pools      []pool
	parts      []part
	spread     spread

	gatheredMembers []int32 // of a pool of several groups
	gatheredWeights []int64
}

// Compute fills out with the bill for in, or answers an *Error and leaves out undefined. It reuses the memory of out
// and keeps nothing of in but names.
func (c *Calculator) Compute(in *Input, out *Bill) error {
	c.in = in
	err := c.compute(in, out)
	c.in = nil
	return err
}

func (c *Calculator) compute(in *Input, out *Bill) error {
	out.clearFor(in)
	if err := c.begin(in); err != nil {
		return err
	}
	if err := c.priceLines(in, out); err != nil {
		return err
	}
	if err := c.discountOrder(in, out); err != nil {
		return err
	}
	if err := c.addCharges(in, out); err != nil {
		return err
	}
	if len(in.Lines) == 0 { // nothing ordered is nothing owed, whatever charges and tip say
		clear(out.Charges)
		out.ChargeTotal, out.Taxes = 0, out.Taxes[:0]
		return nil
	}
	c.arrange(out)
	if ok := c.tax(in.Mode, out); !ok {
		return &Error{Code: CodeAmountOverflow}
	}
	return c.total(in, out)
}

// begin refuses an input beyond the limits and forgets the last bill.
func (c *Calculator) begin(in *Input) error {
	if field := beyondLimits(in); field != "" {
		return &Error{Code: CodeAmountOverflow, Field: field}
	}
	if in.Tip < 0 {
		return &Error{Code: CodeInvalidDiscountValue, Field: "tip"}
	}
	c.classes = sized(c.classes, len(in.Classes))
	for i := range in.Classes {
		if err := checkClass(i, in.Classes[i].Components); err != nil {
			return err
		}
		c.classes[i].canonical = unused
	}
	c.used, c.components, c.groups, c.untaxed = c.used[:0], c.components[:0], c.groups[:0], -1
	c.pools, c.parts = c.pools[:0], c.parts[:0]
	entries := len(in.Lines) + len(in.Charges)
	c.amounts, c.groupOf = sized(c.amounts, entries), sized(c.groupOf, entries)
	return nil
}

// beyondLimits is the field that is beyond what a bill may hold, or empty.
func beyondLimits(in *Input) string {
	switch {
	case len(in.Lines) > MaxLines:
		return "items"
	case len(in.Discounts) > MaxDiscounts:
		return "discounts"
	case len(in.Charges) > MaxCharges:
		return "charges"
	case in.RoundOff < 0 || in.RoundOff > money.MaxAmount:
		return "round_off.increment"
	case in.Tip > money.MaxAmount:
		return "tip"
	}
	return ""
}

// checkClass refuses more components, or other rates, than a class may have.
func checkClass(index int, components []Component) error {
	if len(components) > MaxComponents {
		return refusal(CodeAmountOverflow, "tax_classes", index, "components")
	}
	for i := range components {
		if rate := components[i].Rate; rate < 0 || rate > MaxRate {
			return refusal(CodeAmountOverflow, "tax_classes", index, "components["+text(i)+"].rate")
		}
	}
	return nil
}

// sidesOf is the class of an entry and whether its price is inclusive.
func (c *Calculator) sidesOf(entry int32) (class int, inclusive bool) {
	if lines := int32(len(c.in.Lines)); entry >= lines {
		charge := &c.in.Charges[entry-lines]
		return charge.Class, charge.Inclusive
	}
	line := &c.in.Lines[entry]
	return line.Class, line.Inclusive
}
