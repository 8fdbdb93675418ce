package billing

import (
	"math/big"
	"slices"
	"strings"

	"heard/domain/money"
)

// The reference computes a bill again, slowly and from the text of the specification, with rational numbers. It shares
// no code with the calculator.

type referenceEntry struct {
	amount    int64 // after item discounts, or of the charge
	off       int64 // its part of the bill's discounts
	class     int
	inclusive bool
	position  int
	taxes     []int64
}

type reference struct {
	in      *Input
	entries []*referenceEntry
	lines   int
}

func rational(a int64) *big.Rat { return new(big.Rat).SetInt64(a) }

func ratio(a, b int64) *big.Rat { return big.NewRat(a, b) }

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func plus(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }

// roundHalfUp rounds a number that is not negative.
func roundHalfUp(x *big.Rat) int64 { return floorOf(plus(x, ratio(1, 2))) }

func floorOf(x *big.Rat) int64 { return new(big.Int).Div(x.Num(), x.Denom()).Int64() }

func referenceOf(in *Input) *reference {
	r := &reference{in: in, lines: len(in.Lines)}
	for i, line := range in.Lines {
		amount := roundHalfUp(times(ratio(line.Quantity, 1000), rational(line.UnitPrice)))
		for _, discount := range line.Discounts {
			amount = leftAfter(amount, discount)
		}
		r.entries = append(r.entries, &referenceEntry{amount: amount, class: line.Class, inclusive: line.Inclusive, position: i})
	}
	r.discount()
	items := int64(0)
	for _, e := range r.entries {
		items += e.amount - e.off
	}
	for i, charge := range in.Charges {
		amount := charge.Value
		if charge.Percent {
			amount = roundHalfUp(times(rational(items), ratio(charge.Value, 1e6)))
		}
		r.entries = append(r.entries, &referenceEntry{amount: amount, class: charge.Class, inclusive: charge.Inclusive,
			position: len(in.Lines) + i})
	}
	r.tax()
	return r
}

func leftAfter(base int64, discount Discount) int64 {
	if discount.Percent {
		return roundHalfUp(times(rational(base), ratio(RateScale-discount.Value, RateScale)))
	}
	return max(base-discount.Value, 0)
}

func (r *reference) discount() {
	for _, discount := range r.in.Discounts {
		left := int64(0)
		for _, e := range r.entries {
			left += e.amount - e.off
		}
		r.allocate(left-leftAfter(left, discount), r.entries, nil, func(e *referenceEntry, part int64) { e.off += part })
	}
}

// allocate sorts and hands out by largest remainder; factors, when given, weigh the amounts.
func (r *reference) allocate(total int64, entries []*referenceEntry, factors map[*referenceEntry]*big.Rat, give func(*referenceEntry, int64)) {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, r.order)
	sum := new(big.Rat)
	exact := map[*referenceEntry]*big.Rat{}
	for _, e := range sorted {
		exact[e] = rational(e.amount - e.off)
		sum = plus(sum, exact[e])
	}
	left := total
	floors := map[*referenceEntry]int64{}
	for _, e := range sorted {
		if factors != nil {
			exact[e] = times(exact[e], factors[e])
		} else if sum.Sign() > 0 {
			exact[e] = times(exact[e], new(big.Rat).Quo(rational(total), sum))
		}
		floors[e] = floorOf(exact[e])
		left -= floors[e]
	}
	byRemainder := slices.Clone(sorted)
	slices.SortStableFunc(byRemainder, func(a, b *referenceEntry) int {
		first, second := plus(exact[a], rational(-floors[a])), plus(exact[b], rational(-floors[b]))
		return second.Cmp(first)
	})
	for i := range left {
		floors[byRemainder[i]]++
	}
	for _, e := range sorted {
		give(e, floors[e])
	}
}

func (r *reference) order(a, b *referenceEntry) int {
	if first, second := a.amount-a.off, b.amount-b.off; first != second {
		return int(max(min(second-first, 1), -1))
	}
	if byName := strings.Compare(r.name(a), r.name(b)); byName != 0 {
		return byName
	}
	if a.inclusive != b.inclusive {
		if b.inclusive {
			return -1
		}
		return 1
	}
	return a.position - b.position
}

func (r *reference) name(e *referenceEntry) string {
	if e.class < 0 {
		return ""
	}
	return r.in.Classes[e.class].Name
}

func (r *reference) components(e *referenceEntry) []Component {
	if e.class < 0 {
		return nil
	}
	return r.in.Classes[e.class].Components
}

// factorsOf is the tax of each component on 1 of net, to 10⁻¹², and 1 + their sum.
func factorsOf(components []Component) (factors []*big.Rat, divisor *big.Rat) {
	divisor = rational(1)
	for _, component := range components {
		factor := ratio(int64(component.Rate), 1e6)
		if component.Compound {
			fine := roundHalfUp(times(times(factor, divisor), rational(1e12)))
			factor = ratio(fine, 1e12)
		}
		factors = append(factors, factor)
		divisor = plus(divisor, factor)
	}
	return factors, divisor
}

func (r *reference) tax() {
	type key struct {
		code  string
		rate  Rate
		place int
		set   string
	}
	pools := map[key][]*referenceEntry{}
	places := map[key]map[*referenceEntry]int{}
	for _, e := range r.entries {
		e.taxes = make([]int64, len(r.components(e)))
		for k, component := range r.components(e) {
			at := key{code: component.Code, rate: component.Rate}
			if e.inclusive {
				at.place, at.set = k, setOf(r.components(e))
			}
			if r.in.Mode == PerLine {
				at.place, at.set = k, string(rune('A'+e.position))
			}
			if places[at] == nil {
				places[at] = map[*referenceEntry]int{}
			}
			pools[at] = append(pools[at], e)
			places[at][e] = k
		}
	}
	for at, entries := range pools {
		r.taxPool(entries, places[at])
	}
}

func setOf(components []Component) string {
	words := make([]string, len(components))
	for i, component := range components {
		words[i] = component.Code + "|" + money.FromMinor(int64(component.Rate), 4).String() + map[bool]string{true: "c"}[component.Compound]
	}
	return strings.Join(words, ",")
}

func (r *reference) taxPool(entries []*referenceEntry, place map[*referenceEntry]int) {
	exact, same := new(big.Rat), true
	factors := map[*referenceEntry]*big.Rat{}
	for _, e := range entries {
		all, divisor := factorsOf(r.components(e))
		factors[e] = all[place[e]]
		if e.inclusive {
			factors[e] = new(big.Rat).Quo(factors[e], divisor)
		}
		same = same && factors[e].Cmp(factors[entries[0]]) == 0
		exact = plus(exact, times(rational(e.amount-e.off), factors[e]))
	}
	if same {
		factors = nil
	}
	r.allocate(roundHalfUp(exact), entries, factors, func(e *referenceEntry, part int64) { e.taxes[place[e]] = part })
}
