package transport

import "heard/domain"

// Meaning says what a code means, to those who write clients.
type Meaning struct {
	Code  domain.Code
	About string
}

// Meanings are those of all codes, in the order of their statuses.
func Meanings() []Meaning {
	return []Meaning{
		{domain.BadRequest, "The request is malformed: not JSON, a member twice, a header that cannot be read."},
		{domain.InvalidStatus, "No such status."},
		{domain.EmptyOrder, "An order needs at least one line."},
		{domain.AmountOverflow, "An amount or a quantity is too large."},
		{domain.UnsupportedCurrency, "Not an ISO 4217 currency."},
		{domain.InvalidDiscountType, "The discount's type is not one of the list."},
		{domain.InvalidDiscountValue, "The discount is negative or more than 100 percent."},
		{domain.TooManyDecimals, "More decimals than the currency, a quantity or a rate has."},
		{domain.InvalidLine, "A quantity is not above 0, or a price is negative."},
		{domain.UnknownTaxClass, "No tax class of that name in the settings."},
		{domain.Unauthenticated, "No token, or one that does not count."},
		{domain.TokenExpired, "The token's time is over."},
		{domain.Forbidden, "The role may not do this."},
		{domain.AdminOnly, "For role admin alone."},
		{domain.OrgMismatch, "The path names another organisation than the token."},
		{domain.OrderNotFound, "No such order in the organisation, or not yet at that time."},
		{domain.LineNotFound, "No such line in the order."},
		{domain.ItemNotFound, "No such item on the menu."},
		{domain.NotFound, "No such path."},
		{domain.MethodNotAllowed, "The path does not have this method."},
		{RequestTimeout, "The request took too long to arrive."},
		{domain.InvalidTransition, "The order cannot go from its status to that one."},
		{domain.OrderClosed, "The order is completed or cancelled."},
		{domain.ItemSoldOut, "The item is sold out (86)."},
		{domain.TableOccupied, "The table has an open order, and the organisation allows one."},
		{domain.Conflict, "It is there already, or cannot be changed any more."},
		{domain.VersionMismatch, "If-Match is stale; `order` is the order as it is now."},
		{domain.PayloadTooLarge, "The body, or what it comes to, is too large."},
		{domain.UnsupportedMedia, "The body is not application/json, or is compressed."},
		{domain.ValidationError, "A member or parameter is missing, unknown, or of another type; `errors` names it."},
		{domain.KeyReused, "The idempotency key was used with another request."},
		{domain.PriceMismatch, "Another price than the menu's, from a role that may not set one."},
		{UpgradeNeeded, "The path is for WebSockets."},
		{domain.RateLimited, "Too many at once; wait for Retry-After."},
		{HeaderTooLarge, "The request's headers are too large."},
		{domain.Internal, "A fault of the server; it is in its log under request_id."},
		{domain.Overloaded, "Too much is waiting; nothing happened."},
		{domain.OutcomeUnknown, "Nobody knows whether it happened: repeat it with its key."},
		{domain.NotLeader, "The organisation is moving between engines; nothing happened."},
		{domain.Draining, "The engine is stopping; nothing happened."},
		{domain.JournalUnavailable, "The log cannot be written or read now; nothing happened."},
		{domain.StoreUnavailable, "The document store does not answer."},
		{domain.OrderQuarantined, "The order is set aside after a fault; it can be read."},
	}
}
