// The tests of this package are the contract, sections 2, 4 and 5: a real server
// on a loopback port, a real engine on a disk in memory, and a client that knows
// nothing but HTTP.
package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"heard/actors"
	"heard/domain"
	"heard/persistence/audit"
	"heard/persistence/pebblestore"
	"heard/transport/auth"
	"heard/transport/rest"
	"heard/transport/rest/api"
	"heard/transport/rest/described"
)

// shared serves the tests that need nothing of their own: each is another
// organisation, and organisations do not see each other. atNoon is the same with
// a clock that stands. Under the race detector a server costs a second.
var (
	shared, atNoon *house
	sinceNoon      atomic.Int64 // seconds
)

// wire is the document that every answer a test gets is held against.
var wire *described.Document

func TestMain(m *testing.M) {
	var err error
	if shared, err = build(vfs.NewMem()); err == nil {
		wire, err = readDocument(shared.server)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(suite{m},
		// protoactor's dead letters and the sweepers of fasthttp look only every few seconds whether they should end.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

func readDocument(s *rest.Server) (*described.Document, error) {
	document, err := s.Document(rest.Versions()[0])
	if err != nil {
		return nil, err
	}
	return described.Read(document)
}

type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	for _, h := range []*house{shared, atNoon} {
		if h == nil {
			continue
		}
		if err := h.close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

var secret = []byte("0123456789abcdef0123456789abcdef")

// house is an engine and its server.
type house struct {
	db     *pebblestore.DB
	engine *actors.Engine
	server *rest.Server
	served chan error
	http   *http.Client
	seen   atomic.Pointer[domain.Request] // the newest that reached the engine
}

func build(fs vfs.FS, change ...func(*actors.Options)) (*house, error) {
	h := &house{served: make(chan error, 1)}
	var err error
	if h.db, err = pebblestore.Open(pebblestore.Options{Dir: "data", FS: fs, CacheBytes: 1 << 20}); err != nil {
		return nil, err
	}
	o := actors.Options{Journal: h.db, Store: h.db}
	for _, f := range change {
		f(&o)
	}
	h.engine = actors.Start(o)
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		return nil, err
	}
	h.server, err = rest.New(rest.Options{
		Routes: h.api().Routes(), Words: api.Vocabulary(), Most: api.Most(), Verify: verify, Health: h.engine, Version: "test",
	})
	if err != nil {
		return nil, err
	}
	if err := h.server.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	h.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second}
	go func() { h.served <- h.server.Serve() }()
	return h, nil
}

// noStats are those of a server of which no part runs.
const noStats = `{"cache":{},"batch_processor":{},"billing_engine":{},"websocket":{},"actors":{},"journal":{},"damaged":{"records":[],"files":[]},"cluster":{},"http":{},"timestamp":"2026-01-02T12:00:00.000Z"}`

func (h *house) api() api.API {
	stats := func() any { return json.RawMessage(noStats) } // the real ones are cmd/heard's
	return api.API{Engine: h, Reads: h.engine, Stats: stats}
}

// Execute hands a command on to the engine.
func (h *house) Execute(ctx context.Context, r *domain.Request) (domain.Reply, error) {
	h.seen.Store(r)
	return h.engine.Execute(ctx, r)
}

func (h *house) close() error {
	h.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ended := errors.Join(h.server.Shutdown(ctx), <-h.served, h.engine.Stop(ctx))
	return errors.Join(ended, h.audit(), h.db.Close())
}

// audit verifies what the tests left behind: the chain of every log, every bill
// computed again, the stored orders equal to the log. Under the race detector
// that takes half a minute.
func (h *house) audit() error {
	report, err := audit.Run(context.Background(), audit.Options{Journal: h.db, Store: h.db})
	if err == nil && !report.OK() {
		var text strings.Builder
		err = errors.Join(report.WriteText(&text), errors.New(text.String()))
	}
	return err
}

// kitchen is an organisation of a test's own.
type kitchen struct {
	*house
	t      testing.TB
	org    string
	fs     vfs.FS
	change []func(*actors.Options)
}

var organisations atomic.Int64

// open is a new organisation on the shared server.
func open(t testing.TB) *kitchen {
	return &kitchen{house: shared, t: t, org: fmt.Sprintf("bistro-%d", organisations.Add(1))}
}

// openOwn is one on a server of its own.
func openOwn(t testing.TB, change ...func(*actors.Options)) *kitchen {
	t.Helper()
	k := &kitchen{t: t, org: "bistro", fs: vfs.NewMem(), change: change}
	k.start()
	t.Cleanup(k.stop)
	return k
}

func (k *kitchen) start() {
	k.t.Helper()
	var err error
	if k.house, err = build(k.fs, k.change...); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kitchen) stop() {
	k.t.Helper()
	if err := k.close(); err != nil {
		k.t.Error(err)
	}
}

// restart stops everything and starts it again on the same disk.
func (k *kitchen) restart() {
	k.t.Helper()
	k.stop()
	k.start()
}

// neighbour is another organisation of the same server.
func (k *kitchen) neighbour() *kitchen {
	other := *k
	other.org = fmt.Sprintf("rival-%d", organisations.Add(1))
	return &other
}

// openAtNoon is a new organisation on a server whose clock stands at noon until
// tick. A log's times never run backwards, but that is each organisation's own.
func openAtNoon(t testing.TB) *kitchen {
	t.Helper()
	if atNoon == nil {
		var err error
		noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
		atNoon, err = build(vfs.NewMem(), func(o *actors.Options) {
			o.Now = func() time.Time { return noon.Add(time.Duration(sinceNoon.Load()) * time.Second) }
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sinceNoon.Store(0)
	return &kitchen{house: atNoon, t: t, org: fmt.Sprintf("bistro-%d", organisations.Add(1))}
}

// tick lets a second pass where the clock stands.
func (k *kitchen) tick() { sinceNoon.Add(1) }
