package rest

import (
	"encoding/json"
	"errors"
	"regexp"
	"sort"
	"strings"
	"testing"

	"heard/domain"
)

type document struct {
	Openapi string
	Paths   map[string]map[string]struct {
		Parameters  []struct{ Name, In string }
		RequestBody struct {
			Content map[string]struct{ Schema map[string]any }
		}
		Responses map[string]struct{ Content map[string]any }
		Security  []map[string][]string
	}
	Components struct {
		Schemas         map[string]map[string]any
		SecuritySchemes map[string]map[string]any
	}
}

func TestDocumentSaysWhatIsServed(t *testing.T) {
	var served []Route
	r := start(t, func(o *Options) { served = o.Routes })
	a := r.do("GET", "/openapi.json", "")
	var d document
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.StatusCode != 200 {
		t.Fatalf("%d %v", a.StatusCode, err)
	}
	for _, route := range append(served, r.systemRoutes()...) {
		op, ok := d.Paths[route.Path][strings.ToLower(route.Method)]
		if ok == route.Hidden {
			t.Errorf("%s %s: documented %v", route.Method, route.Path, ok)
		}
		if !ok {
			continue
		}
		if (len(op.Security) == 0) != route.Public {
			t.Errorf("%s %s: security %v", route.Method, route.Path, op.Security)
		}
		if op.Responses["default"].Content[typeProblem] == nil {
			t.Errorf("%s %s: no problem documented: %v", route.Method, route.Path, op.Responses)
		}
	}
	name, value := as(domain.Admin)
	for path, methods := range d.Paths {
		for method := range methods {
			a := r.do(strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "o-1"), "", name, value)
			if a.StatusCode == 404 || a.StatusCode == 405 {
				t.Errorf("documented %s %s: %d", method, path, a.StatusCode)
			}
		}
	}
	op := d.Paths["/api/orders/{id}/items"]["post"]
	var params []string
	for _, p := range op.Parameters {
		params = append(params, p.In+" "+p.Name)
	}
	if sort.Strings(params); strings.Join(params, ", ") != "header Idempotency-Key, header If-Match, path id" {
		t.Errorf("parameters %v", params)
	}
	if q := d.Paths["/api/orders"]["get"].Parameters; len(q) != 1 || q[0].Name != "limit" {
		t.Errorf("query %v", q)
	}
	body, _ := json.Marshal(d.Components.Schemas)
	if !strings.Contains(string(body), `"price":{"format":"double","type":"number"}`) {
		t.Errorf("price is no number: %s", body)
	}
	if d.Components.SecuritySchemes["bearer"]["scheme"] != "bearer" {
		t.Errorf("%v", d.Components.SecuritySchemes)
	}
	r.do("GET", "/openapi.json", "", "If-None-Match", a.Header.Get("ETag")).want(t, 304, "", "")
}

// A call that a generated client could not have, or would know nothing of, is a
// mistake in the table.
func TestDocumentNeedsNamesAndAnswers(t *testing.T) {
	good := Route{ID: "get", Method: "GET", Path: "/x", Tags: []string{"a"}, Answer: HealthStatus{}}
	for what, spoil := range map[string]func(*Route){
		"good": func(*Route) {}, "no id": func(r *Route) { r.ID = "" }, "another's id": func(r *Route) { r.ID = "other" },
		"no tag": func(r *Route) { r.Tags = nil }, "two tags": func(r *Route) { r.Tags = []string{"a", "b"} },
		"no answer": func(r *Route) { r.Answer = nil }, "an answer of any type": func(r *Route) { r.Answer = map[string]any{} },
		"a header nobody knows": func(r *Route) { r.Takes = []string{"X-Other"} },
	} {
		r := good
		spoil(&r)
		other := good
		other.ID, other.Path = "other", "/y"
		if _, err := buildDocument([]Route{other, r}, Options{}, "3.1"); (err == nil) != (what == "good") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDocumentationNeedsNoNetwork(t *testing.T) {
	r := start(t, nil)
	for _, path := range []string{"/docs"} {
		page := r.do("GET", path, "")
		if page.StatusCode != 200 || !strings.Contains(page.body, "/openapi.json") {
			t.Fatalf("%s: %d %s", path, page.StatusCode, page.body)
		}
		loaded := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
		if len(loaded) < 3 {
			t.Errorf("%s loads only %v", path, loaded)
		}
		for _, match := range loaded {
			if !strings.HasPrefix(match[1], "/docs/") {
				t.Errorf("%s loads %s", path, match[1])
			} else if a := r.do("GET", match[1], ""); a.StatusCode != 200 || len(a.body) < 100 {
				t.Errorf("%s: %d, %d bytes", match[1], a.StatusCode, len(a.body))
			}
		}
	}
	if a := r.do("GET", "/docs/nothing.js", ""); a.StatusCode != 404 {
		t.Errorf("%d", a.StatusCode)
	}
}

type health struct{ err error }

func (h health) Ready() error { return h.err }

func TestHealth(t *testing.T) {
	h := &health{}
	r := start(t, func(o *Options) { o.Health = h })
	r.do("GET", "/healthz", "").want(t, 200, "", "")
	r.do("GET", "/readyz", "").want(t, 200, "", "")
	h.err = errors.New("disk has 3 MiB free")
	a := r.do("GET", "/readyz", "")
	a.want(t, 503, domain.JournalUnavailable, "Not ready: disk has 3 MiB free")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.err = domain.Refuse(domain.Draining, "Draining")
	r.do("GET", "/readyz", "").want(t, 503, domain.Draining, "Draining")
	r.do("GET", "/healthz", "").want(t, 200, "", "")
}
