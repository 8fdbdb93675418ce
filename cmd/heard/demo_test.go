package main

import (
	"strings"
	"testing"
)

// TestDemoMoves: the links and tokens it prints work at once, and its orders move.
func TestDemoMoves(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir(), "--demo")
	tokens := map[string]string{}
	for _, role := range []string{"admin", "waiter", "kitchen"} {
		line, ok := e.stdout.find(role+" ", patience, e.ended)
		parts := strings.Fields(line)
		if !ok || len(parts) != 2 {
			t.Fatalf("no token for %s in\n%s", role, e.stdout)
		}
		tokens[role] = parts[1]
	}
	for label, link := range map[string]string{"dashboard": "/#token=" + tokens["admin"], "pad": "/pad#token=" + tokens["waiter"], "display": "/kitchen#token=" + tokens["kitchen"]} {
		line, _ := e.stdout.find(label+" ", patience, e.ended)
		if want := "http://" + e.address + link; !strings.HasSuffix(line, " "+want) {
			t.Errorf("%q, want %s", line, want)
		}
		page, _, _ := strings.Cut(link, "#")
		if a := e.do("GET", page, ""); !a.ok() || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %v", page, a)
		}
	}
	for role, token := range tokens {
		e.token = token
		eventually(t, patience, role+" sees orders", func() bool {
			a := e.do("GET", "/api/orders", "")
			if !a.ok() {
				t.Errorf("%s: %v", role, a)
			}
			return a.ok() && len(parse[[]row](t, a.body)) > 0
		})
	}
	if a := e.do("GET", "/api/menu", ""); !a.ok() || len(parse[[]row](t, a.body)) < 10 {
		t.Errorf("menu: %v", a)
	}
	eventually(t, patience, "an order moves", func() bool {
		for _, o := range parse[[]row](t, e.do("GET", "/api/orders?status=all", "").body) {
			if o.Version > 1 && o.Status != "pending" {
				return true
			}
		}
		return false
	})
	e.term()
	e.wantClean()
	again := e.restart("--demo") // on the same data
	if _, ok := again.stdout.find("kitchen ", patience, again.ended); !ok {
		t.Errorf("the second time:\n%s%s", again.stdout, again.stderr)
	}
}
