package billing

import "heard/domain/money"

// Limits of an Input; beyond them Compute answers amount_overflow.
const (
	MaxLines      = 1000
	MaxDiscounts  = 10 // per line and per bill
	MaxCharges    = 100
	MaxComponents = 4
	MaxRate       = 10 * RateScale            // 1,000 %
	MaxQuantity   = 1_000_000 * QuantityScale // a million units
)

// QuantityScale is the number of thousandths in one unit of a Line's quantity.
const QuantityScale = 1000

// RateScale is the Rate of 100 %.
const RateScale = 1_000_000

// Rate is a percentage in millionths of the whole: 2.5 % is 25,000.
type Rate int64

// Component is one tax of a class, for example CGST at 2.5 %. A Compound component is charged on the net amount and
// all components before it.
type Component struct {
	Code     string
	Rate     Rate
	Compound bool
}

// Class is what a line is taxed with. Its name decides ties when cents are handed out, never an amount of tax.
type Class struct {
	Name       string
	Components []Component
}

// Mode says where taxes are rounded.
type Mode uint8

const (
	PerInvoice Mode = iota // once per component and rate on the whole bill, then shown per line by largest remainder
	PerLine                // on every line
)

// Discount takes Value off what is left: a Rate when Percent, else minor units, at most what is left.
type Discount struct {
	Percent bool
	Value   int64
}

// Line is one ordered position.
type Line struct {
	Quantity  int64 // thousandths, more than 0
	UnitPrice int64 // minor units, modifiers added
	Class     int   // index into Input.Classes, -1 = untaxed
	Inclusive bool  // the price contains the tax
	Discounts []Discount
}

// Charge is an amount on top of the items, such as service or delivery: minor units, or with Percent a Rate of the
// discounted items. It is never discounted.
type Charge struct {
	Code      string
	Percent   bool
	Value     int64
	Class     int // index into Input.Classes, -1 = untaxed
	Inclusive bool
}

// Input is all that a bill depends on. Compute only reads it.
type Input struct {
	Mode      Mode
	Classes   []Class
	Lines     []Line
	Discounts []Discount // of the whole bill, after those of the lines
	Charges   []Charge
	RoundOff  int64 // the total becomes a multiple of this many minor units, 0 = any
	RoundMode money.RoundMode
	Tip       int64 // minor units, untaxed, outside the total
}
