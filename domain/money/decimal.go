package money

import (
	"errors"
	"math"
)

var (
	// ErrSyntax says that a text is not a plain decimal number.
	ErrSyntax = errors.New("not a plain decimal number")
	// ErrTooManyDecimals says that a number is finer than the unit it should be counted in.
	ErrTooManyDecimals = errors.New("too many decimals")
	// ErrOverflow says that a number is beyond ±MaxAmount of its unit.
	ErrOverflow = errors.New("amount too large")
)

// maxScale is the largest number of decimals a Decimal holds; beyond, it only remembers that it was finer than that.
const maxScale = 18

// Decimal is an exact decimal number, as written in JSON. The zero value is 0. Equal numbers are ==.
//
// A number with more digits than an int64 holds is not kept: it parses, since it is well formed, and then every
// conversion answers ErrOverflow or ErrTooManyDecimals.
type Decimal struct {
	unscaled int64 // the value times 10^scale; only the sign (±1) when tooLong
	scale    uint8 // decimals, without trailing zeros
	tooLong  bool
}

// ParseDecimal reads an optional minus, digits, and optionally a point with digits. Exponents, plus signs, spaces,
// needless leading zeros and a bare point are ErrSyntax.
func ParseDecimal(text string) (Decimal, error) { return parse(text) }

func parse[Text string | []byte](text Text) (Decimal, error) {
	negative := len(text) > 0 && text[0] == '-'
	start := 0
	if negative {
		start = 1
	}
	whole := digitsFrom(text, start)
	end := whole
	if whole == start || text[start] == '0' && whole > start+1 {
		return Decimal{}, ErrSyntax
	}
	if whole < len(text) {
		end = digitsFrom(text, whole+1)
		if text[whole] != '.' || end == whole+1 || end < len(text) {
			return Decimal{}, ErrSyntax
		}
		for text[end-1] == '0' {
			end--
		}
		if end == whole+1 {
			end = whole
		}
	}
	return gather(text[start:end], whole-start, negative), nil
}

// digitsFrom is the position after the digits that begin at start.
func digitsFrom[Text string | []byte](text Text, start int) int {
	for start < len(text) && text[start] >= '0' && text[start] <= '9' {
		start++
	}
	return start
}

// gather makes the number of checked digits; whole is the position of the point in them.
func gather[Text string | []byte](digits Text, whole int, negative bool) Decimal {
	scale := max(len(digits)-whole-1, 0)
	var value int64
	tooLong := scale > maxScale
	for i := 0; i < len(digits) && !tooLong; i++ {
		if i == whole {
			continue
		}
		digit := int64(digits[i] - '0')
		tooLong = value > (math.MaxInt64-digit)/10
		value = value*10 + digit
	}
	if tooLong {
		value, scale = 1, min(scale, math.MaxUint8)
	}
	if negative {
		value = -value
	}
	return Decimal{value, uint8(scale), tooLong}
}

// FromMinor is minor units as a number: 5250 with exponent 2 is 52.5.
func FromMinor(minor int64, exponent uint8) Decimal {
	for exponent > 0 && minor%10 == 0 {
		minor, exponent = minor/10, exponent-1
	}
	return Decimal{unscaled: minor, scale: exponent}
}

// IsZero says whether the number is 0.
func (d Decimal) IsZero() bool { return d.unscaled == 0 }

// Negative says whether the number is below 0.
func (d Decimal) Negative() bool { return d.unscaled < 0 }

// Scaled is the number times 10^scale: its minor units when scale is the currency's exponent. ErrTooManyDecimals
// when that is no integer, ErrOverflow when it is beyond ±MaxAmount.
func (d Decimal) Scaled(scale uint8) (int64, error) {
	if scale < d.scale {
		return 0, ErrTooManyDecimals
	}
	if d.tooLong {
		return 0, ErrOverflow
	}
	value := d.unscaled
	for range scale - d.scale {
		if value > MaxAmount || value < -MaxAmount {
			return 0, ErrOverflow
		}
		value *= 10
	}
	if value > MaxAmount || value < -MaxAmount {
		return 0, ErrOverflow
	}
	return value, nil
}
