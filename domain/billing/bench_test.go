package billing

import (
	"testing"
)

// tenLines is an ordinary Indian bill: ten dishes at CGST and SGST of 2.5 %, 10 % off, rounded to the rupee.
func tenLines() *Input {
	in := &Input{
		Classes: []Class{{Name: "food", Components: []Component{
			{Code: "CGST", Rate: 25_000}, {Code: "SGST", Rate: 25_000}}}},
		RoundOff: 100,
	}
	for i, price := range []int64{28000, 4500, 12500, 36000, 4500, 19900, 8000, 22000, 6000, 9900} {
		in.Lines = append(in.Lines, Line{Quantity: int64(1+i%3) * QuantityScale, UnitPrice: price})
	}
	return in
}

func withDiscount(in *Input) *Input {
	in.Discounts = []Discount{{Percent: true, Value: 100_000}}
	return in
}

func inclusive(in *Input) *Input {
	for i := range in.Lines {
		in.Lines[i].Inclusive = true
	}
	return in
}

// longBill has 1,000 lines in four classes, with everything a bill can have.
func longBill() *Input {
	in := withDiscount(tenLines())
	in.Classes = append(in.Classes,
		Class{Name: "hotel", Components: []Component{{Code: "CGST", Rate: 90_000}, {Code: "SGST", Rate: 90_000}}},
		Class{Name: "mixed", Components: []Component{{Code: "CGST", Rate: 25_000}, {Code: "CESS", Rate: 10_000, Compound: true}}})
	in.Charges = []Charge{{Code: "service", Percent: true, Value: 50_000, Class: 1}}
	for i := len(in.Lines); i < MaxLines; i++ {
		in.Lines = append(in.Lines, Line{Quantity: int64(i%7*250 + 250), UnitPrice: int64(i*i%9973 + 1), Class: i%4 - 1,
			Inclusive: i%5 == 0, Discounts: []Discount{{Value: int64(i % 30)}}})
	}
	return in
}

func benchmark(b *testing.B, in *Input) {
	var calculator Calculator
	var bill Bill
	b.ReportAllocs()
	for b.Loop() {
		if err := calculator.Compute(in, &bill); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkComputeTenLines(b *testing.B)           { benchmark(b, tenLines()) }
func BenchmarkComputeTenLinesDiscounted(b *testing.B) { benchmark(b, withDiscount(tenLines())) }
func BenchmarkComputeTenLinesInclusive(b *testing.B) {
	benchmark(b, inclusive(withDiscount(tenLines())))
}
func BenchmarkComputeThousandLines(b *testing.B) { benchmark(b, longBill()) }
func BenchmarkComputeTenLinesPerLine(b *testing.B) {
	in := withDiscount(tenLines())
	in.Mode = PerLine
	benchmark(b, in)
}

func TestASteadyCalculatorDoesNotAllocate(t *testing.T) {
	perLine := inclusive(withDiscount(tenLines()))
	perLine.Mode = PerLine
	for name, in := range map[string]*Input{"ten lines": tenLines(), "discounted": withDiscount(tenLines()),
		"per line": perLine, "thousand lines": longBill()} {
		var calculator Calculator
		var bill Bill
		allocs := testing.AllocsPerRun(50, func() {
			if err := calculator.Compute(in, &bill); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
