package api

import (
	"encoding/json"

	"heard/domain"
	"heard/domain/outlet"
	"heard/transport/rest"
)

func (a API) adminRoutes() []rest.Route {
	admin := []domain.Role{domain.Admin}
	settings := []domain.Code{domain.UnsupportedCurrency, domain.UnknownTaxClass, domain.TooManyDecimals, domain.AmountOverflow, domain.InvalidStatus, domain.Conflict}
	return []rest.Route{
		versioned(rest.Route{ID: "getSettings", Method: "GET", Path: "/api/settings", Summary: "The organisation's settings", Tags: []string{"settings"}, Answer: Settings{}, Handle: a.getSettings}),
		changing(rest.Route{ID: "changeSettings", Method: "PUT", Path: "/api/settings", Summary: "Replace the settings it names", About: "At most 256 KiB. Numbers are said, 0 too.", Tags: []string{"settings"}, Roles: []domain.Role{domain.Admin, domain.Manager},
			Body: outlet.PutSettings{}, Example: `{"business_day_start":"04:00","round_off":{"increment":1}}`, Answer: Settings{}, Codes: settings, BodyBytes: 256 << 10, Handle: a.whole(func() domain.Command { return &outlet.PutSettings{} })}),
		tagged(write(rest.Route{ID: "revokeTokens", Method: "POST", Path: "/api/admin/revoke", Summary: "Refuse a user's older tokens", About: "Those that were issued before now; their sockets close.", Tags: []string{"admin"}, Roles: admin, Body: outlet.Revoke{}, Example: `{"sub":"u-7"}`, Answer: Revoked{}, Codes: []domain.Code{domain.Conflict}, Handle: a.whole(func() domain.Command { return &outlet.Revoke{} })})),
		{ID: "getPerformanceStats", Method: "GET", Path: "/api/admin/performance-stats", Summary: "Live figures", Tags: []string{"admin"}, Roles: admin, Answer: Stats{}, Handle: a.performance},
		paged(rest.Route{ID: "listEvents", Method: "GET", Path: "/api/events", Summary: "The organisation's durable log, of any age", Tags: []string{"events"}, Query: pageParams(), Answer: []Event{}, Handle: a.events}),
	}
}

func (a API) getSettings(x *rest.Exchange) error { return a.read(x, x.Query(domain.ReadSettings)) }

// performance reads the organisation too, so that a revoked token is refused.
func (a API) performance(x *rest.Exchange) error {
	if _, err := a.Reads.Read(x.Context(), x.Query(domain.ReadSettings)); err != nil {
		return err
	}
	body, err := json.Marshal(a.Stats())
	if err != nil {
		return err
	}
	x.WriteJSON(body, "")
	return nil
}

func (a API) events(x *rest.Exchange) error { return a.readPage(x, x.Query(domain.ReadEvents)) }

func pageParams() []rest.Param {
	return []rest.Param{{Name: "after", Type: "integer", About: "The sequence to go on behind."}, {Name: "limit", Type: "integer", About: "1 to 1,000, which is the default."}}
}

// readPage reads events that stand behind a sequence.
func (a API) readPage(x *rest.Exchange, q *domain.Query) error {
	after, err := x.QueryInt("after", 0, 0, 1<<53)
	if err != nil {
		return err
	}
	limit, err := x.QueryInt("limit", 0, 1, 1000)
	if err != nil {
		return err
	}
	q.After, q.LimitRows = uint64(after), int(limit)
	return a.read(x, q)
}
