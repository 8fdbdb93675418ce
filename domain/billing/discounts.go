package billing

import (
	"strconv"

	"heard/domain/money"
)

// of is what the discount takes off base. A percentage rounds what is left, so 10 % off 915 leaves 824 and takes 91;
// an amount takes at most base, and clamped says that it wanted more.
func (d Discount) of(base int64) (off int64, clamped bool) {
	if d.Percent {
		left, _ := portion(base, RateScale-d.Value)
		return base - left, false
	}
	return min(d.Value, base), d.Value > base
}

// discountFault is the code of what is wrong with a discount's value; empty when nothing is.
func discountFault(discount Discount) string {
	switch {
	case discount.Value < 0, discount.Percent && discount.Value > RateScale:
		return CodeInvalidDiscountValue
	case discount.Value > money.MaxAmount:
		return CodeAmountOverflow
	}
	return ""
}

// discountOrder takes the bill's discounts off, each as one figure of what is left of all lines, spread over them.
func (c *Calculator) discountOrder(in *Input, out *Bill) error {
	left := out.Subtotal
	for i, discount := range in.Discounts {
		if code := discountFault(discount); code != "" {
			return refusal(code, "discounts", i, "value")
		}
		off, clamped := discount.of(left)
		out.Discounts[i] = Applied{Percent: discount.Percent, Value: discount.Value, Amount: off, Clamped: clamped}
		if off > 0 {
			c.spreadDiscount(off, left, out.Lines)
		}
		left -= off
	}
	out.Discount = out.Subtotal - left
	return nil
}

// spreadDiscount takes off from the lines, in proportion to what is left of each, which is left in total.
func (c *Calculator) spreadDiscount(off, left int64, lines []Share) {
	c.members = sized(c.members, len(lines))
	for i := range c.members {
		c.members[i] = int32(i)
	}
	c.divide(off, left, c.members, c.amounts[:len(lines)])
	for i, part := range c.spread.shares {
		lines[i].OrderDiscount += part
		c.amounts[i] -= part
	}
}

func text(number int) string { return strconv.Itoa(number) }
