package money

import (
	"math/bits"
	"slices"
)

// Allocate appends to dst one part of total per weight, in proportion to the weights, so that the parts sum to
// total exactly: largest remainder, ties to the earlier weight, mirrored for a negative total. Weights that are all
// zero count as equal. No weights give no parts.
//
// It panics when a weight is negative or the weights sum beyond an int64: the caller owns both, and a wrong share is
// worse than a stop. It does not allocate when dst has room and there are at most 1,000 weights.
func Allocate(dst []int64, total int64, weights []int64) []int64 {
	switch {
	case len(weights) == 0:
		return dst
	case len(weights) <= 32:
		var scratch [32]uint64
		return allocate(dst, total, weights, scratch[:0])
	case len(weights) <= 1000:
		return allocateMany(dst, total, weights)
	}
	return allocate(dst, total, weights, nil)
}

// allocateMany keeps its 8 KB of stack out of the frame of Allocate, where clearing them would dominate small calls.
//
//go:noinline
func allocateMany(dst []int64, total int64, weights []int64) []int64 {
	var scratch [1000]uint64
	return allocate(dst, total, weights, scratch[:0])
}

func allocate(dst []int64, total int64, weights []int64, remainders []uint64) []int64 {
	sum, equal := weighWhole(weights)
	start, magnitude := len(dst), magnitude(total)
	left := magnitude
	for _, weight := range weights {
		part := uint64(weight)
		if equal {
			part = 1
		}
		high, low := bits.Mul64(magnitude, part)
		quotient, remainder := bits.Div64(high, low, sum)
		dst, remainders = append(dst, int64(quotient)), append(remainders, remainder)
		left -= quotient
	}
	parts := dst[start:]
	awardRemainders(parts, remainders, int(left))
	if total < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return dst
}

// weighWhole sums the weights; equal says they are all zero and count as one each.
func weighWhole(weights []int64) (sum uint64, equal bool) {
	for _, weight := range weights {
		sum += uint64(weight)
		if weight < 0 || int64(sum) < 0 {
			panic("money: a weight is negative or the weights overflow")
		}
	}
	if sum == 0 {
		return uint64(len(weights)), true
	}
	return sum, false
}

// awardRemainders adds one unit to the count parts with the largest remainders. The count-th largest remainder is a
// threshold: whoever is above it gets a unit, and of those at it the earliest do.
func awardRemainders(parts []int64, remainders []uint64, count int) {
	if count == 0 {
		return
	}
	var small [32]uint64
	sorted := small[:0]
	if len(remainders) > len(small) {
		awardMany(parts, remainders, count)
		return
	}
	sorted = append(sorted, remainders...)
	awardAbove(parts, remainders, sorted, count)
}

//go:noinline
func awardMany(parts []int64, remainders []uint64, count int) {
	var scratch [1000]uint64
	awardAbove(parts, remainders, append(scratch[:0], remainders...), count)
}

func awardAbove(parts []int64, remainders, sorted []uint64, count int) {
	slices.Sort(sorted)
	threshold := sorted[len(sorted)-count]
	for i, remainder := range remainders {
		if remainder > threshold {
			parts[i]++
			count--
		}
	}
	for i := 0; count > 0; i++ {
		if remainders[i] == threshold {
			parts[i]++
			count--
		}
	}
}
