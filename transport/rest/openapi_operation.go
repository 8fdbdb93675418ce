package rest

import (
	"encoding/json"
	"strings"

	"heard/domain"
)

// operation is one line of the table.
func (s *schemas) operation(r *Route) object {
	o := object{{"operationId", r.ID}, {"summary", r.Summary}, {"description", r.description()}, {"tags", r.Tags}}
	if r.Public {
		o.add("security", []any{})
	} else {
		o.add("security", []any{object{{securityName, []any{}}}})
		o.add("x-roles", r.roles())
	}
	if params := s.parameters(r); len(params) > 0 {
		o.add("parameters", params)
	}
	if r.Body != nil {
		media := object{{"schema", s.root(r.Body)}}
		if r.Example != "" {
			media.add("example", json.RawMessage(r.Example))
		}
		o.add("requestBody", object{{"required", !r.Optional}, {"content", object{{typeJSON, media}}}})
	}
	o.add("responses", s.responses(r))
	return o
}

// description ends with who may, from what refuses the others.
func (r *Route) description() string {
	var parts []string
	if r.About != "" {
		parts = append(parts, r.About)
	}
	switch {
	case r.Public:
	case r.Roles != nil:
		parts = append(parts, "**Who may**: "+listRoles(r.Roles)+".")
	case len(r.Acts) > 0:
		text := "**Who may**, as long as `permissions` in the settings do not narrow it:"
		for _, a := range r.Acts {
			text += "\n* `" + a.Name + "`: " + listRoles(a.Roles)
		}
		parts = append(parts, text)
	default:
		parts = append(parts, "**Who may**: every role.")
	}
	return strings.Join(parts, "\n\n")
}

func listRoles(roles []domain.Role) string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = string(role)
	}
	return strings.Join(names, ", ")
}

// roles are those that may have the call carried out, the most powerful first.
func (r *Route) roles() (roles []domain.Role) {
	for _, role := range domain.Roles() {
		may := r.Roles == nil && r.Acts == nil
		for _, a := range append([]Act{{Roles: r.Roles}}, r.Acts...) {
			may = may || (domain.Identity{Role: role}).OneOf(a.Roles...)
		}
		if may {
			roles = append(roles, role)
		}
	}
	return roles
}

func (s *schemas) parameters(r *Route) (list []any) {
	for part := range strings.SplitSeq(r.Path, "/") {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		about, schema := s.words.member(r.Tags[0], part).About, object{{"type", "string"}}
		if r.ForeignIDs {
			about += " Percent-encoded, `/` too."
		} else {
			schema.add("pattern", "^[A-Za-z0-9_-]{1,64}$")
		}
		list = append(list, object{
			{"name", strings.Trim(part, "{}")}, {"in", "path"}, {"required", true}, {"description", about},
			{"schema", schema},
		})
	}
	for _, p := range r.Query {
		list = append(list, s.query(p))
	}
	for _, name := range r.Takes {
		list = append(list, object{
			{"name", name}, {"in", "header"}, {"description", requestHeader(name)}, {"schema", object{{"type", "string"}}},
		})
	}
	return list
}

func (s *schemas) query(p Param) object {
	schema := object{{"type", "string"}}
	switch {
	case p.Type == "date-time":
		schema.add("format", p.Type)
	case p.Type != "":
		schema[0].value = p.Type
	}
	if p.Values != nil {
		schema.add("enum", p.Values)
	}
	o := object{{"name", p.Name}, {"in", "query"}, {"description", p.About}}
	if p.Required {
		o.add("required", true)
	}
	if p.List {
		schema = object{{"type", "array"}, {"items", schema}}
		o.add("explode", false)
	}
	o.add("schema", schema)
	return o
}

// requestHeader says what a header of a request is for.
func requestHeader(name string) string {
	switch name {
	case headerIdempotencyKey:
		return "Up to 255 printable ASCII characters of the client's own. The same key and request again: the first answer, one effect. Keys live at least 24 h."
	case "If-Match":
		return "The version that was seen, `\"v7\"`, from `ETag`. Stale: 412."
	case "If-None-Match":
		return "The `ETag` of what the client has. Still the same: 304."
	}
	panic("what is the header " + name + "?")
}
