package billing

import (
	"math/bits"

	"heard/domain/money"
)

// priceLines fills gross, item discount and amount of every line, and their sums.
func (c *Calculator) priceLines(in *Input, out *Bill) error {
	for i := range in.Lines {
		line, share := &in.Lines[i], &out.Lines[i]
		if code, field := lineFault(line, len(in.Classes)); code != "" {
			return refusal(code, "items", i, field)
		}
		gross, ok := grossOf(line.Quantity, line.UnitPrice)
		if !ok {
			return refusal(CodeAmountOverflow, "items", i, "unit_price")
		}
		amount := gross
		for j, discount := range line.Discounts {
			if code := discountFault(discount); code != "" {
				return refusal(code, "items", i, "discounts["+text(j)+"].value")
			}
			off, _ := discount.of(amount)
			amount -= off
		}
		share.Gross, share.ItemDiscount, share.Amount, share.OrderDiscount = gross, gross-amount, amount, 0
		if i > 0 && line.Class == in.Lines[i-1].Class && line.Inclusive == in.Lines[i-1].Inclusive {
			c.follow(i, amount)
		} else {
			c.enter(i, amount, line.Class, line.Inclusive, out)
		}
		out.GrossTotal += gross
		out.Subtotal += amount
	}
	if out.GrossTotal > money.MaxAmount {
		return &Error{Code: CodeAmountOverflow, Field: "items"}
	}
	return nil
}

// lineFault is why a line cannot be billed, and the field; empty when it can.
func lineFault(line *Line, classes int) (code, field string) {
	switch {
	case line.Quantity <= 0:
		return CodeInvalidLine, "quantity"
	case line.Quantity > MaxQuantity:
		return CodeAmountOverflow, "quantity"
	case line.UnitPrice < 0:
		return CodeInvalidLine, "unit_price"
	case line.UnitPrice > money.MaxAmount:
		return CodeAmountOverflow, "unit_price"
	case line.Class < -1 || line.Class >= classes:
		return CodeUnknownTaxClass, "tax_class"
	case len(line.Discounts) > MaxDiscounts:
		return CodeAmountOverflow, "discounts"
	}
	return "", ""
}

// grossOf is quantity × price rounded to minor units; not ok beyond money.MaxAmount.
func grossOf(quantity, price int64) (int64, bool) {
	high, low := bits.Mul64(uint64(quantity), uint64(price))
	if high == 0 && low <= money.MaxAmount { // always, for real bills: dividing by a constant is a multiplication
		return int64((low + QuantityScale/2) / QuantityScale), true
	}
	gross, ok := money.MulDiv(quantity, price, QuantityScale)
	return gross, ok && gross <= money.MaxAmount
}

// portion is amount × rate, both not negative, rounded to minor units; not ok beyond money.MaxAmount.
func portion(amount, rate int64) (int64, bool) {
	high, low := bits.Mul64(uint64(amount), uint64(rate))
	if high == 0 && low <= money.MaxAmount {
		return int64((low + RateScale/2) / RateScale), true
	}
	part, ok := money.MulDiv(amount, rate, RateScale)
	return part, ok && part <= money.MaxAmount
}
