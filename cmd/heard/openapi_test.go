package main

import (
	"strings"
	"testing"
)

func TestOpenAPINeedsNoServer(t *testing.T) {
	e := startEngine(t, t.TempDir())
	for version, query := range map[string]string{"3.1": "", "3.0": "?version=3.0"} {
		printed := runHeard(t, "openapi", "--version", version)
		if served := e.do("GET", "/openapi.json"+query, ""); printed.code != 0 || printed.stdout != string(served.body)+"\n" {
			t.Errorf("%s: code %d %s, and not what is served", version, printed.code, printed.stderr)
		}
	}
	if a := runHeard(t, "openapi"); !strings.HasPrefix(a.stdout, `{"openapi":"3.1.0"`) {
		t.Errorf("%.60s", a.stdout)
	}
	if a := runHeard(t, "openapi", "--version", "2.0"); a.code != exitUsage || a.stdout != "" {
		t.Errorf("code %d %s", a.code, a.stdout)
	}
}
