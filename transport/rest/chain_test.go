package rest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/auth"
)

func contextFor(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

func TestTokenIsAsked(t *testing.T) {
	r := start(t, nil)
	a := r.do("GET", "/api/ping", "")
	a.want(t, 401, domain.Unauthenticated, "Not authenticated")
	if a.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("WWW-Authenticate: %q", a.Header.Get("WWW-Authenticate"))
	}
	r.do("GET", "/api/ping", "", "Authorization", "Basic dTpw").want(t, 401, domain.Unauthenticated, "Not authenticated")
	r.do("GET", "/api/ping", "", "Authorization", "Bearer ").want(t, 401, domain.Unauthenticated, "Not authenticated")
	r.do("GET", "/api/ping", "", "Authorization", "Bearer x.y.z").want(t, 401, domain.Unauthenticated, "Invalid token: not a JWT")
	old, _ := auth.Mint(secret, domain.Identity{User: "u", Role: domain.Staff}, "o", time.Minute, time.Now().Add(-time.Hour))
	r.do("GET", "/api/ping", "", "Authorization", "Bearer "+old).want(t, 401, domain.TokenExpired, "Token expired")
	name, value := as(domain.Kitchen)
	r.do("GET", "/api/ping", "", name, value).want(t, 200, "", "")
	r.do("GET", "/api/ping", "", name, strings.Replace(value, "Bearer", "bearer", 1)).want(t, 200, "", "")
}

func TestRoleIsChecked(t *testing.T) {
	r := start(t, nil)
	for _, role := range domain.Roles() {
		name, value := as(role)
		a := r.do("PUT", "/api/strict", "", name, value)
		if role == domain.Admin || role == domain.Manager {
			a.want(t, 200, "", "")
		} else {
			a.want(t, 403, domain.Forbidden, "Needs one of the roles admin, manager")
		}
		a = r.do("GET", "/api/admin/performance-stats", "", name, value)
		if role == domain.Admin {
			a.want(t, 200, "", "")
		} else {
			a.want(t, 403, domain.AdminOnly, "Admin only")
		}
	}
}

// A header that decides what may happen is there once, or nobody knows which
// one a proxy in front has looked at.
func TestRepeatedHeadersAreRefused(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	for header, two := range map[string][2]string{
		"Authorization":   {value, value},
		"Idempotency-Key": {"k1", "k2"},
		"If-Match":        {`"v1"`, `*`},
	} {
		headers := []string{header, two[0], strings.ToLower(header), two[1]}
		if header != name {
			headers = append(headers, name, value)
		}
		a := r.do("POST", "/api/orders", `{"items":[]}`, headers...)
		a.want(t, 400, domain.BadRequest, header+": is there twice")
		if len(a.problem.Errors) != 1 || a.problem.Errors[0].Field != header {
			t.Errorf("%s: %s", header, a.body)
		}
		r.do("GET", "/healthz", "", header, two[0], header, two[1]).want(t, 400, domain.BadRequest, "")
	}
	r.do("GET", "/healthz", "", name, "", name, value).want(t, 400, domain.BadRequest, "") // an empty one is one
	r.do("POST", "/api/orders", `{"items":[]}`, name, value, "Idempotency-Key", "k", "If-Match", `"v1"`).want(t, 200, "", "")
}

func TestUnknownPathsAndMethods(t *testing.T) {
	r := start(t, nil)
	r.do("GET", "/nothing", "").want(t, 404, domain.NotFound, "Not Found")
	r.do("GET", "/api/orders/", "").want(t, 404, domain.NotFound, "Not Found")
	r.do("GET", "//api/ping", "").want(t, 404, domain.NotFound, "Not Found")
	r.do("GET", "/API/ping", "").want(t, 404, domain.NotFound, "Not Found")
	r.do("BREW", "/nothing", "").want(t, 404, domain.NotFound, "Not Found")
	a := r.do("DELETE", "/api/orders", "")
	a.want(t, 405, domain.MethodNotAllowed, "Method Not Allowed")
	if allow := a.Header.Get("Allow"); allow != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("Allow: %q", allow)
	}
	a = r.do("OPTIONS", "/api/orders", "")
	if a.StatusCode != 204 || a.Header.Get("Allow") != "GET, HEAD, OPTIONS, POST" || a.body != "" {
		t.Errorf("OPTIONS: %d %q %q", a.StatusCode, a.Header.Get("Allow"), a.body)
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	a := r.do("HEAD", "/api/orders/o-1", "", name, value)
	if a.StatusCode != 200 || a.body != "" || a.Header.Get("ETag") != `"v7"` || a.ContentLength != int64(len(`{"id":"o-1"}`)) {
		t.Errorf("%d %q %v", a.StatusCode, a.body, a.Header)
	}
	if a := r.do("HEAD", "/api/orders/o-1", ""); a.StatusCode != 401 || a.body != "" {
		t.Errorf("without token: %d %q", a.StatusCode, a.body)
	}
}

func TestPathsThatLookLikeEachOther(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	for path, status := range map[string]int{
		"/api/orders/batch": 200, "/api/orders/batch-1/items": 200, "/api/orders/b/items": 200, "/api/orders/batch/items": 200,
		"/api/orders/batc": 405,
	} {
		if a := r.do("POST", path, "", name, value); a.StatusCode != status {
			t.Errorf("POST %s: %d, want %d", path, a.StatusCode, status)
		}
	}
	r.do("GET", "/api/orders/batch", "", name, value).want(t, 200, "", "")
	for _, id := range []string{"a%2Fb", "a.b", "%00", "a%252Fb", strings.Repeat("x", 65), "..", "é"} {
		r.do("GET", "/api/orders/"+id, "", name, value).want(t, 404, domain.OrderNotFound, "Order not found")
	}
}

func TestPanicIsOneBadAnswer(t *testing.T) {
	r := start(t, nil)
	for range 3 {
		a := r.do("GET", "/api/panic", "", "Origin", "http://localhost:3000", "X-Request-Id", "mine-1")
		a.want(t, 500, domain.Internal, "Internal error")
		if a.Header.Get("ETag") != "" || a.Header.Get("Access-Control-Allow-Origin") == "" || a.problem.RequestID != "mine-1" {
			t.Errorf("headers: %v", a.Header)
		}
	}
	var line struct{ Msg, Panic, Stack, RequestID string }
	found := false
	for text := range strings.Lines(r.log.String()) {
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("log line %q: %v", text, err)
		}
		found = found || line.Msg == "panic in a request" && strings.Contains(line.Stack, "server_test.go")
	}
	if !found {
		t.Errorf("no stack in the log: %s", r.log)
	}
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight", n)
	}
}

func TestErrorsThatAreNotOursAreNotTold(t *testing.T) {
	r := start(t, nil)
	a := r.do("GET", "/api/broken", "")
	a.want(t, 500, domain.Internal, "Internal error")
	if strings.Contains(a.body, "10.0.0.7") || !strings.Contains(r.log.String(), "10.0.0.7") || !strings.Contains(r.log.String(), a.problem.RequestID) {
		t.Errorf("told %s, logged %s", a.body, r.log)
	}
}

func TestRetryAfterAndCurrent(t *testing.T) {
	r := start(t, nil)
	a := r.do("GET", "/api/busy", "")
	a.want(t, 503, domain.Overloaded, "Too many waiting commands")
	if a.Header.Get("Retry-After") != "1" || a.problem.Type != "/errors/overloaded" {
		t.Errorf("%v %s", a.Header, a.body)
	}
	a = r.do("GET", "/api/stale", "")
	a.want(t, 412, domain.VersionMismatch, "The order has changed")
	var members struct{ Order, Current struct{ ID string } }
	if json.Unmarshal([]byte(a.body), &members); members.Order.ID != "o-1" || members.Current.ID != "o-1" {
		t.Errorf("no current order: %s", a.body)
	}
}

func TestRequestIDs(t *testing.T) {
	r := start(t, nil)
	seen := map[string]bool{}
	for _, given := range []string{"", "", "not an id", strings.Repeat("x", 65), "a/b", "x\ty"} {
		id := r.do("GET", "/healthz", "", "X-Request-Id", given).Header.Get("X-Request-Id")
		if !domain.ValidID(id) || id == given || seen[id] {
			t.Errorf("for %q: %q", given, id)
		}
		seen[id] = true
	}
	if id := r.do("GET", "/healthz", "", "X-Request-Id", "trace-1").Header.Get("X-Request-Id"); id != "trace-1" {
		t.Errorf("ours %q instead of the client's", id)
	}
}

func TestWriteWithKeyAndIfMatch(t *testing.T) {
	r := start(t, nil)
	name, value := asUser("u-9", domain.Waiter)
	a := r.do("POST", "/api/orders", `{"items":[{"name":"Tea","quantity":1,"foo":1}],"idempotency_key":"body"}`,
		name, value, "If-Match", `W/"v3"`, "Idempotency-Key", "again", "Content-Type", "application/json; charset=utf-8")
	if a.StatusCode != 200 || a.body != `{"if_match":3,"items":1,"key":"again","org":"o-1","user":"u-9"}` {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a.Header.Get("ETag") != `"v1"` || a.Header.Get("Idempotent-Replayed") != "true" || a.Header.Get("X-Ignored-Fields") != "items[0].foo" {
		t.Errorf("%v", a.Header)
	}
	a = r.do("POST", "/api/orders", `{"items":[],"idempotency_key":"body"}`, name, value)
	if !strings.Contains(a.body, `"key":"body"`) || a.Header.Get("Idempotent-Replayed") != "" || a.Header.Get("X-Ignored-Fields") != "" {
		t.Errorf("%s %v", a.body, a.Header)
	}
	r.do("POST", "/api/orders", `{"items":[]}`, name, value, "Idempotency-Key", strings.Repeat("k", 256)).want(t, 422, domain.ValidationError, "")
	r.do("POST", "/api/orders", `{"items":[]}`, name, value, "Idempotency-Key", "schlüssel").want(t, 422, domain.ValidationError, "")
	r.do("POST", "/api/orders", `{"items":[],"idempotency_key":"a\nb"}`, name, value).want(t, 422, domain.ValidationError, "")
	a = r.do("POST", "/api/orders", `{"items":[]}`, name, value, "If-Match", "v7")
	a.want(t, 400, domain.BadRequest, "")
	if len(a.problem.Errors) != 1 || a.problem.Errors[0].Field != "If-Match" {
		t.Errorf("field not named: %s", a.body)
	}
}

func TestNotModified(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	for header, status := range map[string]int{`"v7"`: 304, `W/"v7"`: 304, `"v1", "v7"`: 304, `*`: 304, `"v8"`: 200, `v7`: 200, `"v77"`: 200, "": 200} {
		a := r.do("GET", "/api/orders/o-1", "", name, value, "If-None-Match", header)
		if a.StatusCode != status || a.Header.Get("ETag") != `"v7"` || (a.body == "") != (status == 304) {
			t.Errorf("%s: %d %q", header, a.StatusCode, a.body)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Admin)
	for kind, status := range map[string]int{
		"": 200, "application/json": 200, "Application/JSON": 200, "application/json;charset=UTF-8": 200, "application/merge-patch+json": 200,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/jsonx": 415,
	} {
		headers := []string{name, value, "Content-Type", kind}
		if kind == "" {
			headers = headers[:2]
		}
		if a := r.do("PUT", "/api/strict", `{}`, headers...); a.StatusCode != status {
			t.Errorf("%q: %d %s", kind, a.StatusCode, a.body)
		}
		if a := r.do("PUT", "/api/strict", "", headers...); a.StatusCode != 200 {
			t.Errorf("%q without body: %d %s", kind, a.StatusCode, a.body)
		}
	}
	r.do("PUT", "/api/strict", `{}`, name, value, "Content-Encoding", "gzip").want(t, 415, domain.UnsupportedMedia, "")
	r.do("POST", "/api/orders", "", name, value).want(t, 422, domain.ValidationError, "body: is required")
	r.do("POST", "/api/orders", " null ", name, value).want(t, 422, domain.ValidationError, "body: must not be null")
}

func TestLogHoldsNoSecretsAndNoForgedLines(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	r.do("GET", "/api/ping?token=canary-query", "", name, value)
	r.do("POST", "/api/orders", `{"items":[],"canary-body":1}`, name, value)
	r.do("GET", "/%0a%1b[31mforged\u2028", "")
	log := r.log.String()
	if strings.Contains(log, "canary") || strings.Contains(log, value[len("Bearer "):]) {
		t.Errorf("secrets in the log: %s", log)
	}
	lines := 0
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) || strings.ContainsRune(line, 0x1b) {
			t.Errorf("line %q", line)
		}
		lines++
	}
	if lines != 3 {
		t.Errorf("%d lines for 3 requests: %s", lines, log)
	}
}

func TestCORSHeadersAreOnEveryAnswer(t *testing.T) {
	r := start(t, nil)
	for _, path := range []string{"/api/ping", "/nothing", "/api/panic", "/healthz", "/docs", "/openapi.json"} {
		a := r.do("GET", path, "", "Origin", "http://localhost:5173")
		if a.Header.Get("Access-Control-Allow-Origin") != "http://localhost:5173" || a.Header.Get("Access-Control-Expose-Headers") != corsExposed || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: %v", path, a.Header)
		}
		a = r.do("GET", path, "", "Origin", "https://evil.example")
		if a.Header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s for a stranger: %v", path, a.Header)
		}
	}
	a := r.do("OPTIONS", "/api/orders", "", "Origin", "http://localhost:5173", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	if a.StatusCode != 204 || a.body != "" || a.Header.Get("Access-Control-Allow-Headers") != corsHeaders || a.Header.Get("Access-Control-Allow-Methods") != corsMethods || a.Header.Get("Access-Control-Max-Age") != "600" {
		t.Errorf("preflight: %d %v", a.StatusCode, a.Header)
	}
	a = r.do("OPTIONS", "/api/orders", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	if a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("preflight of a stranger: %d %v", a.StatusCode, a.Header)
	}
}

func TestBadOptionsAreOneLine(t *testing.T) {
	verify, _ := auth.NewVerifier(secret)
	twice := Route{Method: "GET", Path: "/x", Handle: func(*Exchange) error { return nil }}
	for name, o := range map[string]Options{
		"no verifier": {},
		"origin":      {Verify: verify, CORSOrigins: []string{"localhost"}},
		"conflict":    {Verify: verify, Routes: []Route{{Method: "GET", Path: "/a/{x:*}", Handle: twice.Handle}, {Method: "GET", Path: "/a/{y:*}", Handle: twice.Handle}}},
		"twice":       {Verify: verify, Routes: []Route{twice, twice}},
		"no handler":  {Verify: verify, Routes: []Route{{Method: "GET", Path: "/y"}}},
		"method":      {Verify: verify, Routes: []Route{{Method: "G E T", Path: "/y", Handle: twice.Handle}}},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := start(t, nil)
	if err := r.Server.Listen(r.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second listener: %v", err)
	}
	if err := r.Server.Listen("256.0.0.1:x"); err == nil {
		t.Error("bad address")
	}
}
