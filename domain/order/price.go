package order

import (
	"errors"
	"strings"

	"heard/domain"
	"heard/domain/billing"
	"heard/domain/money"
	"heard/domain/outlet"
)

// Pricer prices orders. It keeps scratch space and is for one goroutine.
type Pricer struct {
	Calculations int64
	calculator   billing.Calculator
	input        billing.Input
	bill         billing.Bill
}

// Price computes the order's figures under its settings. The lines must be the
// order's own: each is told its amount.
func (p *Pricer) Price(o *Order, s *outlet.Settings) *domain.Error {
	if refusal := p.compute(o, s); refusal != nil {
		return refusal
	}
	rules, bill := s.Rules(), &p.bill
	o.Figures = Figures{
		Currency: rules.Currency.Code, Subtotal: bill.Subtotal, Discount: bill.Discount,
		TaxIncluded: bill.TaxIncluded, Tax: bill.Tax, TaxRate: bill.TaxRatePercent(),
		RoundOff: bill.RoundOff, Total: bill.Total,
	}
	for i := range o.Lines {
		o.Lines[i].Amount = bill.Lines[i].Amount
	}
	if len(bill.Charges) > 0 {
		o.Charges = make([]ChargeLine, len(bill.Charges))
		for i := range bill.Charges {
			o.Charges[i] = ChargeLine{rules.Charges[i].Code, bill.Charges[i].Amount}
		}
	}
	if len(bill.Taxes) > 0 {
		o.Taxes = make([]TaxLine, len(bill.Taxes))
		for i, t := range bill.Taxes {
			o.Taxes[i] = TaxLine{t.Code, money.FromMinor(int64(t.Rate), 4), t.Base, t.Amount}
		}
	}
	return nil
}

// compute fills p.input and p.bill.
func (p *Pricer) compute(o *Order, s *outlet.Settings) *domain.Error {
	p.Calculations++
	rules, in := s.Rules(), &p.input
	in.Mode, in.Classes, in.Charges, in.RoundOff = rules.Mode, rules.Classes, rules.Charges, rules.RoundOff
	if len(o.Joined) > 0 {
		var refusal *domain.Error
		if in.Classes, refusal = o.classes(rules); refusal != nil {
			return refusal
		}
	}
	in.Lines, in.Discounts = in.Lines[:0], in.Discounts[:0]
	if len(o.Lines) == 0 {
		in.Charges = nil
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		class, known := o.class(rules, l.TaxClass)
		if !known {
			return domain.Blame(domain.UnknownTaxClass, itemField(i), l.TaxClass)
		}
		price := l.Price
		for _, m := range l.Modifiers {
			if price += m.Price; price > money.MaxAmount {
				return domain.Blame(domain.AmountOverflow, itemField(i)+".price", "amount too large")
			}
		}
		in.Lines = append(in.Lines, billing.Line{Quantity: int64(l.Quantity), UnitPrice: price, Class: class, Inclusive: rules.Inclusive})
	}
	if o.DiscountType != "" {
		d := billing.Discount{Percent: o.DiscountType == percentDiscount}
		scale := rules.Currency.Exponent
		if d.Percent {
			scale = 4
		}
		var err error
		if d.Value, err = o.DiscountValue.Scaled(scale); err != nil {
			return domain.Blame(domain.InvalidDiscountValue, "discount_value", err.Error())
		}
		in.Discounts = append(in.Discounts, d)
	}
	return refusal(p.calculator.Compute(in, &p.bill))
}

// refusal turns the calculator's error into the public one.
func refusal(err error) *domain.Error {
	if err == nil {
		return nil
	}
	var e *billing.Error
	if !errors.As(err, &e) {
		return domain.AsError(err)
	}
	code, detail := domain.Code(strings.ToUpper(e.Code)), strings.ReplaceAll(e.Code, "_", " ")
	if e.Field == "" {
		return domain.Refuse(code, detail)
	}
	field := strings.Replace(e.Field, "discounts[0].value", "discount_value", 1)
	return domain.Blame(code, strings.Replace(field, ".unit_price", ".price", 1), detail)
}
