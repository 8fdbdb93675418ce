package money

import "strconv"

// AppendMinor appends minor units as decimal text with exactly exponent decimals: 5250 and 2 give "52.50", −5 and 2
// give "-0.05", 100 and 0 give "100". It does not allocate when dst has room.
func AppendMinor(dst []byte, minor int64, exponent uint8) []byte {
	if minor < 0 {
		dst = append(dst, '-')
	}
	var scratch [20]byte
	digits := strconv.AppendUint(scratch[:0], magnitude(minor), 10)
	whole := len(digits) - int(exponent)
	if exponent == 0 {
		return append(dst, digits...)
	}
	if whole > 0 {
		dst = append(dst, digits[:whole]...)
		dst = append(dst, '.')
		return append(dst, digits[whole:]...)
	}
	dst = append(dst, '0', '.')
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// magnitude is |value|, also of the smallest int64, whose negation does not fit an int64.
func magnitude(value int64) uint64 {
	if value < 0 {
		return -uint64(value)
	}
	return uint64(value)
}
