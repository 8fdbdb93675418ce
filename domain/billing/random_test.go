package billing

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"heard/domain/money"
)

const randomBills = 6000

func randomClasses(random *rand.Rand) []Class {
	rates := []Rate{0, 25_000, 25_000, 50_000, 60_000, 88_750, 90_000, 190_000, 1, 123_456, 1_000_000}
	codes := []string{"CGST", "SGST", "VAT", "CESS"}
	classes := make([]Class, random.IntN(5))
	for i := range classes {
		classes[i].Name = string(rune('a' + random.IntN(26)))
		shuffled := random.Perm(len(codes))
		for k := range random.IntN(len(codes) + 1) {
			classes[i].Components = append(classes[i].Components, Component{Code: codes[shuffled[k]],
				Rate: rates[random.IntN(len(rates))], Compound: random.IntN(4) == 0})
		}
		if i > 0 && random.IntN(3) == 0 { // another class of the same taxes, or of one in common
			classes[i].Components = slices.Clone(classes[random.IntN(i)].Components)
		}
	}
	return classes
}

func randomDiscounts(random *rand.Rand, most int64) []Discount {
	var discounts []Discount
	for range max(random.IntN(6)-3, 0) {
		discount := Discount{Percent: random.IntN(2) == 0, Value: random.Int64N(most + 1)}
		if discount.Percent {
			discount.Value = []int64{0, 50_000, 100_000, 333_333, 1_000_000, random.Int64N(1_000_001)}[random.IntN(6)]
		}
		discounts = append(discounts, discount)
	}
	return discounts
}

func randomInput(random *rand.Rand) *Input {
	most := []int64{3, 50, 3000, 100_000, 1 << 40}[random.IntN(5)]
	in := &Input{Mode: Mode(random.IntN(2)), Classes: randomClasses(random), Tip: random.Int64N(500)}
	side := random.IntN(3) // all exclusive, all inclusive, both
	inclusive := func() bool { return side == 1 || side == 2 && random.IntN(2) == 0 }
	for range random.IntN(14) {
		line := Line{Quantity: (1 + random.Int64N(5)) * 1000, UnitPrice: random.Int64N(most), Class: random.IntN(len(in.Classes)+1) - 1,
			Inclusive: inclusive(), Discounts: randomDiscounts(random, most)}
		if random.IntN(5) == 0 {
			line.Quantity = 1 + random.Int64N(3000)
		}
		in.Lines = append(in.Lines, line)
		if random.IntN(4) == 0 {
			in.Lines = append(in.Lines, line)
		}
	}
	in.Discounts = randomDiscounts(random, 3*most)
	for i := range max(random.IntN(5)-2, 0) {
		charge := Charge{Code: fmt.Sprint("charge", i), Percent: random.IntN(2) == 0, Value: random.Int64N(most),
			Class: random.IntN(len(in.Classes)+1) - 1, Inclusive: inclusive()}
		if charge.Percent {
			charge.Value = random.Int64N(300_000)
		}
		in.Charges = append(in.Charges, charge)
	}
	in.RoundOff = []int64{0, 0, 5, 100, 7}[random.IntN(5)]
	return in
}

// eachRandomBill computes seeded bills with one calculator and one Bill, as the engine does.
func eachRandomBill(t *testing.T, check func(random *rand.Rand, in *Input, bill *Bill) error) {
	t.Helper()
	var calculator Calculator
	var bill Bill
	for seed := range uint64(randomBills) {
		random := rand.New(rand.NewPCG(seed, 26))
		in := randomInput(random)
		if err := calculator.Compute(in, &bill); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := check(random, in, &bill); err != nil {
			t.Fatalf("seed %d: %v\ninput %+v\nbill %+v", seed, err, *in, bill)
		}
	}
}

func TestRandomBillsEqualTheReference(t *testing.T) {
	compared := 0
	eachRandomBill(t, func(_ *rand.Rand, in *Input, bill *Bill) error {
		r := referenceOf(in)
		if len(in.Lines) == 0 {
			return nil
		}
		for _, e := range r.entries {
			if e.inclusive && sumOf(e.taxes) > e.amount-e.off {
				return nil // the reference leaves a negative net, which the calculator repairs
			}
		}
		compared++
		for i, e := range r.entries {
			taxes := bill.Charges
			if i < r.lines {
				share := &bill.Lines[i]
				if share.Amount != e.amount || share.OrderDiscount != e.off || !slices.Equal(share.Taxes, e.taxes) {
					return fmt.Errorf("line %d: %+v, want %+v", i, *share, *e)
				}
				continue
			}
			if share := taxes[i-r.lines]; share.Amount != e.amount || !slices.Equal(share.Taxes, e.taxes) {
				return fmt.Errorf("charge %d: %+v, want %+v", i-r.lines, share, *e)
			}
		}
		return nil
	})
	if compared < randomBills/2 {
		t.Errorf("only %d bills were compared", compared)
	}
}

func TestRandomBillsKeepTheInvariants(t *testing.T) {
	eachRandomBill(t, func(random *rand.Rand, in *Input, bill *Bill) error {
		for _, check := range []func(*Input, *Bill) error{checkSums, checkLines, checkDiscounts, checkTaxTotals, checkRoundOff} {
			if err := check(in, bill); err != nil {
				return err
			}
		}
		return checkCredits(random, in, bill)
	})
}

// checkSums: invariant 1, the two ways to the total.
func checkSums(in *Input, b *Bill) error {
	byPrices := b.Subtotal - b.Discount + b.ChargeTotal + b.Tax - b.TaxIncluded
	if b.ExactTotal != byPrices || b.ExactTotal != b.Taxable+b.Tax || b.Total != b.ExactTotal+b.RoundOff || b.Payable != b.Total+b.Tip {
		return fmt.Errorf("the totals do not add up")
	}
	net, tax, total := int64(0), int64(0), int64(0)
	for _, share := range b.Lines {
		net, tax, total = net+share.Net, tax+share.Tax, total+share.Total
	}
	for _, share := range b.Charges {
		net, tax, total = net+share.Net, tax+share.Tax, total+share.Total
	}
	if net != b.Taxable || tax != b.Tax || total != b.ExactTotal {
		return fmt.Errorf("lines and charges do not sum to the bill")
	}
	return nil
}

// checkLines: invariants 3 and 4 of each line, and its own sums.
func checkLines(in *Input, b *Bill) error {
	off := int64(0)
	for i, share := range b.Lines {
		off += share.OrderDiscount
		left := share.Amount - share.OrderDiscount
		switch {
		case share.Gross-share.ItemDiscount != share.Amount, share.Total != share.Net+share.Tax, sumOf(share.Taxes) != share.Tax:
			return fmt.Errorf("line %d does not add up", i)
		case share.ItemDiscount < 0, share.Amount < 0, share.OrderDiscount < 0, left < 0:
			return fmt.Errorf("line %d is discounted by more than there is", i)
		case share.Net < 0, share.Tax < 0, len(share.Taxes) > 0 && slices.Min(share.Taxes) < 0:
			return fmt.Errorf("line %d is negative", i)
		case in.Lines[i].Inclusive && share.Total != left, !in.Lines[i].Inclusive && share.Net != left:
			return fmt.Errorf("line %d: tax is on the wrong side of the price", i)
		}
	}
	if off != b.Discount {
		return fmt.Errorf("the lines' discounts are %d, not %d", off, b.Discount)
	}
	return nil
}

// checkDiscounts: invariant 3 of the bill; 100 % off is nothing left.
func checkDiscounts(in *Input, b *Bill) error {
	left := b.Subtotal
	for i, applied := range b.Discounts {
		if applied.Amount < 0 || applied.Amount > left {
			return fmt.Errorf("discount %d is out of bounds", i)
		}
		if applied.Clamped != (!applied.Percent && applied.Value > left) {
			return fmt.Errorf("discount %d: clamped is wrong", i)
		}
		left -= applied.Amount
		if applied.Percent && applied.Value == RateScale && left != 0 {
			return fmt.Errorf("100 %% off leaves %d", left)
		}
	}
	if left != b.Subtotal-b.Discount {
		return fmt.Errorf("the discounts do not sum")
	}
	return nil
}

// checkTaxTotals: invariant 2, components sum to the tax.
func checkTaxTotals(in *Input, b *Bill) error {
	tax := int64(0)
	for _, total := range b.Taxes {
		tax += total.Amount
	}
	if tax != b.Tax {
		return fmt.Errorf("components sum to %d, not %d", tax, b.Tax)
	}
	return nil
}

// checkRoundOff: invariant 7.
func checkRoundOff(in *Input, b *Bill) error {
	if in.RoundOff == 0 {
		if b.RoundOff != 0 {
			return fmt.Errorf("rounded off without being asked")
		}
		return nil
	}
	if 2*max(b.RoundOff, -b.RoundOff) > in.RoundOff || b.Total%in.RoundOff != 0 {
		return fmt.Errorf("round-off %d, total %d", b.RoundOff, b.Total)
	}
	return nil
}

// checkCredits: invariant 9, refunds in any steps sum to the line; and 10, splits sum to the total.
func checkCredits(random *rand.Rand, in *Input, b *Bill) error {
	for i, share := range b.Lines {
		quantity, before, total := in.Lines[i].Quantity, int64(0), int64(0)
		for before < quantity {
			count := min(1+random.Int64N(quantity), quantity-before)
			credit, err := RefundLine(&share, quantity, before, count)
			if err != nil || credit.Total != credit.Net+sumOf(credit.Taxes) || credit.Net < 0 || credit.Tax < 0 {
				return fmt.Errorf("credit of line %d: %+v, %v", i, credit, err)
			}
			before, total = before+count, total+credit.Total
		}
		if total != share.Total {
			return fmt.Errorf("line %d: refunds sum to %d, not %d", i, total, share.Total)
		}
	}
	guests := 1 + random.IntN(5)
	equal, _ := Split(nil, b.Total, guests)
	portions := make([][]int64, len(b.Lines))
	for i := range portions {
		for range guests {
			portions[i] = append(portions[i], random.Int64N(3))
		}
	}
	byItems, err := SplitByItems(b, portions, guests)
	if err != nil || sumOf(equal) != b.Total || sumOf(byItems) != b.Total {
		return fmt.Errorf("splits %v and %v do not sum to the total, %v", equal, byItems, err)
	}
	return nil
}

func TestTheOrderOfLinesChangesNoTotal(t *testing.T) {
	var calculator Calculator
	var again Bill
	eachRandomBill(t, func(random *rand.Rand, in *Input, bill *Bill) error {
		in.Lines = slices.Clone(in.Lines)
		random.Shuffle(len(in.Lines), func(i, j int) { in.Lines[i], in.Lines[j] = in.Lines[j], in.Lines[i] })
		if err := calculator.Compute(in, &again); err != nil {
			return err
		}
		return sameTotals(bill, &again)
	})
}

func sameTotals(a, b *Bill) error {
	first, second := *a, *b
	byCode := func(x, y TaxTotal) int {
		return 2*int(max(min(x.Rate-y.Rate, 1), -1)) + map[bool]int{true: 1}[x.Code > y.Code] - map[bool]int{true: 1}[x.Code < y.Code]
	}
	first.Taxes, second.Taxes = slices.Clone(a.Taxes), slices.Clone(b.Taxes)
	slices.SortFunc(first.Taxes, byCode)
	slices.SortFunc(second.Taxes, byCode)
	first.Lines, second.Lines, first.Charges, second.Charges = nil, nil, nil, nil
	first.taxes, second.taxes = nil, nil
	if fmt.Sprint(first) != fmt.Sprint(second) {
		return fmt.Errorf("totals differ: %v and %v", first, second)
	}
	return nil
}

func TestTheSameInputGivesTheSameBill(t *testing.T) {
	eachRandomBill(t, func(_ *rand.Rand, in *Input, bill *Bill) error {
		var fresh Calculator
		var again Bill
		if err := fresh.Compute(in, &again); err != nil {
			return err
		}
		if fmt.Sprint(*bill) != fmt.Sprint(again) {
			return fmt.Errorf("a fresh calculator gives %+v", again)
		}
		return nil
	})
}

func TestComputeLeavesItsInputAlone(t *testing.T) {
	for seed := range uint64(200) {
		in, same := randomInput(rand.New(rand.NewPCG(seed, 26))), randomInput(rand.New(rand.NewPCG(seed, 26)))
		var calculator Calculator
		if err := calculator.Compute(in, new(Bill)); err != nil || !reflect.DeepEqual(in, same) {
			t.Fatalf("seed %d: the input changed, %v", seed, err)
		}
	}
}

// Invariant 5: CGST and SGST of equal rates are equal on the bill, whatever the bill.
func TestEqualRatesGiveEqualAmounts(t *testing.T) {
	eachRandomBill(t, func(random *rand.Rand, in *Input, _ *Bill) error {
		for i := range in.Classes {
			rate := []Rate{25_000, 60_000, 90_000, 140_000}[random.IntN(4)]
			in.Classes[i].Components = []Component{{Code: "CGST", Rate: rate}, {Code: "SGST", Rate: rate}}
		}
		var calculator Calculator
		var bill Bill
		if err := calculator.Compute(in, &bill); err != nil {
			return err
		}
		for i := 0; i+1 < len(bill.Taxes); i += 2 {
			if bill.Taxes[i].Amount != bill.Taxes[i+1].Amount || bill.Taxes[i].Base != bill.Taxes[i+1].Base {
				return fmt.Errorf("CGST %+v, SGST %+v", bill.Taxes[i], bill.Taxes[i+1])
			}
		}
		return checkLines(in, &bill)
	})
}

// Invariant 4: without discount and charge, an inclusive bill is the sum of its prices.
func TestAnInclusiveBillIsTheSumOfItsPrices(t *testing.T) {
	eachRandomBill(t, func(_ *rand.Rand, in *Input, _ *Bill) error {
		in.Discounts, in.Charges, in.RoundOff = nil, nil, 0
		for i := range in.Lines {
			in.Lines[i].Inclusive, in.Lines[i].Discounts = true, nil
		}
		var calculator Calculator
		var bill Bill
		if err := calculator.Compute(in, &bill); err != nil || bill.Total != bill.GrossTotal {
			return fmt.Errorf("total %d of prices %d, %v", bill.Total, bill.GrossTotal, err)
		}
		return nil
	})
}

// Invariant 8: exclusive and per invoice, a tax is at most half a unit from rate × base.
func TestAnExclusiveTaxIsItsRateOfItsBase(t *testing.T) {
	eachRandomBill(t, func(_ *rand.Rand, in *Input, _ *Bill) error {
		in.Mode = PerInvoice
		for i := range in.Lines {
			in.Lines[i].Inclusive = false
		}
		for i := range in.Charges {
			in.Charges[i].Inclusive = false
		}
		for i := range in.Classes {
			for k := range in.Classes[i].Components {
				in.Classes[i].Components[k].Compound = false
			}
		}
		var calculator Calculator
		var bill Bill
		if err := calculator.Compute(in, &bill); err != nil {
			return err
		}
		for _, tax := range bill.Taxes {
			if want, _ := money.MulDiv(tax.Base, int64(tax.Rate), RateScale); tax.Amount != want {
				return fmt.Errorf("tax %+v, want %d", tax, want)
			}
		}
		return nil
	})
}
