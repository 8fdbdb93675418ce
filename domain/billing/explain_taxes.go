package billing

import (
	"fmt"
	"math/big"
	"strings"

	"heard/domain/money"
)

// tellTaxes tells every pool and what each entry gets of it, or in per-line mode every entry.
func (s *story) tellTaxes() {
	if s.in.Mode == PerInvoice {
		for i := range s.calculator.pools {
			s.tellPool(&s.calculator.pools[i])
		}
	}
	for i := range s.calculator.amounts {
		s.tellEntry(i)
	}
	for i := range s.bill.Taxes {
		tax := &s.bill.Taxes[i]
		s.tell("tax_total", tax.Code+" "+percent(tax.Rate), tax.Amount, "%s on %s", s.say(tax.Amount), s.say(tax.Base))
	}
}

func (s *story) tellPool(p *pool) {
	c := &s.calculator
	tax := &s.bill.Taxes[c.componentOf(p.first).total]
	var terms []string
	for at := p.first; at >= 0; at = c.parts[at].next {
		g := &c.groups[c.parts[at].group]
		if p.mixed || p.first == at {
			sum := p.sum
			if p.mixed {
				sum = g.sum
			}
			terms = append(terms, s.share(g.class, c.parts[at].component, g.inclusive, sum))
		}
	}
	where := "on prices without tax"
	if p.inclusive {
		where = "inside prices"
	}
	s.tell("tax_pool", tax.Code+" "+percent(tax.Rate), p.tax, "%s: %s, rounded to %s", where,
		strings.Join(terms, " + "), s.say(p.tax))
}

// share is amount × factor ÷ divisor in words: 525.00 × 2.5 ÷ 105 inside a price, 500.00 × 2.5 % outside.
func (s *story) share(class, place int32, inclusive bool, amount int64) string {
	state := &s.calculator.classes[class]
	factor := s.calculator.components[state.first+place].factor
	words := fmt.Sprintf("%s × %s %%", s.say(amount), hundredfold(factor, state.scale))
	if inclusive {
		words = fmt.Sprintf("%s × %s ÷ %s", s.say(amount), hundredfold(factor, state.scale),
			hundredfold(state.divisor(true), state.scale))
	}
	return words + " " + s.quotient(amount, factor, state.divisor(inclusive))
}

// hundredfold is factor/scale × 100, exactly.
func hundredfold(factor, scale int64) string {
	if scale == fineScale {
		return money.FromMinor(factor, 10).String()
	}
	return money.FromMinor(factor, 4).String()
}

// quotient is "= a × b / d", with four decimals beyond the currency's and a mark where it was cut.
func (s *story) quotient(a, b, d int64) string {
	product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	product.Mul(product, big.NewInt(10_000))
	quotient, rest := product.QuoRem(product, big.NewInt(d), new(big.Int))
	decimals := int(s.exponent) + 4
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	words := "= " + new(big.Rat).SetFrac(quotient, unit).FloatString(decimals)
	if rest.Sign() != 0 {
		return words + "…"
	}
	return words
}

// tellEntry tells the taxes and the total of one line or charge.
func (s *story) tellEntry(index int) {
	c := &s.calculator
	g := &c.groups[c.groupOf[index]]
	amount := c.amounts[index]
	entry, taxes, net, total := s.figures(index)
	for k, tax := range taxes {
		component := &s.bill.Taxes[c.components[c.classes[g.class].first+int32(k)].total]
		words := "alone it would be "
		if s.in.Mode == PerLine {
			words = "rounded from "
		}
		s.tell("tax_share", entry, tax, "%s %s: %s, %s%s", component.Code, percent(component.Rate), s.say(tax), words,
			s.share(g.class, int32(k), g.inclusive, amount))
	}
	if g.inclusive {
		s.tell("net", entry, net, "%s − tax inside %s = %s", s.say(amount), s.say(sumOf(taxes)), s.say(net))
	}
	s.tell("line_total", entry, total, "%s + tax %s = %s", s.say(net), s.say(sumOf(taxes)), s.say(total))
}

// figures is the result of an entry, a line or a charge.
func (s *story) figures(index int) (entry string, taxes []int64, net, total int64) {
	if index < len(s.bill.Lines) {
		share := &s.bill.Lines[index]
		return target("items", index), share.Taxes, share.Net, share.Total
	}
	index -= len(s.bill.Lines)
	share := &s.bill.Charges[index]
	return target("charges", index), share.Taxes, share.Net, share.Total
}
