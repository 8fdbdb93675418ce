package billing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestExplainTellsEveryStep(t *testing.T) {
	in := &Input{
		Classes: []Class{gst("5", 25_000)},
		Lines: []Line{{Quantity: units(2), UnitPrice: 26_000, Discounts: []Discount{{Value: 1000}}},
			{Quantity: 1500, UnitPrice: 22_533, Class: 0}, {Quantity: units(1), UnitPrice: 10_500, Inclusive: true}},
		Discounts: []Discount{{Percent: true, Value: 100_000}, {Value: 500}},
		Charges:   []Charge{{Code: "service", Percent: true, Value: 50_000, Class: -1}},
		RoundOff:  100, Tip: 5000,
	}
	story := told(in, compute(t, in))
	for _, want := range []string{
		"gross items[0] 52000: 2 × 260.00 = 520.00",
		"item_discount items[0] 1000: 10.00 off 520.00 leaves 510.00",
		"gross items[1] 33800: 1.5 × 225.33 = 338.00",
		"subtotal  95300: 510.00 + 338.00 + 105.00 = 953.00",
		"order_discount discounts[0] 9530: 10 % off 953.00 leaves 953.00 × 90 % = 857.70, so 95.30 off",
		"order_discount discounts[1] 500: 5.00 off 857.70 leaves 852.70",
		"charge charges[0] 4264: service: 5 % of 852.70 = 42.64",
		"tax_pool CGST 2.5 % 1897: on prices without tax: 758.75 × 2.5 % = 18.968750, rounded to 18.97",
		"tax_pool CGST 2.5 % 224: inside prices: 93.95 × 2.5 ÷ 105 = 2.236904…, rounded to 2.24",
		"net items[2] 8947: 93.95 − tax inside 4.48 = 89.47",
		"round_off  -28:",
	} {
		if !strings.Contains(story, want) {
			t.Errorf("%q is not in\n%s", want, story)
		}
	}
}

func told(in *Input, bill *Bill) string {
	var story strings.Builder
	for _, step := range Explain(in, bill, 2) {
		fmt.Fprintf(&story, "%s %s %d: %s\n", step.Code, step.Target, step.Amount, step.Detail)
	}
	return story.String()
}

// Whatever the bill, the steps that make it up sum to its figures.
func TestExplainAddsUpForEveryBill(t *testing.T) {
	eachRandomBill(t, func(random *rand.Rand, in *Input, bill *Bill) error {
		if random.IntN(10) > 0 {
			return nil
		}
		sums := map[string]int64{}
		for _, step := range Explain(in, bill, 2) {
			sums[step.Code] += step.Amount
			if step.Detail == "" || strings.Contains(step.Detail, "%!") {
				return fmt.Errorf("step %+v", step)
			}
		}
		for code, want := range map[string]int64{"gross": bill.GrossTotal, "subtotal": bill.Subtotal,
			"order_discount": bill.Discount, "order_discount_share": bill.Discount, "charge": bill.ChargeTotal,
			"tax_share": bill.Tax, "tax_total": bill.Tax, "line_total": bill.ExactTotal, "exact_total": bill.ExactTotal,
			"round_off": bill.RoundOff, "total": bill.Total, "payable": bill.Payable} {
			if sums[code] != want {
				return fmt.Errorf("%s sums to %d, want %d", code, sums[code], want)
			}
		}
		return nil
	})
}

func TestExplainOfARefusedInputIsEmpty(t *testing.T) {
	in := tenLines()
	bill := compute(t, in)
	in.Lines[0].Quantity = 0
	if steps := Explain(in, bill, 2); steps != nil {
		t.Errorf("%v", steps)
	}
}
