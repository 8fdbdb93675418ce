package billing

import (
	"errors"
	"slices"
	"testing"

	"heard/domain/money"
)

func cash(amount int64) Payment { return Payment{Cash: true, Amount: amount} }
func card(amount int64) Payment { return Payment{Amount: amount} }

var (
	restInCash = Payment{Cash: true, WhatIsDue: true}
	restByCard = Payment{WhatIsDue: true}
)

func TestTender(t *testing.T) {
	none, nickel := CashRounding{}, CashRounding{Increment: 5}
	for _, test := range []struct {
		name     string
		total    int64
		payments []Payment
		rounding CashRounding
		want     Settlement
	}{
		{"nothing yet", 1000, nil, none, Settlement{0, 0, 0, 1000, Unpaid}},
		{"nothing to pay", 0, nil, none, Settlement{0, 0, 0, 0, Paid}},
		{"a part", 1000, []Payment{card(400)}, none, Settlement{400, 0, 0, 600, PartlyPaid}},
		{"cash gives change", 870, []Payment{cash(1000)}, none, Settlement{870, 130, 0, 0, Paid}},
		{"cash rounds down", 492, []Payment{restInCash}, nickel, Settlement{490, 0, -2, 0, Paid}},
		{"cash rounds down and gives change", 492, []Payment{cash(500)}, nickel, Settlement{490, 10, -2, 0, Paid}},
		{"a card never rounds", 492, []Payment{restByCard}, nickel, Settlement{492, 0, 0, 0, Paid}},
		{"a card after cash inherits nothing", 1572, []Payment{cash(1000), restByCard}, nickel, Settlement{1572, 0, 0, 0, Paid}},
		{"only what cash settles is rounded", 1572, []Payment{card(68), restInCash}, nickel, Settlement{1573, 0, 1, 0, Paid}},
		{"down", 1572, []Payment{card(68), restInCash}, CashRounding{5, money.Down}, Settlement{1568, 0, -4, 0, Paid}},
		{"up", 1571, []Payment{restInCash}, CashRounding{5, money.Up}, Settlement{1575, 0, 4, 0, Paid}},
		{"cash that does not settle leaves the exact rest", 1572, []Payment{cash(1000)}, nickel, Settlement{1000, 0, 0, 572, PartlyPaid}},
		{"two cash payments round once", 1572, []Payment{cash(1000), restInCash}, nickel, Settlement{1570, 0, -2, 0, Paid}},
		{"the exact amount settles where cash rounds up", 493, []Payment{cash(493)}, nickel, Settlement{493, 0, 0, 0, Paid}},
		{"less than a coin is forgiven", 2, []Payment{restInCash}, nickel, Settlement{0, 0, -2, 0, Paid}},
	} {
		got, err := Tender(test.total, test.payments, test.rounding)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.name, got, err, test.want)
		}
		if got.Due != test.total+got.CashRounding-got.Paid {
			t.Errorf("%s: due does not follow from the rest", test.name)
		}
	}
}

func TestTenderRefusals(t *testing.T) {
	for _, test := range []struct {
		payments []Payment
		want     Error
	}{
		{[]Payment{card(1001)}, Error{CodeOverTender, "tenders[0].amount"}},
		{[]Payment{cash(1000), card(1)}, Error{CodeOverTender, "tenders[1].amount"}},
		{[]Payment{card(500), card(501)}, Error{CodeOverTender, "tenders[1].amount"}},
		{[]Payment{cash(-1)}, Error{CodeInvalidTender, "tenders[0].amount"}},
		{[]Payment{cash(money.MaxAmount + 1)}, Error{CodeAmountOverflow, "tenders[0].amount"}},
	} {
		_, err := Tender(1000, test.payments, CashRounding{})
		var refused *Error
		if !errors.As(err, &refused) || *refused != test.want {
			t.Errorf("%v: %v, want %v", test.payments, err, test.want)
		}
	}
	if _, err := Tender(-1, nil, CashRounding{}); err == nil {
		t.Error("a negative total was accepted")
	}
}

func TestRefund(t *testing.T) {
	for _, test := range []struct{ amount, quantity, before, count, want int64 }{
		{20000, 30, 0, 29, 19333}, {5000, 30, 0, 29, 4833}, {20000, 30, 29, 1, 667}, {17925, 10, 0, 10, 17925},
		{100, 3, 0, 1, 33}, {100, 3, 1, 1, 34}, {100, 3, 2, 1, 33}, {-100, 3, 1, 1, -34}, {100, 3, 3, 0, 0},
	} {
		got, err := Refund(test.amount, units(test.quantity), units(test.before), units(test.count))
		if err != nil || got != test.want {
			t.Errorf("%+v: %d, %v", test, got, err)
		}
	}
	for _, test := range []struct {
		quantity, before, count int64
		code                    string
	}{{3, 0, 4, CodeOverRefund}, {3, 3, 1, CodeOverRefund}, {3, 4, 0, CodeOverRefund}, {0, 0, 0, CodeInvalidLine}, {3, 0, -1, CodeInvalidLine}} {
		var refused *Error
		if _, err := Refund(100, test.quantity, test.before, test.count); !errors.As(err, &refused) || refused.Code != test.code {
			t.Errorf("%+v: %v", test, err)
		}
		if _, err := RefundLine(&Share{Net: 100}, test.quantity, test.before, test.count); err == nil {
			t.Errorf("%+v: the line was credited", test)
		}
	}
}

func TestSplit(t *testing.T) {
	if got, err := Split(nil, 3000, 7); err != nil || sumOf(got) != 3000 || got[0] != 429 || got[6] != 428 {
		t.Errorf("30.00 by 7: %v, %v", got, err)
	}
	if got, err := Split([]int64{9}, 35316, 8); err != nil || !slices.Equal(got, []int64{9, 4415, 4415, 4415, 4415, 4414, 4414, 4414, 4414}) {
		t.Errorf("353.16 by 8: %v, %v", got, err)
	}
	if got, err := SplitByWeight(nil, 1000, []int64{1, 2}); err != nil || !slices.Equal(got, []int64{333, 667}) {
		t.Errorf("10.00 by 1:2: %v, %v", got, err)
	}
	bill := compute(t, &Input{RoundOff: 100, Lines: []Line{{Quantity: 1000, UnitPrice: 1030, Class: -1}, {Quantity: 1000, UnitPrice: 501, Class: -1}},
		Charges: []Charge{{Code: "delivery", Value: 200, Class: -1}}})
	// 10.30 of the first guest, 5.01 of both, 2.00 + round-off −0.31 by what each had.
	if got, err := SplitByItems(bill, [][]int64{{1, 0}, {1, 1}}, 2); err != nil || !slices.Equal(got, []int64{1422, 278}) {
		t.Errorf("by items: %v, %v of %d", got, err, bill.Total)
	}
	for name, err := range map[string]error{
		"no parts":        second(Split(nil, 10, 0)),
		"too many parts":  second(Split(nil, 10, 1001)),
		"no weights":      second(SplitByWeight(nil, 10, nil)),
		"negative weight": second(SplitByWeight(nil, 10, []int64{-1})),
		"huge weights":    second(SplitByWeight(nil, 10, []int64{1 << 62, 1 << 62})),
		"a line too few":  second(SplitByItems(bill, [][]int64{{1}}, 1)),
		"a guest too few": second(SplitByItems(bill, [][]int64{{1}, {1}}, 2)),
		"negative share":  second(SplitByItems(bill, [][]int64{{1}, {-1}}, 1)),
	} {
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != CodeInvalidSplit {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ []int64, err error) error { return err }
