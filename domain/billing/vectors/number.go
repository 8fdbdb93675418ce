package vectors

import (
	"encoding/json"
	"errors"
	"fmt"

	"heard/domain/billing"
	"heard/domain/money"
)

// number is a number as the file writes it, in quotes or without. Empty means absent or null. It is only parsed where
// it is used, since a bad number may be just what the vector expects an error for.
type number string

func (n *number) UnmarshalJSON(raw []byte) error {
	switch {
	case string(raw) == "null":
		return nil
	case raw[0] == '"':
		return json.Unmarshal(raw, (*string)(n))
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		*n = number(raw)
		return nil
	}
	return fmt.Errorf("%s is not a number", raw)
}

// scaled is the number times 10^scale. A text that is no number, or a number below least, is the code invalid.
func (n number) scaled(scale uint8, least int64, invalid, field string) (int64, error) {
	decimal, err := money.ParseDecimal(string(n))
	if err != nil || least >= 0 && decimal.Negative() {
		return 0, &billing.Error{Code: invalid, Field: field}
	}
	value, err := decimal.Scaled(scale)
	switch {
	case errors.Is(err, money.ErrTooManyDecimals):
		return 0, &billing.Error{Code: billing.CodeTooManyDecimals, Field: field}
	case err != nil:
		return 0, &billing.Error{Code: billing.CodeAmountOverflow, Field: field}
	case value < least:
		return 0, &billing.Error{Code: invalid, Field: field}
	}
	return value, nil
}

// exponentOf is the number of decimals of the vector's currency. Sources without a currency write XXX; an exponent in
// the vector goes before the currency's own, since some sources count finer.
func exponentOf(code string, stated *uint8) (uint8, error) {
	currency, found := money.Lookup(code)
	unnamed := code == "XXX" || code == ""
	switch {
	case !found && !unnamed, stated == nil && !found:
		return 0, &billing.Error{Code: billing.CodeUnsupportedCurrency, Field: "currency"}
	case stated == nil:
		return currency.Exponent, nil
	case *stated > 9:
		return 0, &billing.Error{Code: billing.CodeUnsupportedCurrency, Field: "exponent"}
	}
	return *stated, nil
}

// modeOf is a rounding mode of the schema; absent is half_up.
func modeOf(name string) (money.RoundMode, error) {
	switch name {
	case "", "half_up":
		return money.HalfUp, nil
	case "up":
		return money.Up, nil
	case "down":
		return money.Down, nil
	}
	return 0, fmt.Errorf("unknown rounding mode %q", name)
}
