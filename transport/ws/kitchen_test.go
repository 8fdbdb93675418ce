// The tests of this package are CONTRACT section 3: real sockets on a loopback
// port, a real engine on a disk in memory, and clients that know nothing but the
// protocol.
package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"heard/actors"
	"heard/domain"
	"heard/persistence/pebblestore"
	"heard/transport/auth"
	"heard/transport/rest"
	"heard/transport/rest/api"
	"heard/transport/rest/described"
	"heard/transport/ws"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// protoactor's dead letters and the sweepers of fasthttp look only every few seconds whether they should end.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

var secret = []byte("0123456789abcdef0123456789abcdef")

// patience bounds every wait; it is no claim about speed.
const patience = 60 * time.Second

// kitchen is an engine with its server and gateway.
type kitchen struct {
	t       testing.TB
	fs      vfs.FS
	change  []func(*ws.Options)
	db      *pebblestore.DB
	engine  *actors.Engine
	gateway *ws.Gateway
	server  *rest.Server
	served  chan error
	http    *http.Client
	log     *buffer
	address string
}

// buffer is a log that may be written and read at once.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func open(t testing.TB, change ...func(*ws.Options)) *kitchen {
	t.Helper()
	k := &kitchen{t: t, fs: vfs.NewMem(), change: change, address: "127.0.0.1:0"}
	k.start()
	t.Cleanup(k.stop)
	return k
}

func (k *kitchen) start() {
	k.t.Helper()
	var err error
	if k.db, err = pebblestore.Open(pebblestore.Options{Dir: "data", FS: k.fs, CacheBytes: 1 << 20}); err != nil {
		k.t.Fatal(err)
	}
	k.log = &buffer{}
	log := slog.New(slog.NewTextHandler(k.log, nil))
	k.engine = actors.Start(actors.Options{Journal: k.db, Store: k.db})
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		k.t.Fatal(err)
	}
	o := ws.Options{Live: k.engine, Reads: k.engine, Verify: verify, Log: log}
	o.Limits.DrainSpread = 50 * time.Millisecond
	o.Limits.PresencePause = 20 * time.Millisecond
	for _, f := range k.change {
		f(&o)
	}
	k.gateway = ws.New(o)
	stats := func() any { return k.gateway.Stats() }
	routes := append(api.API{Engine: k.engine, Reads: k.engine, Stats: stats}.Routes(), k.gateway.Routes()...)
	if k.server, err = rest.New(rest.Options{Routes: routes, Words: api.Vocabulary(), Most: api.Most(), Verify: verify, Health: k.engine, Log: log}); err != nil {
		k.t.Fatal(err)
	}
	if err := k.server.Listen(k.address); err != nil {
		k.t.Fatal(err)
	}
	k.address = k.server.Addr().String()
	k.served = make(chan error, 1)
	k.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: patience}
	go func() { k.served <- k.server.Serve() }()
}

func (k *kitchen) stop() {
	k.t.Helper()
	if k.db == nil {
		return
	}
	k.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	k.engine.Drain()
	drained := make(chan error, 1)
	go func() { drained <- k.gateway.Drain(ctx) }()
	if err := errors.Join(k.server.Shutdown(ctx), <-drained, <-k.served, k.engine.Stop(ctx), k.db.Close()); err != nil {
		k.t.Error(err)
	}
	k.db = nil
	if said := k.log.String(); strings.Contains(said, "panic") {
		k.t.Errorf("log: %s", said)
	}
	if s := k.gateway.Stats(); s.Panics != 0 || s.Active != 0 {
		k.t.Errorf("after the end: %+v", s)
	}
}

// restart stops everything and starts it again on the same disk and port.
func (k *kitchen) restart() {
	k.t.Helper()
	k.stop()
	k.start()
}

func (k *kitchen) token(org, user string, role domain.Role) string {
	return k.tokenFor(org, user, role, time.Hour)
}

func (k *kitchen) tokenFor(org, user string, role domain.Role, ttl time.Duration) string {
	k.t.Helper()
	token, err := auth.Mint(secret, domain.Identity{User: user, Name: "Name of " + user, Role: role}, org, ttl, time.Now())
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

// call is a REST request in the name of a token; it answers status and body.
func (k *kitchen) call(token, method, path, body string) (int, string) {
	k.t.Helper()
	req, err := http.NewRequest(method, "http://"+k.address+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := k.http.Do(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	isAsDocumented(k.t, &described.Exchange{Method: method, Path: path, Sent: []byte(body), Status: res.StatusCode, Answer: res.Header, Got: text})
	return res.StatusCode, string(text)
}

var document = sync.OnceValues(func() (*described.Document, error) {
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		return nil, err
	}
	server, err := rest.New(rest.Options{Routes: api.API{}.Routes(), Words: api.Vocabulary(), Verify: verify})
	if err != nil {
		return nil, err
	}
	text, err := server.Document("3.1")
	if err != nil {
		return nil, err
	}
	return described.Read(text)
})

// isAsDocumented holds an answer against the document; replies are REST's.
func isAsDocumented(t testing.TB, x *described.Exchange) {
	t.Helper()
	d, err := document()
	if err == nil {
		err = d.Check(x)
	}
	if err != nil {
		t.Error(err)
	}
}

func (k *kitchen) ok(token, method, path, body string) string {
	k.t.Helper()
	status, text := k.call(token, method, path, body)
	if status != fasthttp.StatusOK {
		k.t.Fatalf("%s %s %s: %d %s", method, path, body, status, text)
	}
	return text
}

// place makes an order at a table and answers its id.
func (k *kitchen) place(token, table string) string {
	k.t.Helper()
	return idOf(k.ok(token, "POST", "/api/orders", orderAt(table)))
}

func orderAt(table string) string {
	return fmt.Sprintf(`{"table_id":%q,"items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`, table)
}

func idOf(body string) string {
	_, rest, _ := strings.Cut(body, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func (k *kitchen) move(token, id, status string) {
	k.t.Helper()
	k.ok(token, "PUT", "/api/orders/"+id+"/status?status="+status, "")
}

// waitFor polls a figure that no frame tells about.
func (k *kitchen) waitFor(what string, reached func(ws.Stats) bool) {
	k.t.Helper()
	for end := time.Now().Add(patience); !reached(k.gateway.Stats()); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			k.t.Fatalf("%s: not within %s: %+v", what, patience, k.gateway.Stats())
		}
	}
}

func (k *kitchen) dialTCP() net.Conn {
	k.t.Helper()
	c, err := net.Dial("tcp", k.address)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { c.Close() })
	return c
}
