package money

// AppendText appends the number without trailing zeros: "52.5", "-0.05", "100". A number with more digits than a
// Decimal holds gives "out of range", which no reader takes for a number.
func (d Decimal) AppendText(dst []byte) []byte {
	if d.tooLong {
		return append(dst, "out of range"...)
	}
	return AppendMinor(dst, d.unscaled, d.scale)
}

// String is the text of AppendText.
func (d Decimal) String() string { return string(d.AppendText(nil)) }

// MarshalJSON prints a JSON number, exactly. ErrOverflow when the number has more digits than a Decimal holds.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d.tooLong {
		return nil, ErrOverflow
	}
	return d.AppendText(nil), nil
}

// UnmarshalJSON reads a JSON number, or a JSON string that holds one; null leaves the number as it is. Anything that
// ParseDecimal would refuse is ErrSyntax, also JSON's own exponents.
func (d *Decimal) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	parsed, err := parse(text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
