package billing

import "heard/domain/money"

// addCharges fills the amount of every charge and makes it an entry to be taxed.
func (c *Calculator) addCharges(in *Input, out *Bill) error {
	items := out.Subtotal - out.Discount
	for i := range in.Charges {
		charge := &in.Charges[i]
		amount, code, field := charge.of(items, len(in.Classes))
		if code != "" {
			return refusal(code, "charges", i, field)
		}
		out.Charges[i] = ChargeShare{Amount: amount}
		c.enter(len(in.Lines)+i, amount, charge.Class, charge.Inclusive, out)
		out.ChargeTotal += amount
	}
	if out.ChargeTotal > money.MaxAmount {
		return &Error{Code: CodeAmountOverflow, Field: "charges"}
	}
	return nil
}

// of is the amount of the charge on the discounted items, or the code and field of why there is none.
func (charge *Charge) of(items int64, classes int) (amount int64, code, field string) {
	switch {
	case charge.Value < 0:
		return 0, CodeInvalidDiscountValue, "value"
	case charge.Class < -1 || charge.Class >= classes:
		return 0, CodeUnknownTaxClass, "tax_class"
	case charge.Percent && charge.Value > MaxRate, charge.Value > money.MaxAmount:
		return 0, CodeAmountOverflow, "value"
	case !charge.Percent:
		return charge.Value, "", ""
	}
	amount, ok := portion(items, charge.Value)
	if !ok {
		return 0, CodeAmountOverflow, "value"
	}
	return amount, "", ""
}
