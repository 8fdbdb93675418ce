package vectors

import (
	"encoding/json"

	"heard/domain/billing"
	"heard/domain/money"
)

func (v *vector) checkBill() error {
	var from billInput
	if err := v.decode(&from); err != nil {
		return err
	}
	var bill billing.Bill
	translated, err := translate(&from)
	if err == nil {
		var calculator billing.Calculator
		err = calculator.Compute(&translated.input, &bill)
	}
	if decided, verdict := v.settled(err); decided {
		return verdict
	}
	comparison := billComparison{figures{exponent: translated.exponent}, &from, &bill}
	comparison.fields("", v.Expect, comparison.field)
	return comparison.err()
}

// billComparison compares a computed bill with what is expected of it.
type billComparison struct {
	figures
	from *billInput
	bill *billing.Bill
}

func (c *billComparison) field(name string, want json.RawMessage) bool {
	switch name {
	case "lines":
		c.lines(want)
	case "charges":
		c.charges(want)
	case "discounts":
		c.discounts(want)
	case "taxes":
		c.taxes(want)
	case "tax_rate_percent":
		c.decimal(name, want, c.bill.TaxRatePercent())
	default:
		got, known := c.sum(name)
		if known {
			c.amount(name, want, got)
		}
		return known
	}
	return true
}

// sum is the figure of the whole bill that the schema calls name.
func (c *billComparison) sum(name string) (figure int64, known bool) {
	b := c.bill
	figure, known = map[string]int64{
		"gross_total": b.GrossTotal, "subtotal": b.Subtotal, "discount": b.Discount, "charge_total": b.ChargeTotal,
		"taxable": b.Taxable, "tax": b.Tax, "tax_included": b.TaxIncluded, "exact_total": b.ExactTotal,
		"round_off": b.RoundOff, "total": b.Total, "tip": b.Tip, "payable": b.Payable,
	}[name]
	return figure, known
}

func (c *billComparison) lines(want json.RawMessage) {
	elements, _ := c.list("lines", want, len(c.bill.Lines))
	for i, element := range elements {
		share, prefix := &c.bill.Lines[i], indexed("lines", i)
		sums := map[string]int64{"gross": share.Gross, "item_discount": share.ItemDiscount, "amount": share.Amount,
			"order_discount": share.OrderDiscount, "net": share.Net, "tax": share.Tax, "total": share.Total}
		c.entry(prefix, element, sums, share.Taxes, "id", c.from.Items[i].ID)
	}
}

func (c *billComparison) charges(want json.RawMessage) {
	elements, _ := c.list("charges", want, len(c.bill.Charges))
	for i, element := range elements {
		share, prefix := &c.bill.Charges[i], indexed("charges", i)
		sums := map[string]int64{"amount": share.Amount, "net": share.Net, "tax": share.Tax, "total": share.Total}
		c.entry(prefix, element, sums, share.Taxes, "code", c.from.Charges[i].Code)
	}
}

// entry compares a line or charge: its sums, its taxes, and the text that identifies it.
func (c *billComparison) entry(prefix string, raw json.RawMessage, sums map[string]int64, taxes []int64,
	key, id string) {
	c.object(prefix, raw, func(name string, want json.RawMessage) bool {
		field := prefix + "." + name
		figure, known := sums[name]
		switch {
		case known:
			c.amount(field, want, figure)
		case name == "taxes":
			c.amounts(field, want, taxes)
		case name == key:
			c.text(field, want, id)
		default:
			return false
		}
		return true
	})
}

func (c *billComparison) discounts(want json.RawMessage) {
	amounts := make([]int64, len(c.bill.Discounts))
	for i := range c.bill.Discounts {
		amounts[i] = c.bill.Discounts[i].Amount
	}
	c.amounts("discounts", want, amounts)
}

// taxes compares in any order, by code and rate. A tax that is not expected may only be a zero.
func (c *billComparison) taxes(want json.RawMessage) {
	var elements []map[string]json.RawMessage
	if err := json.Unmarshal(want, &elements); err != nil || elements == nil {
		c.fault("field taxes: want %s, which is no list of objects", want)
		return
	}
	seen := make([]bool, len(c.bill.Taxes))
	for i, element := range elements {
		found := c.taxLike(element)
		if found < 0 || seen[found] {
			c.fault("field %s: want code %s rate %s, got none", indexed("taxes", i), element["code"], element["rate"])
			continue
		}
		seen[found] = true
		c.tax(indexed("taxes", i), element, &c.bill.Taxes[found])
	}
	for i, tax := range c.bill.Taxes {
		if !seen[i] && tax.Amount != 0 {
			c.fault("field taxes: want no %s at rate %d millionths, got %s", tax.Code, tax.Rate,
				money.FromMinor(tax.Amount, c.exponent))
		}
	}
}

// taxLike is the index of the tax with the code and rate of element, or -1.
func (c *billComparison) taxLike(element map[string]json.RawMessage) int {
	var code string
	var rate money.Decimal
	if json.Unmarshal(element["code"], &code) != nil || json.Unmarshal(element["rate"], &rate) != nil {
		return -1
	}
	for i := range c.bill.Taxes {
		if c.bill.Taxes[i].Code == code && money.FromMinor(int64(c.bill.Taxes[i].Rate), 4) == rate {
			return i
		}
	}
	return -1
}

func (c *billComparison) tax(prefix string, element map[string]json.RawMessage, tax *billing.TaxTotal) {
	c.fields(prefix+".", element, func(name string, want json.RawMessage) bool {
		switch name {
		case "code", "rate": // it was found by them
		case "base":
			c.amount(prefix+".base", want, tax.Base)
		case "amount":
			c.amount(prefix+".amount", want, tax.Amount)
		default:
			return false
		}
		return true
	})
}
