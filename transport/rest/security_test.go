package rest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"heard/domain"
)

// TestAttacksAreInTheLog at the default level, with who and from where, and without
// a token or a body.
func TestAttacksAreInTheLog(t *testing.T) {
	log := &logBuffer{}
	r := start(t, func(o *Options) { o.Log = slog.New(slog.NewJSONHandler(log, nil)) })
	name, value := as(domain.Waiter)
	r.do("GET", "/api/orders", "", "Authorization", "Bearer made.up.secret")
	r.do("GET", "/api/admin/performance-stats", "", name, value)
	r.do("GET", "/healthz", "", "Origin", "https://evil.example")
	lines := log.String()
	for _, want := range []string{`"event":"token refused"`, `"event":"act refused"`, `"event":"origin refused"`, `"origin":"https://evil.example"`, `"role":"waiter"`, `"remote":"127.0.0.1:`} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, lines)
		}
	}
	if strings.Contains(lines, "made.up") || strings.Contains(lines, value[10:]) {
		t.Errorf("a token is in the log:\n%s", lines)
	}
	for range 100 {
		r.do("GET", "/api/orders", "", "Authorization", "Bearer made.up.secret")
	}
	if n := strings.Count(log.String(), "token refused"); n != securityLines {
		t.Errorf("a flood writes %d lines", n)
	}
}

func TestAnswersAreGuarded(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Waiter)
	for _, c := range []struct{ target, cache string }{{"/api/ping", "no-store"}, {"/api/none", "no-store"}, {"/healthz", "no-store"}} {
		a := r.do("GET", c.target, "", name, value)
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %v", c.target, a.Header)
		}
	}
	if a := r.do("GET", "/api/ping", ""); a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("refused: %v", fmt.Sprint(a.Header))
	}
}
