package rest

import (
	"strings"

	"heard/domain"
)

// Route is one line of the table: how it is called, who may, and what it does.
// Router, metrics and documentation are made from it.
type Route struct {
	ID      string // what generated clients call it: camelCase, unique, never renamed
	Method  string
	Path    string // "/api/orders/{id}"
	Summary string
	About   string   // what the summary leaves out
	Tags    []string // one: the class of a generated client

	Public bool          // no token is asked for
	Roles  []domain.Role // nil = any; only admin = ADMIN_ONLY
	Acts   []Act         // what the rule behind it may ask beside; it is the one that refuses

	Query    []Param       // every parameter that a call under /api takes: others are refused
	Body     any           // zero value of what is decoded, for the documentation; nil = no body
	Optional bool          // no body is good, too
	Example  string        // a body that is accepted by an organisation as it begins, and by the demo
	Takes    []string      // headers of a request that count, beside Authorization
	Gives    []string      // headers of its answer, beside those of every answer
	Answer   any           // zero value of what is answered with 200
	Media    string        // of the answer; "" = application/json
	Codes    []domain.Code // what the rule behind it refuses with, beside what any such call does

	ForeignIDs bool // the {parameters} of the path are ids of others

	BodyBytes int  // another limit than the server's; only for paths without {parameters}
	Hidden    bool // not in the documentation

	// Handle answers through the Exchange, or returns an error: a *domain.Error
	// is told to the client, anything else is logged and told as INTERNAL.
	Handle func(*Exchange) error
}

// Param is a query parameter: what it may say, and how it is documented.
type Param struct {
	Name     string
	About    string
	Type     string // "string" (default), "integer", "boolean", "date-time"
	Required bool
	List     bool        // may be repeated or hold several values with commas
	Values   []string    // the only ones there are; nil = any. Others are refused with
	Refusal  domain.Code // this; "" = BAD_REQUEST
}

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
