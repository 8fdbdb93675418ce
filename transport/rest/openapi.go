package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"heard/domain"
	"heard/transport"
)

const securityName = "bearer"

// Versions are those of OpenAPI that the document is made for, the default first.
func Versions() []string { return []string{"3.1", "3.0"} }

const about = `Order engine for restaurants. A 2xx to a write means that it is durable.

* **Money** is an exact decimal for display and an integer twin ` + "`*_minor`" + ` for calculating. In a request a decimal may be a number or text; it is never read through a float.
* **Null** in a request, for a member that may be left out, is as if it was left out, where nothing else is said.
* **Unknown members** are 422; where the call has the answer header ` + "`X-Ignored-Fields`" + ` they are ignored and named there.
* **Every answer** has ` + "`X-Request-Id`" + `, the request's own where it sent one. **HEAD** is answered wherever GET is.
* **Lists** are bare arrays; the next page is in the headers ` + "`X-Next-Cursor` and `Link`" + `.
* **More members may come**: readers ignore those they do not know.`

// buildDocument makes the OpenAPI document from the table, so that it cannot
// say anything else than what is served.
func buildDocument(routes []Route, o Options, version string) (document []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("document: %v", p)
		}
	}()
	s := newSchemas(ownWords(o.Words))
	var paths object
	ids := map[string]bool{}
	for i := range routes {
		r := &routes[i]
		if r.Hidden {
			continue
		}
		if r.ID == "" || ids[r.ID] || len(r.Tags) != 1 || r.Answer == nil {
			return nil, fmt.Errorf("document %s %s: an id of its own, one tag and an answer are needed", r.Method, r.Path)
		}
		ids[r.ID] = true
		addOperation(&paths, r, s.operation(r))
	}
	var parts object
	for _, name := range slices.Sorted(maps.Keys(s.made)) {
		parts.add(name, s.made[name])
	}
	root := object{
		{"openapi", "3.1.0"},
		{"info", object{
			{"title", "heard"}, {"version", o.Version}, {"description", about},
			{"license", object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
		}},
		{"servers", []any{object{{"url", "/"}}}},
		{"tags", tags(o.Words.Tags)},
		{"paths", paths},
		{"components", object{
			{"schemas", parts},
			{"headers", answerHeaders()},
			{"securitySchemes", object{{securityName, object{
				{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"},
				{"description", "HS256 token with sub, name, org, role, exp and iat. Organisation, user and role come from it alone."},
			}}}},
		}},
	}
	if version == "3.0" {
		root = asVersion30(root).(object)
	}
	return json.Marshal(root)
}

func addOperation(paths *object, r *Route, operation object) {
	method := strings.ToLower(r.Method)
	for i := range *paths {
		if (*paths)[i].name == r.Path {
			(*paths)[i].value = append((*paths)[i].value.(object), member{method, operation})
			return
		}
	}
	paths.add(r.Path, object{{method, operation}})
}

func tags(all []Tag) (list []any) {
	for _, t := range append(slices.Clone(all), Tag{systemTag, "What operators and developers ask for; no token is needed."}) {
		list = append(list, object{{"name", t.Name}, {"description", t.About}})
	}
	return list
}

// Problem is the error body, for the documentation; AppendProblem writes it.
type Problem struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	Code      domain.Code     `json:"code"`
	RequestID string          `json:"request_id"`
	Errors    []domain.Field  `json:"errors,omitempty"`
	Current   json.RawMessage `json:"current,omitempty"`
	Order     json.RawMessage `json:"order,omitempty"`
}

// ownWords are those of what this package answers itself.
func ownWords(v Vocabulary) *Vocabulary {
	own := map[string]Member{
		"Problem.type":       {About: "`/errors/` and the code in lower case.", Example: "/errors/order-not-found"},
		"Problem.title":      {About: "The status in words.", Example: "Not Found"},
		"Problem.status":     {About: "The status of the answer.", Example: 404},
		"Problem.detail":     {About: "A sentence for people.", Example: "Order not found"},
		"Problem.code":       {About: "Why, for machines."},
		"Problem.request_id": {About: "As in `X-Request-Id`, and in the server's log.", Example: "0a1b2c3d4e5f6071-1"},
		"Problem.errors":     {About: "Which members of the request are to blame."},
		"Problem.current":    {About: "With `VERSION_MISMATCH`: as it is now."},
		"Problem.order":      {About: "With `VERSION_MISMATCH`: the order as it is now; the same as `current`."},
		"Field.field":        {About: "Its place in the request.", Example: "items[0].quantity"},
		"Field.detail":       {About: "What is wrong with it.", Example: "must be above 0"},
		"Health.status":      {About: "`ok` or `ready`.", Example: "ready"},
		"Health.degraded":    {About: "What is away though writes are taken."},
	}
	maps.Copy(own, v.Members)
	v.Members = own
	v.Types = append([]Type{
		{Of: domain.Field{}, About: "What is wrong with one member of a request."},
		{Of: Problem{}, About: "Why a request was refused or failed (RFC 9457)."},
		{Of: HealthStatus{}, Name: "Health", About: "How the process is."},
		codes(),
	}, v.Types...)
	return &v
}

// codes is the closed list of error codes, with what they mean.
func codes() Type {
	t := Type{Of: domain.Code(""), Name: "Code", About: "Why a request was refused, for machines."}
	for _, m := range transport.Meanings() {
		t.Values, t.Mean = append(t.Values, string(m.Code)), append(t.Mean, m.About)
	}
	return t
}
