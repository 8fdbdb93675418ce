package billing

import "heard/domain/money"

// Share is one line of a computed bill, in minor units. Total = Net + Tax, and Tax = Σ Taxes, exactly.
type Share struct {
	Gross         int64 // quantity × unit price
	ItemDiscount  int64 // Σ of the line's own discounts
	Amount        int64 // Gross − ItemDiscount
	OrderDiscount int64 // this line's part of the bill's discounts
	Net           int64 // taxable value, without tax
	Tax           int64
	Total         int64
	Taxes         []int64 // in the order of the class's components
}

// ChargeShare is one charge of a computed bill, in minor units.
type ChargeShare struct {
	Amount int64 // as entered, so with its tax when inclusive
	Net    int64
	Tax    int64
	Total  int64
	Taxes  []int64 // in the order of the class's components
}

// TaxTotal is one component at one rate on the whole bill. Base is what it is charged on, in minor units.
type TaxTotal struct {
	Code   string
	Rate   Rate
	Base   int64
	Amount int64
}

// Applied is one discount of the whole bill and what it took off, in minor units. Clamped: less than its value was
// left to take.
type Applied struct {
	Percent bool
	Value   int64
	Amount  int64
	Clamped bool
}

// Bill is the result of Compute, in minor units. Its slices belong to it and are overwritten by the next Compute into
// the same Bill.
type Bill struct {
	GrossTotal  int64 // Σ gross
	Subtotal    int64 // Σ line amounts, after the lines' own discounts
	Discount    int64 // Σ discounts of the whole bill
	ChargeTotal int64 // Σ charges as entered
	Taxable     int64 // Σ net of lines and charges
	Tax         int64 // all tax
	TaxIncluded int64 // the part of it that was inside prices
	ExactTotal  int64 // Taxable + Tax = Subtotal − Discount + ChargeTotal + Tax − TaxIncluded
	RoundOff    int64
	Total       int64 // ExactTotal + RoundOff
	Tip         int64
	Payable     int64 // Total + Tip

	// UniformRate is the sum of the components' rates when every taxed line and charge has the same, MixedRates when
	// they differ.
	UniformRate Rate

	Lines     []Share       // as Input.Lines
	Charges   []ChargeShare // as Input.Charges
	Discounts []Applied     // as Input.Discounts
	Taxes     []TaxTotal    // one per code and rate, in order of first appearance

	taxes []int64 // what the Taxes of Lines and Charges point into
}

// MixedRates is the UniformRate of a bill that has none.
const MixedRates Rate = -1

// TaxRatePercent is the figure to show beside the tax: the sum of the rates when every taxed entry has the same, else
// tax/taxable × 100 to 2 decimals. Never compute with it.
func (b *Bill) TaxRatePercent() money.Decimal {
	if b.UniformRate > 0 || b.Tax == 0 && b.UniformRate == 0 {
		return money.FromMinor(int64(b.UniformRate), 4)
	}
	hundredths, _ := money.MulDiv(b.Tax, 100*100, b.Taxable)
	return money.FromMinor(hundredths, 2)
}

// clearFor makes the bill all zeros, with room for the input and the memory it already has.
func (b *Bill) clearFor(in *Input) {
	*b = Bill{
		Lines:     sized(b.Lines, len(in.Lines)),
		Charges:   sized(b.Charges, len(in.Charges)),
		Discounts: sized(b.Discounts, len(in.Discounts)),
		Taxes:     b.Taxes[:0],
		taxes:     b.taxes[:0],
	}
}

// sized is memory for count elements, reused when there is enough; what it holds is undefined.
func sized[Element any](memory []Element, count int) []Element {
	if cap(memory) < count {
		return make([]Element, count)
	}
	return memory[:count]
}
