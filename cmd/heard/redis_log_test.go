package main

import (
	"strings"
	"testing"

	"heard/persistence/redistest"
)

// TestRedisThatIsAwayDoesNotFloodTheLog: the client library says a line for each
// connection it tries; they are for --log-level debug.
func TestRedisThatIsAwayDoesNotFloodTheLog(t *testing.T) {
	cache := redistest.Start(t)
	cache.Kill()
	for _, level := range []string{"info", "debug"} {
		e := startEngine(t, t.TempDir(), "--cache-url", cache.URL(), "--log-level", level)
		for range 5 {
			if a := e.do("GET", "/api/menu", ""); !a.ok() {
				t.Fatal(a)
			}
		}
		waitFor := map[string]string{"info": "the shared cache does not answer", "debug": "failed to dial"}[level]
		if _, found := e.stderr.find(waitFor, patience, e.ended); !found {
			t.Errorf("--log-level %s does not say %q:\n%.2000s", level, waitFor, e.stderr)
		}
		if said := e.stderr.String(); level == "info" && strings.Contains(said, "failed to dial") || strings.Contains(said, "redis: 2") {
			t.Errorf("--log-level %s:\n%.2000s", level, said)
		}
		e.term()
	}
}
