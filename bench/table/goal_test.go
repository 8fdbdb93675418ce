package main

import (
	"math"
	"testing"
)

func TestGoalsSayWhatIsMet(t *testing.T) {
	for _, c := range []struct {
		goal   goal
		figure float64
		want   string
	}{
		{atLeast(0.5, 0.7, ""), 0.71, "≥ 0.5, 0.7: met"},
		{atLeast(0.5, 0.7, ""), 0.5, "≥ 0.5, 0.7: first met"},
		{atLeast(0.5, 0.7, ""), 0.49, "≥ 0.5, 0.7: **missed**"},
		{atMost(15, 8, " µs"), 8, "≤ 15 µs, 8 µs: met"},
		{atMost(15, 8, " µs"), 9, "≤ 15 µs, 8 µs: first met"},
		{atMost(15, 8, " µs"), 155, "≤ 15 µs, 8 µs: **missed**"},
		{atMost(5, 5, " ms"), 5.1, "≤ 5 ms: **missed**"},
		{atMost(5, 5, " ms"), 0, "≤ 5 ms"}, // not measured
		{atMost(5, 5, " ms"), math.NaN(), "≤ 5 ms"},
	} {
		if got := c.goal.text(measurement{figure: c.figure}); got != c.want {
			t.Errorf("%v of %+v: %q, want %q", c.figure, c.goal, got, c.want)
		}
	}
}
