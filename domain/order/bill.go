package order

import (
	"strconv"

	"heard/domain"
	"heard/domain/billing"
	"heard/domain/money"
	"heard/domain/outlet"
)

// AppendBill writes the order's bill step by step: BILLING's JSON, with the
// steps in words where explain asks for them.
func (p *Pricer) AppendBill(b []byte, o *Order, s *outlet.Settings, explain bool) ([]byte, *domain.Error) {
	if refusal := p.compute(o, s); refusal != nil {
		return nil, refusal
	}
	rules, bill := s.Rules(), &p.bill
	exponent := rules.Currency.Exponent
	b = domain.AppendString(append(b, `{"currency":`...), rules.Currency.Code)
	if o.ID != "" {
		b = domain.AppendString(append(b, `,"order_id":`...), o.ID)
		b = strconv.AppendUint(append(b, `,"version":`...), o.Version, 10)
	}
	b = appendMoney(b, "subtotal", bill.Subtotal, exponent)
	b = appendMoney(b, "discount", bill.Discount, exponent)
	b = appendApplied(b, bill.Discounts, o.DiscountType, o.DiscountValue, exponent)
	b = appendCharges(b, bill.Charges, rules.Charges, exponent)
	b = appendMoney(b, "taxable", bill.Taxable, exponent)
	b = appendMoney(b, "tax", bill.Tax, exponent)
	b = appendMoney(b, "tax_included", bill.TaxIncluded, exponent)
	b = appendTaxes(b, bill.Taxes, exponent)
	rate := bill.TaxRatePercent()
	b = rate.AppendText(append(b, `,"tax_rate_percent":`...))
	b = rate.AppendText(append(b, `,"tax_rate":`...))
	b = appendMoney(b, "round_off", bill.RoundOff, exponent)
	b = appendMoney(b, "total", bill.Total, exponent)
	b = appendMoney(b, "tip", bill.Tip, exponent)
	b = appendMoney(b, "payable", bill.Payable, exponent)
	b = p.appendShares(append(b, `,"lines":[`...), o, exponent)
	if explain {
		b = appendSteps(b, billing.Explain(&p.input, bill, exponent), exponent)
	}
	return append(b, '}'), nil
}

func appendApplied(b []byte, applied []billing.Applied, kind string, value money.Decimal, exponent uint8) []byte {
	b = append(b, `,"discounts":[`...)
	for i, d := range applied {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"type":`...), kind)
		b = value.AppendText(append(b, `,"value":`...))
		b = appendMoney(b, "applied", d.Amount, exponent)
		b = append(strconv.AppendBool(append(b, `,"clamped":`...), d.Clamped), '}')
	}
	return append(b, ']')
}

func appendCharges(b []byte, shares []billing.ChargeShare, charges []billing.Charge, exponent uint8) []byte {
	b = append(b, `,"charges":[`...)
	for i := range shares {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"code":`...), charges[i].Code)
		b = appendMoney(b, "amount", shares[i].Amount, exponent)
		b = appendMoney(b, "net", shares[i].Net, exponent)
		b = appendMoney(b, "tax", shares[i].Tax, exponent)
		b = append(appendMoney(b, "total", shares[i].Total, exponent), '}')
	}
	return append(b, ']')
}

func appendTaxes(b []byte, taxes []billing.TaxTotal, exponent uint8) []byte {
	b = append(b, `,"taxes":[`...)
	for i, t := range taxes {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"code":`...), t.Code)
		b = money.FromMinor(int64(t.Rate), 4).AppendText(append(b, `,"rate":`...))
		b = appendMoney(b, "base", t.Base, exponent)
		b = append(appendMoney(b, "amount", t.Amount, exponent), '}')
	}
	return append(b, ']')
}

func (p *Pricer) appendShares(b []byte, o *Order, exponent uint8) []byte {
	for i := range p.bill.Lines {
		share := &p.bill.Lines[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"id":`...), o.Lines[i].ID)
		b = domain.AppendString(append(b, `,"name":`...), o.Lines[i].Name)
		b = appendMoney(b, "gross", share.Gross, exponent)
		b = appendMoney(b, "discount", share.ItemDiscount+share.OrderDiscount, exponent)
		b = appendMoney(b, "net", share.Net, exponent)
		b = append(b, `,"taxes":[`...)
		for k, amount := range share.Taxes {
			if k > 0 {
				b = append(b, ',')
			}
			b = domain.AppendString(append(b, `{"code":`...), p.input.Classes[p.input.Lines[i].Class].Components[k].Code)
			b = append(appendMoney(b, "amount", amount, exponent), '}')
		}
		b = appendMoney(append(b, ']'), "tax", share.Tax, exponent)
		b = append(appendMoney(b, "total", share.Total, exponent), '}')
	}
	return append(b, ']')
}

func appendSteps(b []byte, steps []billing.Step, exponent uint8) []byte {
	b = append(b, `,"steps":[`...)
	for i, s := range steps {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"step":`...), s.Code)
		b = domain.AppendString(append(b, `,"target":`...), s.Target)
		b = domain.AppendString(append(b, `,"detail":`...), s.Detail)
		b = append(appendMoney(b, "amount", s.Amount, exponent), '}')
	}
	return append(b, ']')
}
