package domain

import (
	"errors"
	"slices"
)

// Code names a refusal or failure for machines. The list is part of the public
// contract; each transport has one table from code to status.
type Code string

const (
	BadRequest           Code = "BAD_REQUEST"
	InvalidStatus        Code = "INVALID_STATUS"
	EmptyOrder           Code = "EMPTY_ORDER"
	AmountOverflow       Code = "AMOUNT_OVERFLOW"
	UnsupportedCurrency  Code = "UNSUPPORTED_CURRENCY"
	InvalidDiscountType  Code = "INVALID_DISCOUNT_TYPE"
	InvalidDiscountValue Code = "INVALID_DISCOUNT_VALUE"
	TooManyDecimals      Code = "TOO_MANY_DECIMALS"
	InvalidLine          Code = "INVALID_LINE"
	UnknownTaxClass      Code = "UNKNOWN_TAX_CLASS"
	Unauthenticated      Code = "UNAUTHENTICATED"
	TokenExpired         Code = "TOKEN_EXPIRED"
	Forbidden            Code = "FORBIDDEN"
	AdminOnly            Code = "ADMIN_ONLY"
	OrgMismatch          Code = "ORG_MISMATCH"
	OrderNotFound        Code = "ORDER_NOT_FOUND"
	LineNotFound         Code = "LINE_NOT_FOUND"
	ItemNotFound         Code = "ITEM_NOT_FOUND"
	NotFound             Code = "NOT_FOUND"
	MethodNotAllowed     Code = "METHOD_NOT_ALLOWED"
	InvalidTransition    Code = "INVALID_TRANSITION"
	OrderClosed          Code = "ORDER_CLOSED"
	ItemSoldOut          Code = "ITEM_SOLD_OUT"
	TableOccupied        Code = "TABLE_OCCUPIED"
	Conflict             Code = "CONFLICT"
	VersionMismatch      Code = "VERSION_MISMATCH"
	PayloadTooLarge      Code = "PAYLOAD_TOO_LARGE"
	UnsupportedMedia     Code = "UNSUPPORTED_MEDIA_TYPE"
	ValidationError      Code = "VALIDATION_ERROR"
	KeyReused            Code = "IDEMPOTENCY_KEY_REUSED"
	PriceMismatch        Code = "PRICE_MISMATCH"
	RateLimited          Code = "RATE_LIMITED"
	Internal             Code = "INTERNAL"
	Overloaded           Code = "OVERLOADED"
	OutcomeUnknown       Code = "OUTCOME_UNKNOWN"
	JournalUnavailable   Code = "JOURNAL_UNAVAILABLE"
	StoreUnavailable     Code = "STORE_UNAVAILABLE"
	OrderQuarantined     Code = "ORDER_QUARANTINED"
	NotLeader            Code = "NOT_LEADER"
	Draining             Code = "DRAINING"
)

// Error is the only error a caller outside the process sees.
type Error struct {
	Code    Code    `json:"code"`
	Detail  string  `json:"detail"`            // a sentence for people
	Fields  []Field `json:"errors,omitempty"`  // what is wrong where; empty when no field is to blame
	Current []byte  `json:"current,omitempty"` // VERSION_MISMATCH: the order as it is now
}

// Field says what is wrong with one member of the request, "items[0].quantity".
type Field struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail }

// Is matches by code alone, so that sentinels survive added detail.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Refuse makes an error that no field is to blame for.
func Refuse(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// Blame makes an error about one field.
func Blame(code Code, field, detail string) *Error {
	return &Error{Code: code, Detail: field + ": " + detail, Fields: []Field{{field, detail}}}
}

// Within is the error of a field of something that stands at path: the field
// "name" of "items[0]" is "items[0].name".
func (e *Error) Within(path string) *Error {
	own := *e
	own.Detail, own.Fields = path+"."+e.Detail, slices.Clone(e.Fields)
	for i := range own.Fields {
		own.Fields[i].Field = path + "." + own.Fields[i].Field
	}
	return &own
}

// AsError folds any error into the public vocabulary. What is not an *Error is
// a bug or an outage, and says so without leaking its text.
func AsError(err error) *Error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Detail: "Internal error"}
}
