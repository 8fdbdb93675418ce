package money

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestAppendMinorPrintsTheCurrencysDecimals(t *testing.T) {
	for _, test := range []struct {
		minor    int64
		exponent uint8
		want     string
	}{
		{5250, 2, "52.50"}, {-5, 2, "-0.05"}, {100, 0, "100"}, {0, 2, "0.00"}, {0, 0, "0"}, {1, 3, "0.001"},
		{-12345, 4, "-1.2345"}, {99, 2, "0.99"}, {100, 2, "1.00"}, {MaxAmount, 2, "90071992547409.91"},
		{math.MinInt64, 2, "-92233720368547758.08"},
	} {
		if got := string(AppendMinor(nil, test.minor, test.exponent)); got != test.want {
			t.Errorf("AppendMinor(%d, %d) = %s, want %s", test.minor, test.exponent, got, test.want)
		}
	}
}

func TestTextCostsNoAllocation(t *testing.T) {
	buffer, number := make([]byte, 0, 64), FromMinor(-1234567, 3)
	allocs := testing.AllocsPerRun(100, func() {
		buffer = AppendMinor(buffer[:0], -1234567, 2)
		buffer = number.AppendText(buffer)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestMulDivRoundsHalvesAwayFromZero(t *testing.T) {
	for _, test := range []struct {
		a, b, d, want int64
		ok            bool
	}{
		{5, 1, 2, 3, true}, {-5, 1, 2, -3, true}, {5, -1, 2, -3, true}, {-5, -1, 2, 3, true}, {4, 1, 3, 1, true},
		{5, 1, 3, 2, true}, {7, 1, 5, 1, true}, {8, 1, 5, 2, true}, {0, 9, 7, 0, true}, {760, 60000, 1e6, 46, true},
		{MaxAmount, MaxAmount, MaxAmount, MaxAmount, true}, {MaxAmount, MaxAmount, 1, 0, false},
		{math.MaxInt64, 2, 1, 0, false}, {math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64, true},
		{1, 1, 0, 0, false}, {1, 1, -3, 0, false},
	} {
		if got, ok := MulDiv(test.a, test.b, test.d); got != test.want || ok != test.ok {
			t.Errorf("MulDiv(%d, %d, %d) = %d, %v", test.a, test.b, test.d, got, ok)
		}
	}
}

func TestMulDivEqualsExactArithmetic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a, b := random.Int64()>>random.IntN(63), random.Int64()>>random.IntN(63)
		d := random.Int64()>>random.IntN(62) + 1
		if random.IntN(2) == 0 {
			a = -a
		}
		want := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		negative := want.Sign() < 0
		want.Abs(want).Add(want, big.NewInt(d/2)).Quo(want, big.NewInt(d))
		if negative {
			want.Neg(want)
		}
		got, ok := MulDiv(a, b, d)
		if ok != (want.IsInt64() && want.Int64() != math.MinInt64) || ok && got != want.Int64() {
			t.Fatalf("MulDiv(%d, %d, %d) = %d, %v, want %v", a, b, d, got, ok, want)
		}
	}
}

func TestRoundTo(t *testing.T) {
	for _, test := range []struct {
		amount, increment int64
		mode              RoundMode
		want              int64
	}{
		{25050, 100, HalfUp, 25100}, {5050, 100, HalfUp, 5100}, {5049, 100, HalfUp, 5000}, {-5050, 100, HalfUp, -5100},
		{492, 5, HalfUp, 490}, {493, 5, HalfUp, 495}, {1572, 5, Down, 1570}, {1571, 5, Up, 1575}, {-1571, 5, Up, -1575},
		{-1574, 5, Down, -1570}, {1570, 5, Up, 1570}, {1, 3, HalfUp, 0}, {2, 3, HalfUp, 3}, {7, 0, Up, 7}, {0, 5, Up, 0},
		{MaxAmount, 100, Up, 9007199254741000},
	} {
		if got := RoundTo(test.amount, test.increment, test.mode); got != test.want {
			t.Errorf("RoundTo(%d, %d, %d) = %d, want %d", test.amount, test.increment, test.mode, got, test.want)
		}
	}
}

func TestLookup(t *testing.T) {
	for code, exponent := range map[string]uint8{"INR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "CHF": 2, "ISK": 0} {
		if got, ok := Lookup(code); !ok || got != (Currency{code, exponent}) {
			t.Errorf("Lookup(%s) = %v, %v", code, got, ok)
		}
	}
	for _, code := range []string{"", "XXX", "XAU", "inr", "ABC", "EURO"} {
		if _, ok := Lookup(code); ok {
			t.Errorf("Lookup(%s) found one", code)
		}
	}
}

func TestMulLessEqualsExactArithmetic(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	pick := func() int64 {
		return []int64{0, 1, 999_999, 1_000_000, MaxAmount, math.MaxInt64, random.Int64N(1 << 40)}[random.IntN(7)]
	}
	product := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
	for range 10_000 {
		a, b, c, d := pick(), pick(), pick(), pick()
		if got, want := MulLess(a, b, c, d), product(a, b).Cmp(product(c, d)) < 0; got != want {
			t.Fatalf("MulLess(%d, %d, %d, %d) = %v", a, b, c, d, got)
		}
	}
}

func BenchmarkMulDiv(b *testing.B) {
	a := int64(4680)
	for b.Loop() {
		a, _ = MulDiv(a, 999_000, 1_000_000)
		a += 100
	}
}
