package billing

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"heard/domain/money"
)

func compute(t *testing.T, in *Input) *Bill {
	t.Helper()
	var calculator Calculator
	bill := new(Bill)
	if err := calculator.Compute(in, bill); err != nil {
		t.Fatal(err)
	}
	return bill
}

func units(count int64) int64 { return count * QuantityScale }

func gst(name string, rate Rate) Class {
	return Class{Name: name, Components: []Component{{Code: "CGST", Rate: rate}, {Code: "SGST", Rate: rate}}}
}

// The example of an order in the specification: 848.00 of food and drink, 10 % off, a service charge, two rates.
func TestABillOfTwoRatesWithEverything(t *testing.T) {
	bill := compute(t, &Input{
		Classes: []Class{gst("5", 25_000), gst("18", 90_000)},
		Lines: []Line{{Quantity: units(2), UnitPrice: 26_000, Class: 0}, {Quantity: units(1), UnitPrice: 32_800, Class: 1},
			{Quantity: 375, UnitPrice: 0, Class: -1}},
		Discounts: []Discount{{Percent: true, Value: 100_000}},
		Charges:   []Charge{{Code: "service", Value: 2000, Class: -1}},
		RoundOff:  100, Tip: 5000,
	})
	// 520.00 − 52.00 = 468.00 at 5 %: 11.70 twice; 328.00 − 32.80 = 295.20 at 18 %: 26.568 → 26.57 twice.
	want := "[84800 84800 8480 2000 78320 7654 0 85974 26 86000 5000 91000]"
	got := fmt.Sprint([]int64{bill.GrossTotal, bill.Subtotal, bill.Discount, bill.ChargeTotal, bill.Taxable, bill.Tax,
		bill.TaxIncluded, bill.ExactTotal, bill.RoundOff, bill.Total, bill.Tip, bill.Payable})
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if rate := bill.TaxRatePercent().String(); rate != "9.77" {
		t.Errorf("rate %s", rate)
	}
}

func TestTaxRatePercent(t *testing.T) {
	line := Line{Quantity: units(1), UnitPrice: 10_000}
	for _, test := range []struct {
		classes []Class
		lines   []Line
		want    string
	}{
		{[]Class{gst("5", 25_000)}, []Line{line, {Quantity: 1000, UnitPrice: 300, Class: -1}}, "5"},
		{nil, []Line{{Quantity: 1000, UnitPrice: 300, Class: -1}}, "0"},
		{[]Class{{Name: "none"}}, []Line{line}, "0"},
		{[]Class{{Name: "US", Components: []Component{{Code: "ST", Rate: 88_750}}}}, []Line{line}, "8.875"},
		{[]Class{gst("5", 25_000), gst("18", 90_000)}, []Line{line, {Quantity: 1000, UnitPrice: 5000, Class: 1}}, "9.33"},
		{[]Class{gst("5", 25_000), gst("0", 0)}, []Line{line, {Quantity: 1000, UnitPrice: 10_000, Class: 1}}, "2.5"},
	} {
		if got := compute(t, &Input{Classes: test.classes, Lines: test.lines}).TaxRatePercent().String(); got != test.want {
			t.Errorf("%v: %s, want %s", test.classes, got, test.want)
		}
	}
	if got := (&Bill{Tax: 500, Taxable: 10_000}).TaxRatePercent().String(); got != "5" {
		t.Errorf("a bill from elsewhere, without its uniform rate: %s", got)
	}
}

func TestACompoundTaxIsChargedOnTheOneBefore(t *testing.T) {
	quebec := Class{Name: "Q", Components: []Component{{Code: "GST", Rate: 50_000}, {Code: "PST", Rate: 85_000, Compound: true}}}
	for _, test := range []struct {
		inclusive bool
		want      []TaxTotal
	}{
		{false, []TaxTotal{{"GST", 50_000, 10_000, 500}, {"PST", 85_000, 10_500, 893}}},
		{true, []TaxTotal{{"GST", 50_000, 8778, 439}, {"PST", 85_000, 9217, 783}}},
	} {
		bill := compute(t, &Input{Classes: []Class{quebec}, Lines: []Line{{Quantity: 1000, UnitPrice: 10_000, Inclusive: test.inclusive}}})
		if !slices.Equal(bill.Taxes, test.want) {
			t.Errorf("inclusive %v: %v", test.inclusive, bill.Taxes)
		}
	}
}

// An exclusive component is rounded once, also where several classes have it; two classes of one list are one pool of
// inclusive prices.
func TestPoolsReachAcrossClasses(t *testing.T) {
	vat := []Component{{Code: "VAT", Rate: 50_000}}
	lines := []Line{{Quantity: 1000, UnitPrice: 10, Class: 0}, {Quantity: 1000, UnitPrice: 10, Class: 1}}
	classes := []Class{{Name: "food", Components: vat}, {Name: "drink", Components: append(slices.Clone(vat), Component{Code: "LEVY"})}}
	if bill := compute(t, &Input{Classes: classes, Lines: lines}); bill.Tax != 1 { // 0.01 of 0.20, not twice 0.005 up
		t.Errorf("exclusive: tax %d", bill.Tax)
	}
	classes[1].Components = slices.Clone(vat)
	for i := range lines {
		lines[i].UnitPrice, lines[i].Inclusive = 9, true // 0.43 of each, 0.86 of both
	}
	if bill := compute(t, &Input{Classes: classes, Lines: lines}); bill.Tax != 1 || len(bill.Taxes) != 1 {
		t.Errorf("inclusive: tax %d, %v", bill.Tax, bill.Taxes)
	}
}

func TestTheSameComponentTwiceIsTaxedTwice(t *testing.T) {
	class := Class{Name: "double", Components: []Component{{Code: "VAT", Rate: 50_000}, {Code: "VAT", Rate: 50_000}}}
	bill := compute(t, &Input{Classes: []Class{class}, Lines: []Line{{Quantity: 1000, UnitPrice: 1000}}})
	if bill.Tax != 100 || !slices.Equal(bill.Taxes, []TaxTotal{{"VAT", 50_000, 2000, 100}}) {
		t.Errorf("tax %d, %v", bill.Tax, bill.Taxes)
	}
}

func TestNoInclusivePriceIsLessThanItsTax(t *testing.T) {
	in := &Input{Classes: []Class{gst("18", 90_000)}}
	for range 13 {
		in.Lines = append(in.Lines, Line{Quantity: 1000, UnitPrice: 1, Inclusive: true})
	}
	bill := compute(t, in) // 13 × 9 ÷ 118 = 0.99: a unit of each component, which must not meet on one line
	if bill.Tax != 2 || bill.Total != 13 {
		t.Errorf("tax %d, total %d", bill.Tax, bill.Total)
	}
	for i, share := range bill.Lines {
		if share.Net < 0 {
			t.Errorf("line %d: net %d", i, share.Net)
		}
	}
	for _, mode := range []Mode{PerInvoice, PerLine} {
		steep := Class{Name: "steep", Components: []Component{{Code: "A", Rate: RateScale}, {Code: "B", Rate: RateScale}, {Code: "C", Rate: RateScale}}}
		bill = compute(t, &Input{Mode: mode, Classes: []Class{steep}, Lines: []Line{{Quantity: 1000, UnitPrice: 2, Inclusive: true}}})
		if bill.Total != 2 || bill.Taxable != 0 || bill.Taxes[2].Amount != 0 {
			t.Errorf("mode %d: total %d, taxable %d, %v", mode, bill.Total, bill.Taxable, bill.Taxes)
		}
		beside := Line{Quantity: 1000, UnitPrice: 1000, Inclusive: true}
		in := &Input{Mode: mode, Classes: []Class{steep}, Lines: []Line{{Quantity: 1000, UnitPrice: 2, Inclusive: true}, beside}}
		bill = compute(t, in)
		if mode == PerLine && bill.Lines[1].Tax != 750 { // what a line cannot bear is not its neighbour's
			t.Errorf("per line: %+v", bill.Lines)
		}
	}
}

func TestAnEmptyBillIsAllZeros(t *testing.T) {
	in := withDiscount(&Input{Classes: []Class{gst("5", 25_000)}, Charges: []Charge{{Code: "delivery", Value: 3000}}, RoundOff: 100, Tip: 500})
	calculator, bill := Calculator{}, Bill{}
	if err := calculator.Compute(tenLines(), &bill); err != nil {
		t.Fatal(err)
	}
	if err := calculator.Compute(in, &bill); err != nil {
		t.Fatal(err)
	}
	if bill.Payable != 0 || bill.Total != 0 || bill.ChargeTotal != 0 || len(bill.Lines)+len(bill.Taxes) != 0 ||
		len(bill.Charges) != 1 || bill.Charges[0].Amount != 0 || bill.Discounts[0].Amount != 0 {
		t.Errorf("%+v", bill)
	}
}

func TestRefusalsNameCodeAndField(t *testing.T) {
	for _, test := range []struct {
		code, field string
		change      func(in *Input)
	}{
		{CodeInvalidLine, "items[1].quantity", func(in *Input) { in.Lines[1].Quantity = 0 }},
		{CodeInvalidLine, "items[0].quantity", func(in *Input) { in.Lines[0].Quantity = -1000 }},
		{CodeAmountOverflow, "items[0].quantity", func(in *Input) { in.Lines[0].Quantity = MaxQuantity + 1 }},
		{CodeInvalidLine, "items[2].unit_price", func(in *Input) { in.Lines[2].UnitPrice = -1 }},
		{CodeAmountOverflow, "items[2].unit_price", func(in *Input) { in.Lines[2].UnitPrice = money.MaxAmount + 1 }},
		{CodeAmountOverflow, "items[2].unit_price", func(in *Input) { in.Lines[2].UnitPrice = money.MaxAmount; in.Lines[2].Quantity = 1001 }},
		{CodeUnknownTaxClass, "items[0].tax_class", func(in *Input) { in.Lines[0].Class = 1 }},
		{CodeUnknownTaxClass, "items[0].tax_class", func(in *Input) { in.Lines[0].Class = -2 }},
		{CodeUnknownTaxClass, "charges[0].tax_class", func(in *Input) { in.Charges = []Charge{{Class: 7}} }},
		{CodeInvalidDiscountValue, "charges[0].value", func(in *Input) { in.Charges = []Charge{{Value: -1}} }},
		{CodeAmountOverflow, "charges[0].value", func(in *Input) { in.Charges = []Charge{{Percent: true, Value: MaxRate + 1}} }},
		{CodeInvalidDiscountValue, "discounts[1].value", func(in *Input) { in.Discounts = []Discount{{}, {Value: -5}} }},
		{CodeInvalidDiscountValue, "discounts[0].value", func(in *Input) { in.Discounts = []Discount{{true, RateScale + 1}} }},
		{CodeAmountOverflow, "discounts[0].value", func(in *Input) { in.Discounts = []Discount{{false, money.MaxAmount + 1}} }},
		{CodeInvalidDiscountValue, "items[3].discounts[0].value", func(in *Input) { in.Lines[3].Discounts = []Discount{{Value: -1}} }},
		{CodeAmountOverflow, "items[3].discounts", func(in *Input) { in.Lines[3].Discounts = make([]Discount, 11) }},
		{CodeAmountOverflow, "discounts", func(in *Input) { in.Discounts = make([]Discount, 11) }},
		{CodeAmountOverflow, "charges", func(in *Input) { in.Charges = make([]Charge, 101) }},
		{CodeAmountOverflow, "items", func(in *Input) { in.Lines = make([]Line, 1001) }},
		{CodeAmountOverflow, "items", func(in *Input) { in.Lines[0].UnitPrice, in.Lines[3].UnitPrice = 1<<52, 1<<52 }},
		{CodeAmountOverflow, "tax_classes[0].components", func(in *Input) { in.Classes[0].Components = make([]Component, 5) }},
		{CodeAmountOverflow, "tax_classes[0].components[1].rate", func(in *Input) { in.Classes[0].Components[1].Rate = MaxRate + 1 }},
		{CodeAmountOverflow, "tax_classes[0].components[0].rate", func(in *Input) { in.Classes[0].Components[0].Rate = -1 }},
		{CodeAmountOverflow, "round_off.increment", func(in *Input) { in.RoundOff = -1 }},
		{CodeAmountOverflow, "tip", func(in *Input) { in.Tip = money.MaxAmount + 1 }},
		{CodeInvalidDiscountValue, "tip", func(in *Input) { in.Tip = -1 }},
		{CodeAmountOverflow, "", func(in *Input) { in.Tip = money.MaxAmount }},
		{CodeAmountOverflow, "", func(in *Input) { in.Lines[0].Quantity, in.Lines[0].UnitPrice = 1000, money.MaxAmount-1e8 }},
	} {
		for _, mode := range []Mode{PerInvoice, PerLine} {
			in := tenLines()
			in.Mode = mode
			test.change(in)
			err := new(Calculator).Compute(in, new(Bill))
			var refused *Error
			if !errors.As(err, &refused) || *refused != (Error{test.code, test.field}) {
				t.Errorf("got %v, want %s: %s", err, test.code, test.field)
			}
		}
	}
}

// At the limits nothing wraps: the largest figures come out, or are refused.
func TestFiguresAtTheLimits(t *testing.T) {
	steep := Component{Code: "A", Rate: MaxRate, Compound: true}
	in := &Input{Classes: []Class{{Name: "steep", Components: []Component{steep, steep, steep, steep}}}}
	for range MaxLines {
		in.Lines = append(in.Lines, Line{Quantity: 1000, UnitPrice: money.MaxAmount / 15_000_000})
	}
	bill := compute(t, in) // 11⁴ − 1 times the price
	if want := bill.Subtotal * 14640; bill.Tax != want {
		t.Errorf("tax %d, want %d", bill.Tax, want)
	}
	for i := range in.Lines {
		in.Lines[i].UnitPrice *= 1000
	}
	for _, mode := range []Mode{PerInvoice, PerLine} {
		in.Mode = mode
		var refused *Error
		if err := new(Calculator).Compute(in, bill); !errors.As(err, &refused) || refused.Code != CodeAmountOverflow {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
	for i := range in.Lines {
		in.Lines[i].Inclusive, in.Lines[i].UnitPrice = true, money.MaxAmount/MaxLines-int64(i)
	}
	in.Discounts = []Discount{{Percent: true, Value: 333_333}}
	for _, mode := range []Mode{PerInvoice, PerLine} {
		in.Mode = mode
		bill = compute(t, in)
		if err := checkSums(in, bill); err != nil || bill.Total != bill.Subtotal-bill.Discount {
			t.Errorf("mode %d: %v, total %d", mode, err, bill.Total)
		}
	}
}

func TestSpreadEqualsAllocateOverSortedLines(t *testing.T) {
	in := withDiscount(longBill())
	in.Charges, in.Discounts = nil, []Discount{{Percent: true, Value: 170_001}}
	bill := compute(t, in)
	order := make([]int, len(bill.Lines))
	for i := range order {
		order[i] = i
	}
	r := referenceOf(in)
	slices.SortFunc(order, func(a, b int) int {
		first, second := *r.entries[a], *r.entries[b]
		first.off, second.off = 0, 0
		return r.order(&first, &second)
	})
	weights := make([]int64, len(order))
	for i, line := range order {
		weights[i] = bill.Lines[line].Amount
	}
	for i, part := range money.Allocate(nil, bill.Discount, weights) {
		if got := bill.Lines[order[i]].OrderDiscount; got != part {
			t.Fatalf("line %d has %d, want %d", order[i], got, part)
		}
	}
}
