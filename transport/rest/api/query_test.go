package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"heard/domain"
	"heard/transport/rest"
)

// eachRoute calls every route of the table where it would be carried out.
func eachRoute(t *testing.T, test func(boss *person, r rest.Route, path, body string)) {
	t.Helper()
	for _, r := range shared.api().Routes() {
		boss, fill := place(open(t))
		w := writes[r.Method+" "+r.Path]
		if w.path == "" {
			w.path = r.Path
		}
		test(boss, r, fill.Replace(w.path), fill.Replace(w.good))
	}
}

// A misspelt parameter, or one that a call does not have, is not passed over: the
// answer would be to another question.
func TestUnknownParametersAreRefusedByName(t *testing.T) {
	eachRoute(t, func(boss *person, r rest.Route, path, body string) {
		before := boss.state()
		for _, name := range []string{"stauts", "page", "Limit", "limit[]", "tenant_id", "token"} {
			a := boss.do(r.Method, path+"?"+name+"=2", body).want(422, domain.ValidationError, name)
			for _, p := range r.Query { // and it says which there are
				if !strings.Contains(a.problem.Detail, p.Name) {
					t.Errorf("%s: %s does not name %s", a.asked, a.problem.Detail, p.Name)
				}
			}
		}
		boss.do(r.Method, path+"?%00%ff=1", body).want(422, domain.ValidationError, "")
		if boss.state() != before {
			t.Errorf("%s %s was refused and had an effect", r.Method, r.Path)
		}
		// what old pages send to get past a cache does no harm
		boss.do(r.Method, path+"?_=1700000000&_t=1&_t=2&", body).ok()
	})
}

func TestRepeatedParametersAreRefused(t *testing.T) {
	eachRoute(t, func(boss *person, r rest.Route, path, body string) {
		for _, p := range r.Query {
			if !p.List {
				boss.do(r.Method, path+"?"+p.Name+"=&"+p.Name+"=", body).want(422, domain.ValidationError, p.Name)
			}
		}
	})
	w := open(t).as(domain.Waiter)
	w.do("GET", "/api/orders?limit=1&limit=2", "").want(422, domain.ValidationError, "limit")
	w.get("/api/orders?status=ready&status=served,pending")
}

// Who may not know is not told which parameters there are.
func TestTokensComeBeforeParameters(t *testing.T) {
	k := open(t)
	(&person{k: k}).do("GET", "/api/orders?stauts=x", "").want(401, domain.Unauthenticated, "")
	k.as(domain.Waiter).do("GET", "/api/admin/performance-stats?x=1", "").want(403, domain.AdminOnly, "")
}

// Probes, pages and scrapers have addresses of others' making.
func TestSystemRoutesTakeAnyParameter(t *testing.T) {
	nobody := &person{k: open(t)}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"} {
		if a := nobody.do("GET", path+"?verbose=1&verbose=2&station=bar", ""); a.StatusCode != 200 {
			t.Errorf("%s: %d %s", a.asked, a.StatusCode, a.body)
		}
	}
}

func TestDocumentHasEveryParameter(t *testing.T) {
	k := open(t)
	type parameter struct {
		Name, In string
		Schema   map[string]any
	}
	var document struct {
		Paths map[string]map[string]struct{ Parameters []parameter }
	}
	if err := json.Unmarshal([]byte((&person{k: k}).get("/openapi.json").body), &document); err != nil {
		t.Fatal(err)
	}
	for _, r := range k.api().Routes() {
		documented := map[string]parameter{}
		for _, p := range document.Paths[r.Path][strings.ToLower(r.Method)].Parameters {
			if p.In == "query" {
				documented[p.Name] = p
			}
		}
		for _, p := range r.Query {
			d, ok := documented[p.Name]
			if !ok || p.List != (d.Schema["type"] == "array") || !p.List && (p.Values != nil) != (d.Schema["enum"] != nil) {
				t.Errorf("%s %s: parameter %s is documented as %v", r.Method, r.Path, p.Name, d)
			}
			delete(documented, p.Name)
		}
		for name := range documented {
			t.Errorf("%s %s: parameter %s is documented and refused", r.Method, r.Path, name)
		}
	}
}
