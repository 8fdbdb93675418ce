package api

import (
	"heard/domain"
	"heard/domain/outlet"
	"heard/transport/rest"
)

const (
	takesKey   = "Idempotency-Key"
	takesMatch = "If-Match"
	takesNone  = "If-None-Match"

	givesTag     = "ETag"
	givesReplay  = "Idempotent-Replayed"
	givesEarly   = "X-Durability"
	givesIgnored = "X-Ignored-Fields"
)

// write is a command with a key of its own, and what depends on none.
func write(r rest.Route) rest.Route {
	r.Takes = append(r.Takes, takesKey)
	r.Gives = append(r.Gives, givesReplay, givesEarly)
	return r
}

// tagged is a write that takes no version and answers one.
func tagged(r rest.Route) rest.Route {
	r.Gives = append(r.Gives, givesTag)
	return r
}

// changing is a write to something that has a version.
func changing(r rest.Route) rest.Route {
	r.Takes = append(r.Takes, takesMatch)
	r.Gives = append(r.Gives, givesTag)
	return write(r)
}

// versioned is a read of something that has a version.
func versioned(r rest.Route) rest.Route {
	r.Takes = append(r.Takes, takesNone)
	r.Gives = append(r.Gives, givesTag)
	return r
}

// paged is a list that may have another page.
func paged(r rest.Route) rest.Route {
	r.Gives = append(r.Gives, "X-Next-Cursor", "Link")
	return r
}

// acts are what a call may ask a permission for, and who has it: the domain's
// own table, which is the one that refuses.
func acts(actions ...outlet.Action) []rest.Act {
	list := make([]rest.Act, len(actions))
	for i, a := range actions {
		list[i] = rest.Act{Name: string(a), Roles: a.MayByDefault()}
	}
	return list
}

// lineCodes are what lines are refused with.
func lineCodes() []domain.Code {
	return []domain.Code{
		domain.EmptyOrder, domain.AmountOverflow, domain.TooManyDecimals, domain.InvalidLine, domain.UnknownTaxClass,
		domain.ItemSoldOut, domain.Conflict, domain.PriceMismatch,
	}
}

// discountCodes are what discounts are refused with.
func discountCodes() []domain.Code {
	return []domain.Code{domain.InvalidDiscountType, domain.InvalidDiscountValue, domain.TooManyDecimals, domain.AmountOverflow}
}

// itemCodes are what items of the menu are refused with, and others.
func itemCodes(others ...domain.Code) []domain.Code {
	return append(others, domain.AmountOverflow, domain.TooManyDecimals, domain.InvalidLine, domain.UnknownTaxClass)
}

// changedCodes are what any change to an order is refused with, and others.
func changedCodes(others ...domain.Code) []domain.Code {
	return append(others, domain.OrderNotFound, domain.OrderQuarantined)
}
