package billing

import "heard/domain/money"

// unused is the canonical class of one that no entry has had yet.
const unused = -1

// fineScale is the unit of factors in a class with compound components: 10⁻¹². Without one a factor is a rate, and
// its unit RateScale, which gives the same figures with smaller products.
const fineScale = RateScale * RateScale

// classState is what Compute knows about a class. Classes with equal components share the state of the first.
type classState struct {
	canonical int32    // the first class with the same components, or unused
	first     int32    // where its components begin in Calculator.components
	count     int32    // of its components
	groups    [2]int32 // its exclusive and inclusive group, -1 = none
	scale     int64    // the unit of its factors
	sum       int64    // Σ of its factors
	nominal   Rate     // Σ of its rates
}

// component is one tax of a used class.
type component struct {
	factor   int64 // tax = net × factor / scale
	total    int32 // its index in Bill.Taxes
	compound bool
}

// divisor is what amount × factor is divided by: 1 for an exclusive price, 1 + Σ factors for an inclusive one.
func (state *classState) divisor(inclusive bool) int64 {
	if inclusive {
		return state.scale + state.sum
	}
	return state.scale
}

// use prepares a class on its first entry, or finds the used one with the same components.
func (c *Calculator) use(class int, out *Bill) {
	state := &c.classes[class]
	components := c.in.Classes[class].Components
	for _, earlier := range c.used {
		if sameComponents(components, c.in.Classes[earlier].Components) {
			state.canonical = earlier
			return
		}
	}
	*state = classState{canonical: int32(class), first: int32(len(c.components)), count: int32(len(components)),
		groups: [2]int32{-1, -1}, scale: RateScale}
	for i := range components {
		if components[i].Compound {
			state.scale = fineScale
		}
	}
	c.used = append(c.used, int32(class))
	for i := range components {
		c.addComponent(state, &components[i], out)
	}
}

func sameComponents(a, b []Component) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// addComponent prepares a component of the class. Its factor is the rate, or when compound the rate × (1 + Σ factors
// before).
func (c *Calculator) addComponent(state *classState, taxed *Component, out *Bill) {
	factor := int64(taxed.Rate)
	switch {
	case taxed.Compound: // at most 1.4·10¹⁶, for four components of MaxRate
		factor, _ = money.MulDiv(factor, fineScale+state.sum, RateScale)
	case state.scale == fineScale:
		factor *= RateScale
	}
	state.sum += factor
	state.nominal += taxed.Rate
	c.components = append(c.components, component{factor, totalOf(out, taxed), taxed.Compound})
}

// totalOf is the index in Bill.Taxes of a component's code and rate.
func totalOf(out *Bill, taxed *Component) int32 {
	for i := range out.Taxes {
		if out.Taxes[i].Rate == taxed.Rate && out.Taxes[i].Code == taxed.Code {
			return int32(i)
		}
	}
	out.Taxes = append(out.Taxes, TaxTotal{Code: taxed.Code, Rate: taxed.Rate})
	return int32(len(out.Taxes) - 1)
}
