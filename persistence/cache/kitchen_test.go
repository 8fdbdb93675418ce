package cache

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/redis/go-redis/v9"

	"heard/persistence"
	"heard/persistence/pebblestore"
	"heard/persistence/redistest"
)

// TestMain keeps the client from telling of every Redis that a test kills.
func TestMain(m *testing.M) {
	redis.SetLogger(silent{})
	os.Exit(m.Run())
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// patience bounds waits for what comes by itself; it is never a measure.
const patience = 30 * time.Second

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// redisServer is a Redis as a cache has it: nothing is kept on disk by itself.
func redisServer(t testing.TB) *redistest.Server {
	return redistest.Start(t, "--appendonly", "no", "--dbfilename", "snapshot.rdb")
}

func connect(t testing.TB, server *redistest.Server) redis.UniversalClient {
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func start(t testing.TB, o Options) *Cache {
	t.Helper()
	if o.Log == nil {
		o.Log = quiet()
	}
	if o.L2 != nil && o.L2TimeoutMS == 0 {
		o.L2TimeoutMS = 5000 // a busy machine is no outage
	}
	if o.L2ProbeMS == 0 {
		o.L2ProbeMS = 5
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if o.L2 != nil && !c.shared.outage.down.Load() {
		eventually(t, "the cache follows the others' news", func() bool { return c.Stats().Subscriptions > 0 })
	}
	return c
}

func database(t testing.TB) *pebblestore.DB {
	t.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: "db", FS: vfs.NewMem(), CacheBytes: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// counted counts the reads that reach a store.
type counted struct {
	persistence.Store
	orders, pages, timelines int
}

func (c *counted) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	c.orders++
	return c.Store.Order(ctx, org, id)
}

func (c *counted) Orders(ctx context.Context, s persistence.Selection) ([]persistence.Document, error) {
	c.pages++
	return c.Store.Orders(ctx, s)
}

func (c *counted) Timeline(ctx context.Context, org, id string) ([]persistence.Event, error) {
	c.timelines++
	return c.Store.Timeline(ctx, org, id)
}

func document(number, version uint64, active bool) persistence.Document {
	status := "completed"
	if active {
		status = "preparing"
	}
	return persistence.Document{
		ID: fmt.Sprintf("o%d", number), Number: number, Version: version, Status: status, Active: active,
		TableID: "t1", CreatedMS: int64(number), UpdatedMS: int64(version), Text: fmt.Sprint(number, " soup"),
		Body: fmt.Appendf(nil, `{"number":%d,"version":%d,"note":"%080d"}`, number, version, version),
	}
}

func window(org string, seq uint64, docs ...persistence.Document) persistence.Window {
	w := persistence.Window{Org: org, Epoch: 1, Through: persistence.Chain{Seq: seq}, Orders: docs, AtMS: int64(seq)}
	for _, d := range docs {
		w.Events = append(w.Events, persistence.Event{Order: d.ID, Version: d.Version, Seq: seq, AtMS: int64(seq)})
	}
	return w
}

func apply(t testing.TB, s persistence.Store, windows ...persistence.Window) {
	t.Helper()
	if err := s.Apply(t.Context(), windows); err != nil {
		t.Fatal(err)
	}
}

func version(t testing.TB, s persistence.Store, org, id string) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := s.Order(ctx, org, id)
	if err != nil {
		t.Fatal(err)
	}
	return d.Version
}

func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
