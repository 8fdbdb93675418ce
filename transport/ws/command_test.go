package ws_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"heard/domain"
)

func TestCommandsAreRequests(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "w", domain.Waiter)
	s := k.connect("bistro", "w", domain.Waiter, "")
	s.open()
	status, head, body := s.command("c1", "POST", "/api/orders", `{"Idempotency-Key":"k1"}`, orderAt("t-1"))
	if status != 200 || head["etag"] != `"v1"` || head["content-type"] != "application/json" || head["x-request-id"] == "" {
		t.Fatalf("%d %v %s", status, head, body)
	}
	id := idOf(body)
	if rest := k.ok(token, "GET", "/api/orders/"+id, ""); rest != body {
		t.Errorf("the reply is not what REST answers:\n%s\n%s", body, rest)
	}
	status, head, again := s.command("c2", "POST", "/api/orders", `{"idempotency-key":"k1"}`, orderAt("t-1"))
	if status != 200 || again != body || head["idempotent-replayed"] != "true" {
		t.Errorf("again: %d %v %s", status, head, again)
	}
	if status, rest := k.call(token, "POST", "/api/orders", strings.Replace(orderAt("t-1"), `"items"`, `"idempotency_key":"k1","items"`, 1)); status != 200 && status != 422 || status == 200 && idOf(rest) != id {
		t.Errorf("the key by REST: %d %s", status, rest)
	}
	for name, c := range map[string]struct {
		method, path, headers, body string
		status                      int
		code                        string
	}{
		"another request": {"POST", "/api/orders", `{"Idempotency-Key":"k1"}`, orderAt("t-2"), 422, "IDEMPOTENCY_KEY_REUSED"},
		"stale":           {"PUT", "/api/orders/" + id + "/status?status=ready", `{"If-Match":"\"v9\""}`, "null", 412, "VERSION_MISMATCH"},
		"bad status":      {"PUT", "/api/orders/" + id + "/status?status=cooking", `{}`, "null", 400, "INVALID_STATUS"},
		"no body":         {"POST", "/api/orders", `{}`, "null", 422, "VALIDATION_ERROR"},
		"wrong type":      {"POST", "/api/orders", `{}`, `{"items":1}`, 422, "VALIDATION_ERROR"},
		"not mine":        {"GET", "/api/admin/performance-stats", `{}`, "null", 403, "ADMIN_ONLY"},
		"other token":     {"GET", "/api/admin/performance-stats", `{"Authorization":"Bearer ` + k.token("bistro", "a", domain.Admin) + `"}`, "null", 403, "ADMIN_ONLY"},
		"misspelt":        {"GET", "/api/orders?stauts=ready", `{}`, "null", 422, `"field":"stauts"`},
		"not of a socket": {"POST", "/api/orders?token=x", `{}`, orderAt("t-1"), 422, `"field":"token"`},
		"twice":           {"GET", "/api/orders?limit=1&limit=2", `{}`, "null", 422, `"field":"limit"`},
		"nothing there":   {"GET", "/api/nothing", `{}`, "null", 404, "NOT_FOUND"},
		"not the API":     {"GET", "/metrics", `{}`, "null", 404, "NOT_FOUND"},
		"no socket in it": {"GET", "/ws", `{}`, "null", 404, "NOT_FOUND"},
		"dots":            {"GET", "/api/../metrics", `{}`, "null", 404, "NOT_FOUND"},
		"no method":       {"", "/api/orders", `{}`, orderAt("t-1"), 422, "VALIDATION_ERROR"},
		"method":          {"DELETE", "/api/orders", `{}`, "null", 405, "METHOD_NOT_ALLOWED"},
		"bad method":      {"GET X", "/api/orders", `{}`, "null", 405, "METHOD_NOT_ALLOWED"},
		"bad key":         {"POST", "/api/orders", `{"Idempotency-Key":"a\r\nX: y"}`, orderAt("t-1"), 422, "VALIDATION_ERROR"},
		"other media":     {"POST", "/api/orders", `{"Content-Type":"text/plain"}`, orderAt("t-1"), 415, "UNSUPPORTED_MEDIA_TYPE"},
	} {
		status, head, body := s.command(name, c.method, c.path, c.headers, c.body)
		if status != c.status || !strings.Contains(body, c.code) || head["content-type"] != "application/problem+json" {
			t.Errorf("%s: %d %v %s", name, status, head, body)
		}
	}
	if status, _, body := s.command("list", "GET", "/api/orders?limit=1&_=1", "{}", "null"); status != 200 || !strings.HasPrefix(body, "[") {
		t.Errorf("list: %d %s", status, body)
	}
	kitchen := k.connect("bistro", "k", domain.Kitchen, "")
	kitchen.open()
	if _, _, body := kitchen.command("g", "GET", "/api/orders/"+id, "{}", "null"); strings.Contains(body, "payment") || idOf(body) != id {
		t.Errorf("kitchen: %s", body)
	}
	for _, bad := range []string{`{"type":"command","method":"GET","path":"/api/orders"}`, `{"type":"command","id":{},"path":"/api/orders"}`, `{"type":"command","id":true}`} {
		kitchen.send(bad)
		kitchen.want("error")
	}
}

// TestEveryCommandIsAnsweredByItsID: who sent it waits for that id and for
// nothing else, however odd the rest is.
func TestEveryCommandIsAnsweredByItsID(t *testing.T) {
	k := open(t)
	s := k.connect("bistro", "w", domain.Waiter, "")
	s.open()
	const twice = `{"items":[],"items":[]}`
	for name, c := range map[string]struct{ frame, detail string }{
		"body with a member twice":     {`{"type":"command","id":"c1","method":"POST","path":"/api/orders","body":` + twice + `}`, `"field":"items","detail":"is there twice"`},
		"the same, and then the id":    {`{"body":` + twice + `,"path":"/api/orders","method":"POST","id":"c1","type":"command"}`, `"field":"items","detail":"is there twice"`},
		"deep in the body":             {`{"type":"command","id":"c1","method":"POST","path":"/api/orders","body":{"items":[{"name":"a","name":"b"}]}}`, `"field":"items[0].name","detail":"is there twice"`},
		"method twice":                 {`{"type":"command","id":"c1","method":"GET","method":"GET","path":"/api/menu"}`, "Malformed command"},
		"headers twice":                {`{"type":"command","headers":{"If-Match":"a","If-Match":"b"},"method":"GET","path":"/api/menu","id":"c1"}`, "Malformed command"},
		"method of the wrong type":     {`{"type":"command","method":5,"path":"/api/menu","id":"c1"}`, "Malformed command"},
		"header of the wrong type":     {`{"type":"command","id":"c1","headers":{"If-Match":7}}`, "Malformed command"},
		"no JSON, but the id was told": {`{"type":"command","id":"c1","method":"GET","path":"/api/menu","body":{]}`, "Malformed command"},
		"cut short":                    {`{"type":"command","id":"c1","method":"GET","path":"/api/m`, "Malformed command"},
	} {
		s.send(c.frame)
		if f := s.want("reply"); !strings.Contains(f.text, `"id":"c1","status":400,`) || !strings.Contains(f.text, "BAD_REQUEST") || !strings.Contains(f.text, c.detail) {
			t.Errorf("%s: %s", name, f.text)
		}
	}
	token := k.token("bistro", "w", domain.Waiter)
	_, rest := k.call(token, "POST", "/api/orders", twice)
	if _, _, body := s.command("c2", "POST", "/api/orders", "{}", twice); withoutID(body) != withoutID(rest) {
		t.Errorf("the reply is not what REST answers:\n%s\n%s", body, rest)
	}
	s.silent()
}

// withoutID leaves the id of the request out of a problem.
func withoutID(problem string) string {
	return regexp.MustCompile(`"request_id":"[^"]*"`).ReplaceAllString(problem, "")
}

func TestTooManyCommandsAtOnce(t *testing.T) {
	k := open(t)
	s := k.connect("bistro", "w", domain.Waiter, "")
	s.open()
	const sent = 300
	for i := range sent {
		s.send(fmt.Sprintf(`{"type":"command","id":%d,"method":"POST","path":"/api/orders","body":%s}`, i, orderAt("t-1")))
	}
	done, refused := 0, 0
	for done+refused < sent {
		switch f := s.next(); {
		case f.Type != "reply":
		case strings.Contains(string(f.Data), `"status":200`):
			done++
		case strings.Contains(string(f.Data), `"status":429`) && strings.Contains(f.text, "RATE_LIMITED") && strings.Contains(f.text, `"retry-after":"1"`):
			refused++
		default:
			t.Fatalf("%s", f.text)
		}
	}
	if done < 16 {
		t.Errorf("%d done, %d refused", done, refused)
	}
	if status, _, _ := s.command("after", "GET", "/api/menu", "{}", "null"); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
}
