package api

// Bill is what order.Pricer.AppendBill writes.
type Bill struct {
	Currency       string         `json:"currency"`
	OrderID        string         `json:"order_id,omitempty"`
	Version        uint64         `json:"version,omitempty"`
	Subtotal       amount         `json:"subtotal"`
	Discount       amount         `json:"discount"`
	Discounts      []BillDiscount `json:"discounts"`
	Charges        []BillCharge   `json:"charges"`
	Taxable        amount         `json:"taxable"`
	Tax            amount         `json:"tax"`
	TaxIncluded    amount         `json:"tax_included"`
	Taxes          []Tax          `json:"taxes"`
	TaxRatePercent float64        `json:"tax_rate_percent"`
	TaxRate        float64        `json:"tax_rate"`
	RoundOff       amount         `json:"round_off"`
	Total          amount         `json:"total"`
	Tip            amount         `json:"tip"`
	Payable        amount         `json:"payable"`
	Lines          []BillLine     `json:"lines"`
	Steps          []BillStep     `json:"steps,omitempty"`
}

// BillDiscount is a discount as it came out.
type BillDiscount struct {
	Type    word    `json:"type"`
	Value   float64 `json:"value"`
	Applied amount  `json:"applied"`
	Clamped bool    `json:"clamped"`
}

// BillCharge is a charge with its taxes.
type BillCharge struct {
	Code   string `json:"code"`
	Amount amount `json:"amount"`
	Net    amount `json:"net"`
	Tax    amount `json:"tax"`
	Total  amount `json:"total"`
}

// BillLine is a line's share of the bill.
type BillLine struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Gross    amount    `json:"gross"`
	Discount amount    `json:"discount"`
	Net      amount    `json:"net"`
	Taxes    []BillTax `json:"taxes"`
	Tax      amount    `json:"tax"`
	Total    amount    `json:"total"`
}

// BillTax is one tax of a line.
type BillTax struct {
	Code   string `json:"code"`
	Amount amount `json:"amount"`
}

// BillStep is a step in words.
type BillStep struct {
	Step   string `json:"step"`
	Target string `json:"target"`
	Detail string `json:"detail"`
	Amount amount `json:"amount"`
}
