package money

import (
	"math"
	"math/bits"
)

// MulLess says whether a·b < c·d, on 128-bit products. None may be negative.
func MulLess(a, b, c, d int64) bool {
	high, low := bits.Mul64(uint64(a), uint64(b))
	otherHigh, otherLow := bits.Mul64(uint64(c), uint64(d))
	return high < otherHigh || high == otherHigh && low < otherLow
}

// MulDiv is a·b/d rounded to the nearest integer, halves away from zero: ⌊(a·b + ⌊d/2⌋)/d⌋ on a 128-bit product,
// mirrored when the product is negative. ok is false when d is not positive or the result does not fit an int64.
// Every rounding of the product goes through this formula.
func MulDiv(a, b, d int64) (result int64, ok bool) {
	if d <= 0 {
		return 0, false
	}
	divisor := uint64(d)
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	low, carry := bits.Add64(low, divisor>>1, 0)
	high += carry
	var quotient uint64
	switch {
	case high == 0: // a 64-bit division is several times faster, and bills are small
		quotient = low / divisor
	case high < divisor:
		quotient, _ = bits.Div64(high, low, divisor)
	default:
		return 0, false
	}
	if quotient > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(quotient), true
	}
	return int64(quotient), true
}
