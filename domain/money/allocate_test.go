package money

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAllocateGivesRemaindersToTheLargestThenTheEarliest(t *testing.T) {
	for _, test := range []struct {
		total   int64
		weights []int64
		want    []int64
	}{
		{40, []int64{10, 0}, []int64{40, 0}}, {5, []int64{0, 7, 3}, []int64{0, 4, 1}}, {101, []int64{3, 7}, []int64{30, 71}},
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}}, {-100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		{5, []int64{0, 0}, []int64{3, 2}}, {-5, []int64{0, 0}, []int64{-3, -2}}, {0, []int64{3, 4}, []int64{0, 0}},
		{3000, []int64{1, 1, 1, 1, 1, 1, 1}, []int64{429, 429, 429, 429, 428, 428, 428}}, {7, nil, nil},
		{MaxAmount, []int64{MaxAmount, MaxAmount}, []int64{1 << 52, 1<<52 - 1}},
	} {
		if got := Allocate(nil, test.total, test.weights); !slices.Equal(got, test.want) {
			t.Errorf("Allocate(%d, %v) = %v, want %v", test.total, test.weights, got, test.want)
		}
	}
}

func TestAllocateIsExactAndFair(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		weights := make([]int64, 1+random.IntN(40))
		sum := int64(0)
		for i := range weights {
			weights[i] = random.Int64N(MaxAmount) >> random.IntN(53)
			sum += weights[i]
		}
		total := random.Int64N(MaxAmount) >> random.IntN(53)
		if random.IntN(3) == 0 {
			total = -total
		}
		if err := checkParts(total, sum, weights, Allocate(nil, total, weights)); err != nil {
			t.Fatalf("Allocate(%d, %v): %v", total, weights, err)
		}
	}
}

// checkParts: the parts sum to the total, each is within one unit of its exact share, and the sign is mirrored.
func checkParts(total, sum int64, weights, parts []int64) error {
	rest := total
	for i, part := range parts {
		rest -= part
		if sum == 0 {
			continue
		}
		exact := new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i]))
		off := exact.Sub(exact, new(big.Int).Mul(big.NewInt(part), big.NewInt(sum)))
		if off.CmpAbs(big.NewInt(sum)) >= 0 {
			return fmt.Errorf("part %d is a unit or more off", i)
		}
	}
	if rest != 0 {
		return fmt.Errorf("%d is left over", rest)
	}
	for i, part := range Allocate(nil, -total, weights) {
		if part != -parts[i] {
			return fmt.Errorf("part %d is not mirrored", i)
		}
	}
	return nil
}

func TestAllocateCostsNoAllocation(t *testing.T) {
	for _, count := range []int{3, 32, 33, 1000} {
		weights, parts := make([]int64, count), make([]int64, 0, count)
		for i := range weights {
			weights[i] = int64(i*i%97 + 1)
		}
		if allocs := testing.AllocsPerRun(20, func() { parts = Allocate(parts[:0], 99_999, weights) }); allocs != 0 {
			t.Errorf("%d weights: %v allocations", count, allocs)
		}
	}
}

func TestAllocateTakesMoreThanAThousandWeights(t *testing.T) {
	weights := make([]int64, 1500)
	for i := range weights {
		weights[i] = 7
	}
	parts := Allocate(nil, 2000, weights)
	if parts[0] != 2 || parts[499] != 2 || parts[500] != 1 || parts[1499] != 1 {
		t.Error("the first 500 should get 2, the others 1")
	}
}

func TestAllocateStopsOnANegativeWeight(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Allocate(nil, 10, []int64{5, -1})
}

func BenchmarkAllocateTen(b *testing.B) {
	weights := []int64{1599, 260, 4800, 12550, 999, 350, 2499, 760, 760, 15000}
	parts := make([]int64, 0, 10)
	for b.Loop() {
		parts = Allocate(parts[:0], 8480, weights)
	}
}
