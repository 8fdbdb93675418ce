package replay

import (
	"strings"
	"testing"
)

func TestDigestSortsNumbersByValueBeforeTexts(t *testing.T) {
	got := digest([]orderTotal{{"b", 5}, {"10", 1}, {"9", 2}, {"99999999999999999999", 3}, {"B", 4}, {"१", 6}})
	if want := sumOf("9\t2\n10\t1\n99999999999999999999\t3\nB\t4\nb\t5\n१\t6"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTextReportShowsRevenueInTheCurrencysDecimals(t *testing.T) {
	r := Report{Orders: 2, Units: 2500, RevenueMinor: 34097050, Currency: "GBP", Errors: 2,
		Latency: LatencyMS{P50: 1500}, FirstErrors: []string{"order 7: refused", "order 8: lost"}}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"orders        2\n", "units         2.5\n", "revenue       340970.50 GBP\n",
		"p50 1.500  p90 0.000", "first errors  order 7: refused\n              order 8: lost\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
}
