package api_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heard/actors"
	"heard/domain"
)

// Every detail of the figures is cmd/heard's; who may see them is ours.
func TestPerformanceIsForAdmins(t *testing.T) {
	k := open(t)
	k.as(domain.Admin).get("/api/admin/performance-stats").is(`{"cache":{}}`)
	for _, role := range domain.Roles()[1:] {
		k.as(role).do("GET", "/api/admin/performance-stats", "").want(403, domain.AdminOnly, "").has("detail", `"Admin only"`)
		k.as(role).do("POST", "/api/admin/revoke", `{"sub":"x"}`).want(403, domain.AdminOnly, "").has("detail", `"Admin only"`)
	}
}

func TestRevokedTokensAreRefusedAtOnce(t *testing.T) {
	k := open(t)
	admin := k.as(domain.Admin)
	old, twin := k.issued("asha", domain.Waiter, time.Now().Add(-time.Second)), k.issued("asha", domain.Manager, time.Now().Add(-time.Minute))
	other, elsewhere := k.user("bela", domain.Waiter), k.neighbour().user("asha", domain.Waiter)
	id := old.place(onePizza)
	// when
	admin.post("/api/admin/revoke", `{"sub":"asha"}`).is(`{"message":"Tokens revoked","sub":"asha"}`)
	// then nothing that the user held works, for reading or writing
	before := admin.state()
	for _, p := range []*person{old, twin} {
		p.do("POST", "/api/orders", onePizza).want(401, domain.Unauthenticated, "")
		p.do("PUT", "/api/orders/"+id+"/status?status=ready", "").want(401, domain.Unauthenticated, "").head("WWW-Authenticate", "Bearer")
		p.do("POST", "/api/orders/batch-update-status", `[{"order_id":"`+id+`","status":"ready"}]`).want(401, domain.Unauthenticated, "")
		p.do("POST", "/api/orders/calculate", onePizza).want(401, domain.Unauthenticated, "")
		for _, path := range []string{"/api/orders", "/api/orders?status=all", "/api/orders/" + id, "/api/orders/" + id + "/events", "/api/orders/" + id + "/bill", "/api/menu", "/api/settings", "/api/events"} {
			p.do("GET", path, "").want(401, domain.Unauthenticated, "")
		}
	}
	twin.do("PUT", "/api/settings", `{"tax_rounding":"line"}`).want(401, domain.Unauthenticated, "")
	if admin.state() != before {
		t.Error("a revoked token changed something")
	}
	// and nobody else is hit
	other.get("/api/orders/" + id)
	elsewhere.get("/api/orders")
	k.user("asha", domain.Waiter).put("/api/orders/"+id+"/status?status=ready", "")
}

func TestAdminMayRevokeItself(t *testing.T) {
	k := open(t)
	admin := k.issued("boss", domain.Admin, time.Now().Add(-time.Second))
	admin.post("/api/admin/revoke", `{"sub":"boss"}`)
	admin.do("GET", "/api/admin/performance-stats", "").want(401, domain.Unauthenticated, "")
	admin.do("POST", "/api/admin/revoke", `{"sub":"boss"}`).want(401, domain.Unauthenticated, "")
	k.user("boss", domain.Admin).get("/api/admin/performance-stats")
	for body, field := range map[string]string{`{}`: "sub", `{"sub":"a\u0007b"}`: "sub", `{"sub":""}`: "sub", `{"sub":"x","org":"y"}`: "org", `{"sub":{"$ne":null}}`: "sub"} {
		k.user("boss", domain.Admin).do("POST", "/api/admin/revoke", body).want(422, domain.ValidationError, field)
	}
}

func TestEventsArePaged(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	k.as(domain.Manager).post("/api/menu", chai)
	for range 6 {
		w.place(onePizza)
	}
	var seqs []string
	path := "/api/events?limit=3"
	for path != "" {
		a := w.get(path)
		seqs = append(seqs, a.each("seq"))
		path = strings.TrimSuffix(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
	}
	if got := strings.Join(seqs, "|"); got != "1 2 3|4 5 6|7" {
		t.Errorf("pages: %s", got)
	}
	if got := w.get("/api/events?after=5").each("seq"); got != "6 7" {
		t.Errorf("after 5: %s", got)
	}
	w.get("/api/events?after=7").is("[]").head("X-Next-Cursor", "")
	if got := w.get("/api/events?limit=2").each("event"); got != "menu.item_put order.created" {
		t.Errorf("events: %s", got)
	}
	for query, field := range map[string]string{"after=-1": "after", "after=x": "after", "limit=0": "limit", "limit=1001": "limit"} {
		w.do("GET", "/api/events?"+query, "").want(422, domain.ValidationError, field)
	}
}

func TestSystemRoutesNeedNoToken(t *testing.T) {
	k := open(t)
	k.as(domain.Waiter).place(onePizza)
	nobody := &person{k: k}
	nobody.get("/healthz").is(`{"status":"ok"}`).head("Cache-Control", "no-store")
	nobody.get("/readyz").is(`{"status":"ready"}`)
	if a := nobody.do("GET", "/metrics", ""); a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") ||
		!strings.Contains(a.body, `heard_http_requests_total{class="2xx",method="POST",route="/api/orders"}`) || strings.Contains(a.body, k.org) {
		t.Errorf("metrics: %d %s\n%s", a.StatusCode, a.Header.Get("Content-Type"), a.body)
	}
	docs := nobody.do("GET", "/docs", "")
	if docs.StatusCode != 200 || !strings.HasPrefix(docs.Header.Get("Content-Type"), "text/html") || !strings.Contains(docs.body, "/openapi.json") {
		t.Errorf("docs: %d %s", docs.StatusCode, docs.Header.Get("Content-Type"))
	}
	parts := regexp.MustCompile(`(?:src|href)="([^"]+\.(?:js|css))"`).FindAllStringSubmatch(docs.body, -1)
	for _, part := range parts {
		if !strings.HasPrefix(part[1], "/docs") { // nothing from elsewhere: kitchens have no internet
			t.Errorf("docs load %s", part[1])
		} else if a := nobody.do("GET", part[1], ""); a.StatusCode != 200 || len(a.body) < 1000 {
			t.Errorf("%s: %d, %d bytes", part[1], a.StatusCode, len(a.body))
		}
	}
	if len(parts) < 2 {
		t.Errorf("docs have %d parts", len(parts))
	}
}

func TestDocumentNamesEveryRoute(t *testing.T) {
	k := open(t)
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	a := (&person{k: k}).get("/openapi.json")
	if err := json.Unmarshal([]byte(a.body), &document); err != nil || !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Fatalf("%v %s", err, document.OpenAPI)
	}
	for _, r := range k.api().Routes() {
		if document.Paths[r.Path][strings.ToLower(r.Method)] == nil {
			t.Errorf("%s %s is not documented", r.Method, r.Path)
		}
	}
	for path, pattern := range map[string]bool{"/api/orders/{id}/cancel": true, "/api/menu/{id}": false} {
		if has := strings.Contains(string(document.Paths[path]["put"]), "A-Za-z0-9_-"); has != pattern {
			t.Errorf("%s: its id has a pattern: %v", path, has)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json"} {
		if document.Paths[path]["get"] == nil {
			t.Errorf("%s is not documented", path)
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	w := open(t).as(domain.Admin)
	for _, path := range []string{"/api", "/api/", "/api/order", "/api/orders/", "/api/orders/x/y", "/API/orders", "/api/settings/x", "/api/admin/users", "/api/orders/x/items/l1/more"} {
		w.do("GET", path, "").want(404, domain.NotFound, "")
	}
	for _, c := range [][2]string{{"PATCH", "/api/orders"}, {"DELETE", "/api/orders/x"}, {"POST", "/api/settings"}, {"GET", "/api/orders/calculate/"}, {"GET", "/api/admin/revoke"}, {"POST", "/healthz"}, {"PUT", "/api/orders/x/items"}} {
		a := w.do(c[0], c[1], "")
		if a.StatusCode == 405 {
			a.want(405, domain.MethodNotAllowed, "")
			if a.Header.Get("Allow") == "" {
				t.Errorf("%s: no Allow", a.asked)
			}
		} else if c[1] != "/api/orders/calculate/" {
			t.Errorf("%s: %d", a.asked, a.StatusCode)
		}
	}
	// who has no token is told of the token first, not of what exists
	(&person{k: w.k}).do("GET", "/api/orders/nobody", "").want(401, domain.Unauthenticated, "").detail("Not authenticated")
}

func TestRequestsKeepTheirID(t *testing.T) {
	w := open(t).as(domain.Waiter)
	w.do("GET", "/api/orders/nobody", "", "X-Request-Id", "till-7").want(404, domain.OrderNotFound, "").has("request_id", `"till-7"`).head("X-Request-Id", "till-7")
	if a := w.do("GET", "/api/menu", "", "X-Request-Id", "a b"); a.Header.Get("X-Request-Id") == "" || strings.Contains(a.Header.Get("X-Request-Id"), " ") {
		t.Errorf("X-Request-Id %q", a.Header.Get("X-Request-Id"))
	}
}

// Pages of the lists' origins may call and see the headers they need.
func TestPagesOfOtherOrigins(t *testing.T) {
	w := open(t).as(domain.Waiter)
	const exposed = "ETag, Link, X-Next-Cursor, Idempotent-Replayed, Retry-After"
	for _, origin := range []string{"http://localhost:3000", "http://127.0.0.1:5173"} {
		w.do("GET", "/api/orders", "", "Origin", origin).ok().head("Access-Control-Allow-Origin", origin).head("Access-Control-Expose-Headers", exposed).head("Vary", "Origin")
		w.do("GET", "/api/orders/x", "", "Origin", origin).want(404, domain.OrderNotFound, "").head("Access-Control-Allow-Origin", origin)
		(&person{k: w.k}).do("GET", "/api/orders", "", "Origin", origin).want(401, domain.Unauthenticated, "").head("Access-Control-Allow-Origin", origin)
		a := (&person{k: w.k}).do("OPTIONS", "/api/orders/x/items/l1", "", "Origin", origin, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "if-match")
		a.head("Access-Control-Allow-Origin", origin).head("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match")
		if a.StatusCode != 204 || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("preflight: %d %v", a.StatusCode, a.Header)
		}
	}
	w.do("GET", "/api/orders", "", "Origin", "https://evil.example").ok().head("Access-Control-Allow-Origin", "").head("Vary", "Origin")
	w.do("OPTIONS", "/api/orders", "", "Origin", "null", "Access-Control-Request-Method", "POST").head("Access-Control-Allow-Origin", "").head("Access-Control-Allow-Headers", "")
}

// Without room for the log writes are refused, reads go on, and service resumes
// by itself. A node that drains refuses them for good, with a time to come back.
func TestFullDiskAndDrainingRefuseWrites(t *testing.T) {
	var full atomic.Bool
	full.Store(true)
	k := openOwn(t, func(o *actors.Options) {
		o.Room = func() error {
			if full.Load() {
				return errors.New("free space 1 MiB is under --min-free 256 MiB")
			}
			return nil
		}
	})
	w := k.as(domain.Waiter)
	w.do("POST", "/api/orders", onePizza).want(503, domain.JournalUnavailable, "").head("Retry-After", "5")
	if a := w.do("GET", "/readyz", "").want(503, domain.JournalUnavailable, ""); !strings.Contains(a.problem.Detail, "free space") {
		t.Errorf("the reason is missing: %s", a.body)
	}
	w.get("/api/orders").is("[]")
	w.post("/api/orders/calculate", onePizza)
	full.Store(false)
	for deadline := time.Now().Add(20 * time.Second); w.do("GET", "/readyz", "").StatusCode != 200; {
		if time.Now().After(deadline) {
			t.Fatal("not ready again")
		}
		<-time.After(20 * time.Millisecond)
	}
	id := w.place(onePizza)
	k.engine.Drain()
	w.do("POST", "/api/orders", onePizza).want(503, domain.Draining, "").head("Retry-After", "1")
	w.do("PUT", "/api/orders/"+id+"/status?status=ready", "").want(503, domain.Draining, "").head("Retry-After", "1")
	w.do("GET", "/readyz", "").want(503, domain.Draining, "").head("Retry-After", "1")
	w.get("/healthz")
	w.get("/api/orders/"+id).has("status", `"pending"`)
}
