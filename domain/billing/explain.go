package billing

import (
	"fmt"
	"strings"

	"heard/domain/money"
)

// Step is one step of a computation, for a person with a pocket calculator. Code names the figure it gives and
// Target what it belongs to ("items[2]", "charges[0]", "CGST 2.5 %"; empty for the bill). Amount is that figure in
// minor units, Detail the arithmetic in words.
type Step struct {
	Code   string
	Target string
	Detail string
	Amount int64
}

// Explain retells how b was computed from in, step by step in the order of the computation; exponent is the number of
// decimals of the currency. An input that Compute refuses has no steps. It is for people and support, not for speed.
func Explain(in *Input, b *Bill, exponent uint8) []Step {
	story := &story{in: in, bill: b, exponent: exponent}
	var again Bill
	if story.calculator.Compute(in, &again) != nil {
		return nil
	}
	story.tellLines()
	story.tellDiscounts()
	story.tellCharges()
	if len(in.Lines) > 0 {
		story.tellTaxes()
	}
	story.tellTotals()
	return story.steps
}

// story is an explanation being written. The calculator has computed the same bill, and knows the pools.
type story struct {
	in         *Input
	bill       *Bill
	exponent   uint8
	calculator Calculator
	steps      []Step
}

func (s *story) tell(code, entry string, amount int64, format string, arguments ...any) {
	s.steps = append(s.steps, Step{Code: code, Target: entry, Amount: amount, Detail: fmt.Sprintf(format, arguments...)})
}

// say is an amount in the currency's decimals.
func (s *story) say(amount int64) string { return string(money.AppendMinor(nil, amount, s.exponent)) }

// percent is a rate as people write it: 2.5 %.
func percent(rate Rate) string { return money.FromMinor(int64(rate), 4).String() + " %" }

// target is where a step belongs: items[2].
func target(list string, index int) string { return list + "[" + text(index) + "]" }

// sum is the amounts added up, in words as long as they fit a line.
func (s *story) sum(what string, amounts []int64) string {
	switch {
	case len(amounts) == 0:
		return "no " + what
	case len(amounts) > 12:
		return fmt.Sprintf("sum of %d %s", len(amounts), what)
	}
	terms := make([]string, len(amounts))
	for i, amount := range amounts {
		terms[i] = s.say(amount)
	}
	return strings.Join(terms, " + ") + " = " + s.say(sumOf(amounts))
}

func (s *story) tellLines() {
	amounts := make([]int64, len(s.in.Lines))
	for i := range s.in.Lines {
		line, share := &s.in.Lines[i], &s.bill.Lines[i]
		quantity := money.FromMinor(line.Quantity, 3).String()
		s.tell("gross", target("items", i), share.Gross, "%s × %s = %s", quantity, s.say(line.UnitPrice), s.say(share.Gross))
		left := share.Gross
		for _, discount := range line.Discounts {
			left = s.tellDiscount("item_discount", target("items", i), discount, left)
		}
		amounts[i] = share.Amount
	}
	s.tell("subtotal", "", s.bill.Subtotal, "%s", s.sum("line amounts", amounts))
}

// tellDiscount tells one discount of base and answers what it leaves.
func (s *story) tellDiscount(code, entry string, discount Discount, base int64) int64 {
	off, clamped := discount.of(base)
	left := base - off
	switch {
	case discount.Percent:
		s.tell(code, entry, off, "%s off %s leaves %s × %s = %s, so %s off", percent(Rate(discount.Value)), s.say(base),
			s.say(base), percent(RateScale-Rate(discount.Value)), s.say(left), s.say(off))
	case clamped:
		s.tell(code, entry, off, "%s off, but only %s is left to take", s.say(discount.Value), s.say(base))
	default:
		s.tell(code, entry, off, "%s off %s leaves %s", s.say(off), s.say(base), s.say(left))
	}
	return left
}

func (s *story) tellDiscounts() {
	if len(s.in.Discounts) == 0 {
		return
	}
	left := s.bill.Subtotal
	for i, discount := range s.in.Discounts {
		left = s.tellDiscount("order_discount", target("discounts", i), discount, left)
	}
	for i := range s.bill.Lines {
		share := &s.bill.Lines[i]
		s.tell("order_discount_share", target("items", i), share.OrderDiscount,
			"%s of the %s off, in proportion to %s of %s (%s), leaves %s", s.say(share.OrderDiscount),
			s.say(s.bill.Discount), s.say(share.Amount), s.say(s.bill.Subtotal),
			s.exact(s.bill.Discount, share.Amount, s.bill.Subtotal), s.say(share.Amount-share.OrderDiscount))
	}
}

// exact is total × weight / sum as far as a pocket calculator shows it: four decimals beyond the currency's, cut.
func (s *story) exact(total, weight, sum int64) string {
	if sum == 0 {
		return "nothing to share"
	}
	words := s.say(total) + " × " + s.say(weight) + " ÷ " + s.say(sum)
	return words + " " + s.quotient(total, weight, sum)
}

func (s *story) tellCharges() {
	items := s.bill.Subtotal - s.bill.Discount
	for i := range s.in.Charges {
		charge, share := &s.in.Charges[i], &s.bill.Charges[i]
		words := "a fixed amount"
		switch {
		case len(s.in.Lines) == 0:
			words = "nothing is charged on an empty bill"
		case charge.Percent:
			words = fmt.Sprintf("%s of %s = %s", percent(Rate(charge.Value)), s.say(items), s.say(share.Amount))
		}
		s.tell("charge", target("charges", i), share.Amount, "%s: %s", charge.Code, words)
	}
}

func (s *story) tellTotals() {
	b := s.bill
	s.tell("taxable", "", b.Taxable, "net amounts of all lines and charges: %s", s.say(b.Taxable))
	s.tell("tax", "", b.Tax, "%s, of which %s was inside prices", s.say(b.Tax), s.say(b.TaxIncluded))
	s.tell("exact_total", "", b.ExactTotal, "%s + %s = %s", s.say(b.Taxable), s.say(b.Tax), s.say(b.ExactTotal))
	if s.in.RoundOff > 0 {
		s.tell("round_off", "", b.RoundOff, "%s goes to %s multiple of %s: %s", s.say(b.ExactTotal),
			wayOf(s.in.RoundMode), s.say(s.in.RoundOff), s.say(b.Total))
	}
	s.tell("total", "", b.Total, "%s + round-off %s = %s", s.say(b.ExactTotal), s.say(b.RoundOff), s.say(b.Total))
	s.tell("payable", "", b.Payable, "%s + tip %s = %s", s.say(b.Total), s.say(b.Tip), s.say(b.Payable))
}

// wayOf is a rounding mode in words; amounts of a bill are not negative.
func wayOf(mode money.RoundMode) string {
	switch mode {
	case money.Up:
		return "the next higher"
	case money.Down:
		return "the next lower"
	}
	return "the nearest"
}
