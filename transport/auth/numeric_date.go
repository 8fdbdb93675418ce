package auth

import (
	"errors"
	"strconv"
	"strings"
)

// numericDate is a moment in ms since 1970, written as JWT does: seconds, with
// a fraction where there is one ("1700000000.123"). 0 means "not there".
type numericDate int64

// maxSeconds is the end of the year 9999; beyond it products would overflow.
const maxSeconds = 253_402_300_799

var errNumericDate = errors.New("must be a number of seconds since 1970")

// MarshalJSON writes seconds, with milliseconds only where they are not zero.
func (n numericDate) MarshalJSON() ([]byte, error) {
	b := strconv.AppendInt(nil, int64(n)/1000, 10)
	if ms := int64(n) % 1000; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b, nil
}

// UnmarshalJSON reads seconds from the number's own text, so that no float can
// move a millisecond. A whole number is the start of that second; digits after
// the third are dropped. Strings, null, negative numbers and 0 are refused.
func (n *numericDate) UnmarshalJSON(text []byte) error {
	whole, fraction, _ := strings.Cut(string(text), ".")
	if strings.ContainsAny(fraction, "eE") || strings.ContainsAny(whole, "eE") {
		return n.fromExponent(string(text))
	}
	seconds, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || seconds > maxSeconds {
		return errNumericDate
	}
	ms := int64(seconds) * 1000
	for i, unit := 0, int64(100); i < len(fraction) && unit > 0; i, unit = i+1, unit/10 {
		ms += int64(fraction[i]-'0') * unit // JSON's grammar allows only digits here
	}
	if ms == 0 {
		return errNumericDate
	}
	*n = numericDate(ms)
	return nil
}

// fromExponent reads 1.7e9, which some encoders write for large numbers.
func (n *numericDate) fromExponent(text string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > 0 && f <= maxSeconds) {
		return errNumericDate
	}
	*n = numericDate(f * 1000)
	return nil
}
