package transport

import (
	"net/http"

	"heard/domain"
)

// Codes that only a transport gives, beside those of domain.
const (
	HeaderTooLarge domain.Code = "HEADER_TOO_LARGE"
	RequestTimeout domain.Code = "REQUEST_TIMEOUT"
	UpgradeNeeded  domain.Code = "UPGRADE_REQUIRED"
)

// Status is how HTTP says what a code means.
type Status struct {
	Number            int    // 404
	Title             string // "Not Found"
	RetryAfterSeconds int    // 0 = no header; repeating would not help
}

// StatusOf is the one table from code to status. A code that is missing here is
// a bug and comes out as 500, which a test prevents.
func StatusOf(code domain.Code) Status {
	number, retryAfterSeconds, ok := lookup(code)
	if !ok {
		number = http.StatusInternalServerError
	}
	return Status{number, http.StatusText(number), retryAfterSeconds}
}

func lookup(code domain.Code) (number, retryAfterSeconds int, ok bool) {
	switch code {
	case domain.BadRequest, domain.InvalidStatus, domain.EmptyOrder, domain.AmountOverflow,
		domain.UnsupportedCurrency, domain.InvalidDiscountType, domain.InvalidDiscountValue,
		domain.TooManyDecimals, domain.InvalidLine, domain.UnknownTaxClass:
		return http.StatusBadRequest, 0, true
	case domain.Unauthenticated, domain.TokenExpired:
		return http.StatusUnauthorized, 0, true
	case domain.Forbidden, domain.AdminOnly, domain.OrgMismatch:
		return http.StatusForbidden, 0, true
	case domain.OrderNotFound, domain.LineNotFound, domain.ItemNotFound, domain.NotFound:
		return http.StatusNotFound, 0, true
	case domain.MethodNotAllowed:
		return http.StatusMethodNotAllowed, 0, true
	case RequestTimeout:
		return http.StatusRequestTimeout, 0, true
	case domain.InvalidTransition, domain.OrderClosed, domain.ItemSoldOut, domain.TableOccupied, domain.Conflict:
		return http.StatusConflict, 0, true
	case domain.VersionMismatch:
		return http.StatusPreconditionFailed, 0, true
	case domain.PayloadTooLarge:
		return http.StatusRequestEntityTooLarge, 0, true
	case domain.UnsupportedMedia:
		return http.StatusUnsupportedMediaType, 0, true
	case domain.ValidationError, domain.KeyReused, domain.PriceMismatch:
		return http.StatusUnprocessableEntity, 0, true
	case UpgradeNeeded:
		return http.StatusUpgradeRequired, 0, true
	case domain.RateLimited:
		return http.StatusTooManyRequests, 1, true
	case HeaderTooLarge:
		return http.StatusRequestHeaderFieldsTooLarge, 0, true
	case domain.Internal:
		return http.StatusInternalServerError, 0, true
	case domain.Overloaded, domain.OutcomeUnknown, domain.NotLeader, domain.Draining:
		return http.StatusServiceUnavailable, 1, true
	case domain.JournalUnavailable, domain.StoreUnavailable, domain.OrderQuarantined:
		return http.StatusServiceUnavailable, 5, true
	}
	return 0, 0, false
}
