package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heard/domain"
	"heard/domain/money"
	"heard/transport/auth"
	"heard/transport/rest/described"
)

func TestMain(m *testing.M) {
	if runListenerChild() {
		return
	}
	goleak.VerifyTestMain(m,
		// fasthttp's sweepers look only every few seconds whether they should end.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

var secret = []byte("0123456789abcdef0123456789abcdef")

type placeItem struct {
	Name     string         `json:"name"`
	Quantity int64          `json:"quantity"`
	Price    *money.Decimal `json:"price,omitempty"`
}

type place struct {
	domain.Keyed
	TableID string                           `json:"table_id,omitempty"`
	Items   []placeItem                      `json:"items"`
	Notes   domain.Optional[[]placeItem]     `json:"notes,omitzero"`
	By      map[string]placeItem             `json:"by,omitempty"`
	Open    domain.Optional[map[string]bool] `json:"open,omitzero"`
}

func (*place) Kind() string { return "test.place" }

// table is a small table that uses everything a route can.
func table() []Route {
	routes := calls()
	for i := range routes {
		r := &routes[i]
		r.Tags = []string{"test"}
		if r.ID == "" {
			r.ID = fmt.Sprintf("call%d", i)
		}
		if r.Answer == nil {
			r.Answer = json.RawMessage{}
		}
	}
	return routes
}

func nothing(x *Exchange) error { x.WriteJSON([]byte("{}"), ""); return nil }

func calls() []Route {
	return []Route{
		{ID: "getOrder", Method: "GET", Path: "/api/orders/{id}", Summary: "An order", Takes: []string{"If-None-Match"}, Gives: []string{"ETag"}, Codes: []domain.Code{domain.OrderNotFound}, Handle: func(x *Exchange) error {
			id, err := x.PathID("id", domain.Refuse(domain.OrderNotFound, "Order not found"))
			if err != nil {
				return err
			}
			x.WriteJSON(append(domain.AppendString([]byte(`{"id":`), id), '}'), "v7")
			return nil
		}},
		{Method: "POST", Path: "/api/orders", Summary: "Place", Body: place{}, Takes: []string{headerIdempotencyKey}, Gives: []string{"ETag", "Idempotent-Replayed", "X-Ignored-Fields"}, Handle: func(x *Exchange) error {
			var c place
			if err := x.DecodeLenient(&c, Required); err != nil {
				return err
			}
			r, err := x.Request(&c)
			if err != nil {
				return err
			}
			body, err := json.Marshal(map[string]any{"key": r.Key, "org": r.Org, "user": r.By.User, "if_match": r.IfMatch.Value, "items": len(c.Items)})
			if err != nil {
				return err
			}
			x.WriteReply(domain.Reply{Body: body, Version: 1, Replayed: r.Key == "again"})
			return nil
		}},
		{Method: "PUT", Path: "/api/strict", Body: place{}, Optional: true, Roles: []domain.Role{domain.Admin, domain.Manager}, Handle: func(x *Exchange) error {
			if err := x.Decode(&place{}, Optional); err != nil {
				return err
			}
			return nothing(x)
		}},
		{Method: "POST", Path: "/api/orders/batch", BodyBytes: 2 << 20, Handle: nothing},
		{Method: "POST", Path: "/api/orders/{id}/items", Takes: []string{headerIdempotencyKey, "If-Match"}, Handle: nothing},
		{Method: "GET", Path: "/api/orders", Answer: []json.RawMessage{}, Query: []Param{{Name: "limit", Type: "integer"}}, Handle: func(x *Exchange) error {
			if _, err := x.QueryInt("limit", 0, 1, 100); err != nil {
				return err
			}
			x.WriteJSON([]byte("[]"), "")
			return nil
		}},
		{Method: "GET", Path: "/api/admin/performance-stats", Roles: []domain.Role{domain.Admin}, Handle: nothing},
		{Method: "GET", Path: "/api/panic", Public: true, Handle: func(x *Exchange) error {
			x.WriteJSON([]byte(`{"half":`), "v1")
			panic("a bug with a secret\ntext")
		}},
		{Method: "GET", Path: "/api/broken", Public: true, Handle: func(x *Exchange) error { return errors.New("dial tcp 10.0.0.7: refused") }},
		{Method: "GET", Path: "/api/busy", Public: true, Codes: []domain.Code{domain.Overloaded}, Handle: func(x *Exchange) error {
			return domain.Refuse(domain.Overloaded, "Too many waiting commands")
		}},
		{Method: "GET", Path: "/api/stale", Public: true, Codes: []domain.Code{domain.VersionMismatch}, Handle: func(x *Exchange) error {
			return &domain.Error{Code: domain.VersionMismatch, Detail: "The order has changed", Current: []byte(`{"id":"o-1"}`)}
		}},
		{Method: "GET", Path: "/api/ping", Handle: func(x *Exchange) error { x.WriteJSON([]byte(`{"ok":true}`), ""); return nil }},
	}
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is a server on a loopback port, and a client.
type running struct {
	*Server
	t    testing.TB
	url  string
	log  *logBuffer
	http http.Client
	done chan error
	wire func() (*described.Document, error)
}

func start(t testing.TB, change func(*Options)) *running {
	t.Helper()
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	log := &logBuffer{}
	o := Options{
		Routes: table(), Verify: verify, Version: "test",
		Words: Vocabulary{
			Types:   []Type{{Of: money.Decimal{}, As: float64(0)}},
			Members: map[string]Member{"place.items": {Optional: true}}, // for the rule behind it to ask for
		},
		Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	r := &running{Server: s, t: t, url: "http://" + s.Addr().String(), log: log, done: make(chan error, 1)}
	r.http.Transport = &http.Transport{}
	r.wire = sync.OnceValues(func() (*described.Document, error) {
		document, err := s.Document(Versions()[0])
		if err != nil {
			return nil, err
		}
		return described.Read(document)
	})
	go func() { r.done <- s.Serve() }()
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		ctx, cancel := contextFor(5 * time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	})
	return r
}

type answer struct {
	*http.Response
	body    string
	problem struct {
		Type      string
		Title     string
		Status    int
		Detail    string
		Code      domain.Code
		RequestID string `json:"request_id"`
		Errors    []domain.Field
	}
}

// do sends a request; headers are name, value, name, value.
func (r *running) do(method, path, body string, headers ...string) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := r.http.Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	wire, err := r.wire()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := wire.Check(&described.Exchange{
		Method: method, Path: path, Sent: []byte(body), Status: res.StatusCode, Answer: res.Header, Got: text,
	}); err != nil {
		r.t.Error(err)
	}
	a := answer{Response: res, body: string(text)}
	if res.Header.Get("Content-Type") == typeProblem && method != "HEAD" {
		if err := json.Unmarshal(text, &a.problem); err != nil {
			r.t.Fatalf("problem %q: %v", text, err)
		}
	}
	return a
}

func as(role domain.Role) (name, value string) { return asUser("u-1", role) }

func asUser(user string, role domain.Role) (name, value string) {
	token, err := auth.Mint(secret, domain.Identity{User: user, Name: "Anna", Role: role}, "o-1", time.Hour, time.Now())
	if err != nil {
		panic(err)
	}
	return "Authorization", "Bearer " + token
}

func (a answer) want(t testing.TB, status int, code domain.Code, detail string) {
	t.Helper()
	if a.StatusCode != status || a.problem.Code != code || detail != "" && a.problem.Detail != detail {
		t.Errorf("%s %s: got %d %s, want %d %s %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, status, code, detail)
	}
	if code == "" {
		return
	}
	if a.problem.Status != status || a.problem.Title != http.StatusText(status) || a.problem.RequestID != a.Header.Get("X-Request-Id") || a.problem.RequestID == "" {
		t.Errorf("problem is not consistent: %s, X-Request-Id %q", a.body, a.Header.Get("X-Request-Id"))
	}
}
