package rest

import (
	"strings"

	"heard/domain"
)

// Route is one line of the table: how it is called, who may, and what it does.
// Router, metrics and documentation are made from it.
type Route struct {
	Method  string
	Path    string // "/api/orders/{id}"
	Summary string
	Tags    []string

	Public bool          // no token is asked for
	Roles  []domain.Role // nil = any; only admin = ADMIN_ONLY

	Query  []Param
	Body   any // zero value of what is decoded, for the documentation; nil = no body
	Answer any // zero value of what is answered with 200; nil = not documented

	ForeignIDs bool // the {parameters} of the path are ids of others

	BodyBytes int  // another limit than the server's; only for paths without {parameters}
	Hidden    bool // not in the documentation

	// Handle answers through the Exchange, or returns an error: a *domain.Error
	// is told to the client, anything else is logged and told as INTERNAL.
	Handle func(*Exchange) error
}

// Param is a query parameter, for the documentation.
type Param struct {
	Name     string
	About    string
	Type     string // "string" (default), "integer", "boolean", "date-time"
	Required bool
}

// Schema has values of type Type documented as values of type As.
type Schema struct{ Type, As any }

// admit refuses roles that the route is not for.
func (r *Route) admit(by domain.Identity) error {
	if r.Roles == nil || by.OneOf(r.Roles...) {
		return nil
	}
	if len(r.Roles) == 1 && r.Roles[0] == domain.Admin {
		return domain.Refuse(domain.AdminOnly, "Admin only")
	}
	names := make([]string, len(r.Roles))
	for i, role := range r.Roles {
		names[i] = string(role)
	}
	return domain.Refuse(domain.Forbidden, "Needs one of the roles "+strings.Join(names, ", "))
}
