package billing

import "strconv"

// The codes of Error.
const (
	CodeInvalidDiscountType  = "invalid_discount_type"
	CodeInvalidDiscountValue = "invalid_discount_value"
	CodeTooManyDecimals      = "too_many_decimals"
	CodeUnknownTaxClass      = "unknown_tax_class"
	CodeInvalidLine          = "invalid_line"
	CodeUnsupportedCurrency  = "unsupported_currency"
	CodeAmountOverflow       = "amount_overflow" // also: beyond one of the limits of Input
	CodeOverTender           = "over_tender"
	CodeInvalidTender        = "invalid_tender"
	CodeOverRefund           = "over_refund"
	CodeInvalidSplit         = "invalid_split"
)

// Error says why a figure cannot be computed. Field is the place in the request, such as items[0].quantity,
// discounts[1].value or charges[0].value; empty when the figures together are at fault.
type Error struct {
	Code  string
	Field string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Code
	}
	return e.Code + ": " + e.Field
}

// refusal is the error code at list[index].field.
func refusal(code, list string, index int, field string) *Error {
	return &Error{Code: code, Field: list + "[" + strconv.Itoa(index) + "]." + field}
}
