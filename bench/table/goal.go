package main

import "fmt"

// A measurement is a row's text and the figure that its goal is about.
type measurement struct {
	text   string
	figure float64 // NaN or 0 = none
}

// A goal is two bounds of one figure.
type goal struct {
	first, moonshot float64
	atLeast         bool   // else at most
	unit            string // with the space before it
}

func atLeast(first, moonshot float64, unit string) goal { return goal{first, moonshot, true, unit} }

func atMost(first, moonshot float64, unit string) goal { return goal{first, moonshot, false, unit} }

// text names the bounds and says which of them is met.
func (g goal) text(m measurement) string {
	sign := "≤"
	if g.atLeast {
		sign = "≥"
	}
	bounds := fmt.Sprintf("%s %g%s, %g%s", sign, g.first, g.unit, g.moonshot, g.unit)
	if g.first == g.moonshot {
		bounds = fmt.Sprintf("%s %g%s", sign, g.first, g.unit)
	}
	switch {
	case !(m.figure > 0):
		return bounds
	case g.meets(m.figure, g.moonshot):
		return bounds + ": met"
	case g.meets(m.figure, g.first):
		return bounds + ": first met"
	}
	return bounds + ": **missed**"
}

func (g goal) meets(figure, bound float64) bool {
	if g.atLeast {
		return figure >= bound
	}
	return figure <= bound
}
