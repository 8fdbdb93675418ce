package rest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"heard/domain"
	"heard/transport"
)

// responses are the answer, and every refusal by its status.
func (s *schemas) responses(r *Route) object {
	description := "The answer."
	if slices.Contains(r.Takes, headerIdempotencyKey) {
		description = "Done, and durable."
	}
	good := object{{"description", description}, {"headers", headersOf(append([]string{headerRequestID}, r.Gives...))}}
	if r.Answer != nil {
		media := r.Media
		if media == "" {
			media = typeJSON
		}
		good.add("content", object{{media, object{{"schema", s.root(r.Answer)}}}})
	}
	all := object{{"200", good}}
	if slices.Contains(r.Takes, "If-None-Match") {
		all.add("304", object{{"description", "The client has it: `If-None-Match` names it."}, {"headers", headersOf([]string{headerRequestID, "ETag"})}})
	}
	byStatus := map[int][]domain.Code{}
	for _, code := range r.refusals() {
		n := transport.StatusOf(code).Number
		byStatus[n] = append(byStatus[n], code)
	}
	for _, n := range slices.Sorted(maps.Keys(byStatus)) {
		all.add(strconv.Itoa(n), s.refusal(http.StatusText(n)+".", n, byStatus[n], r.givesAnyway()))
	}
	all.add("default", s.refusal("Refused before the call was reached.", 0, serverRefusals(), nil))
	return all
}

// givesAnyway are the headers of a refusal, too: they are there before it.
func (r *Route) givesAnyway() (names []string) {
	for _, name := range r.Gives {
		if name == "X-Ignored-Fields" || name == "Cache-Control" {
			names = append(names, name)
		}
	}
	return names
}

func (s *schemas) refusal(what string, status int, codes []domain.Code, also []string) object {
	text, headers := []string{what, ""}, append([]string{headerRequestID}, also...)
	for _, m := range transport.Meanings() {
		if slices.Contains(codes, m.Code) {
			text = append(text, "* `"+string(m.Code)+"`: "+m.About)
		}
	}
	switch status {
	case http.StatusUnauthorized:
		headers = append(headers, "WWW-Authenticate")
	case http.StatusServiceUnavailable, 0:
		headers = append(headers, "Retry-After")
	}
	return object{
		{"description", strings.Join(text, "\n")},
		{"headers", headersOf(headers)},
		{"content", object{{typeProblem, object{{"schema", s.of(reflect.TypeFor[Problem]())}}}}},
		{"x-codes", codes},
	}
}

// serverRefusals are those of the server, whatever is called.
func serverRefusals() []domain.Code {
	return []domain.Code{
		domain.NotFound, domain.MethodNotAllowed, transport.RequestTimeout, domain.PayloadTooLarge,
		domain.RateLimited, transport.HeaderTooLarge,
	}
}

// refusals are all of one call: what any such call does, and its own.
func (r *Route) refusals() []domain.Code {
	codes := []domain.Code{domain.BadRequest, domain.ValidationError, domain.Internal}
	if !r.Public {
		codes = append(codes, domain.Unauthenticated, domain.TokenExpired, domain.Overloaded, domain.NotLeader,
			domain.Draining, domain.JournalUnavailable, domain.StoreUnavailable)
	}
	switch {
	case len(r.Roles) == 1 && r.Roles[0] == domain.Admin:
		codes = append(codes, domain.AdminOnly)
	case r.Roles != nil || r.Acts != nil:
		codes = append(codes, domain.Forbidden)
	}
	if r.Method != http.MethodGet {
		codes = append(codes, domain.PayloadTooLarge, domain.UnsupportedMedia)
	}
	if slices.Contains(r.Takes, headerIdempotencyKey) {
		codes = append(codes, domain.KeyReused, domain.OutcomeUnknown)
	}
	if slices.Contains(r.Takes, "If-Match") {
		codes = append(codes, domain.VersionMismatch)
	}
	for _, code := range r.Codes {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// root is the schema of a body.
func (s *schemas) root(v any) object { return s.of(reflect.TypeOf(v)) }

func headersOf(names []string) object {
	var o object
	for _, name := range names {
		o.add(name, object{{"$ref", "#/components/headers/" + name}})
	}
	return o
}

// answerHeaders are all that an answer may have, beside those of HTTP and CORS.
func answerHeaders() object {
	var o object
	for _, h := range [][3]string{
		{"string", headerRequestID, "The request's own, or one given here; in the log, too."},
		{"string", "ETag", "The version, `\"v7\"`: for `If-Match` and `If-None-Match`."},
		{"string", "Idempotent-Replayed", "`true`: the key was known, this is the first answer again."},
		{"string", "X-Durability", "`fast`, with `--durability fast`: the fsync follows within 10 ms."},
		{"string", "X-Ignored-Fields", "Members of the body that are not known and were ignored."},
		{"string", "X-Next-Cursor", "Where the next page begins; missing on the last."},
		{"string", "Link", "The next page, `<…>; rel=\"next\"`; missing on the last."},
		{"integer", "X-As-Of-Seq", "The sequence of the organisation's log that the list shows; give it to `since` the next time."},
		{"string", "X-Incomplete", "Closed orders are missing from the list, and why."},
		{"integer", "Retry-After", "Seconds to wait before it is asked again."},
		{"string", "WWW-Authenticate", "`Bearer`."},
		{"string", "Cache-Control", "`no-store`."},
	} {
		o.add(h[1], object{{"description", h[2]}, {"schema", object{{"type", h[0]}}}})
	}
	return o
}
