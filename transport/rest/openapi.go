package rest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"heard/domain"
)

const securityName = "bearer"

// Problem is the error body, for the documentation; AppendProblem writes it.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      domain.Code    `json:"code"`
	RequestID string         `json:"request_id"`
	Errors    []domain.Field `json:"errors,omitempty"`
	Current   any            `json:"current,omitempty"`
	Order     any            `json:"order,omitempty"`
}

// buildDocument makes the OpenAPI document from the table, so that it cannot
// say anything else than what is served.
func buildDocument(routes []Route, o Options) ([]byte, error) {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle("heard").WithVersion(o.Version).
		WithDescription("Order engine for restaurants. A 2xx to a write means that it is durable.")
	r.Spec.SetHTTPBearerTokenSecurity(securityName, "JWT", "HS256 token with sub, name, org, role, exp and iat.")
	r.DefaultOptions = append(r.DefaultOptions, jsonschema.StripDefinitionNamePrefix("Rest", "Domain"))
	for _, s := range o.Schemas {
		r.AddTypeMapping(s.Type, s.As)
	}
	for _, route := range routes {
		mapOptionals(r, reflect.TypeOf(route.Body))
	}
	for i := range routes {
		if routes[i].Hidden {
			continue
		}
		if err := describe(r, &routes[i]); err != nil {
			return nil, fmt.Errorf("document %s %s: %w", routes[i].Method, routes[i].Path, err)
		}
	}
	return r.Spec.MarshalJSON()
}

func describe(r *openapi31.Reflector, route *Route) error {
	op, err := r.NewOperationContext(route.Method, route.Path)
	if err != nil {
		return err
	}
	op.SetSummary(route.Summary)
	op.SetTags(route.Tags...)
	if !route.Public {
		op.AddSecurity(securityName)
		op.SetDescription(whoMay(route.Roles))
	}
	params := pathParams(route)
	for _, p := range route.Query {
		params = append(params, parameter(p, openapi31.ParameterInQuery))
	}
	if !route.Public && route.Method != "GET" {
		params = append(params,
			parameter(Param{Name: "Idempotency-Key", About: "The same key and request again: the first answer, one effect."}, openapi31.ParameterInHeader),
			parameter(Param{Name: "If-Match", About: `The version that was seen, "v7"; stale: 412.`}, openapi31.ParameterInHeader))
	}
	op.(openapi31.OperationExposer).Operation().Parameters = params
	if route.Body != nil {
		op.AddReqStructure(route.Body, openapi.WithContentType(typeJSON))
	}
	if route.Answer != nil {
		op.AddRespStructure(route.Answer, openapi.WithHTTPStatus(200), openapi.WithContentType(typeJSON))
	} else {
		op.AddRespStructure(nil, openapi.WithHTTPStatus(200), func(c *openapi.ContentUnit) { c.Description = "Done." })
	}
	op.AddRespStructure(Problem{}, openapi.WithContentType(typeProblem), func(c *openapi.ContentUnit) {
		c.IsDefault = true
		c.Description = "Refused or failed; code says why."
	})
	return r.AddOperation(op)
}

func whoMay(roles []domain.Role) string {
	if roles == nil {
		return "Any role."
	}
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = string(role)
	}
	return "Roles: " + strings.Join(names, ", ") + "."
}

func pathParams(route *Route) (params []openapi31.ParameterOrReference) {
	for part := range strings.SplitSeq(route.Path, "/") {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		p := parameter(Param{Name: strings.Trim(part, "{}"), Required: true}, openapi31.ParameterInPath)
		if route.ForeignIDs {
			p.Parameter.WithDescription("Percent-encoded, / too.")
			p.Parameter.WithSchema(map[string]any{"type": "string", "minLength": 1})
		} else {
			p.Parameter.WithSchema(map[string]any{"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"})
		}
		params = append(params, p)
	}
	return params
}

func parameter(p Param, in openapi31.ParameterIn) openapi31.ParameterOrReference {
	schema := map[string]any{"type": "string"}
	switch {
	case p.Type == "date-time":
		schema["format"] = p.Type
	case p.Type != "":
		schema["type"] = p.Type
	}
	out := (&openapi31.Parameter{}).WithName(p.Name).WithIn(in).WithSchema(schema)
	if p.About != "" {
		out.WithDescription(p.About)
	}
	if p.Required {
		out.WithRequired(true)
	}
	return openapi31.ParameterOrReference{Parameter: out}
}

// mapOptionals documents domain.Optional[T] as T.
func mapOptionals(r *openapi31.Reflector, body reflect.Type) {
	if body == nil {
		return
	}
	types := map[reflect.Type]*shape{}
	shapeOf(body, types)
	for t := range types {
		if isOptional(t) {
			r.AddTypeMapping(reflect.New(t).Elem().Interface(), reflect.New(optionalValue(t)).Elem().Interface())
		}
	}
}
