// Package cache serves reads from three tiers: L1 in this process (otter), L2 in
// Redis, shared by all nodes, and L3, the Store or whatever else makes the value.
// It is for what the owner of an organisation does not hold in memory: closed
// orders, history pages, timelines, encoded menus and settings.
//
// A cache may be slow, empty or gone, and a read is then only slower: no error
// of a tier reaches a reader. And it may never be wrong. What says so is at the
// place: store.go for the rules of L1, shared.go for those of L2.
package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/redis/go-redis/v9"

	"heard/persistence"
)

// Options bound a Cache. A zero field takes the default named here.
type Options struct {
	MaxEntries int   // 1,000 entries in L1
	MaxBytes   int64 // 64 MiB in L1, as far as its entries can be added up

	MenuTTLMS  int64 // 1,800,000 ms that a menu is kept
	OtherTTLMS int64 // 300,000 ms that everything else is kept

	// L2 is the Redis to share values through; nil = no L2. It must not be the
	// journal's: a cache evicts (maxmemory-policy allkeys-lru), a journal must not.
	// It needs ContextTimeoutEnabled, or a slow Redis would hold readers up for
	// its socket time-out. MaxRetries -1 is sensible. The caller closes it.
	L2          redis.UniversalClient
	L2TimeoutMS int64 // 50 ms that a reader waits for L2 at most
	L2ProbeMS   int64 // 500 ms between two looks at an L2 that did not answer

	// History is the identity of the journal's log (Journal.History), without
	// braces. It is part of every key in L2: another history gives the same sequence numbers to other events.
	History string

	Log *slog.Logger // nil = slog.Default

	clock otter.Clock // for tests of time; nil = the real one
}

func (o Options) withDefaults() Options {
	positive(&o.MaxEntries, 1000)
	positive(&o.MaxBytes, 64<<20)
	positive(&o.MenuTTLMS, 1_800_000)
	positive(&o.OtherTTLMS, 300_000)
	positive(&o.L2TimeoutMS, 50)
	positive(&o.L2ProbeMS, 500)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func positive[N int | int64](n *N, otherwise N) {
	if *n <= 0 {
		*n = otherwise
	}
}

func (o *Options) ttl(kind persistence.CacheKind) time.Duration {
	if kind == persistence.CacheMenu {
		return time.Duration(o.MenuTTLMS) * time.Millisecond
	}
	return time.Duration(o.OtherTTLMS) * time.Millisecond
}

// Cache is the tiers together. It implements persistence.Cache.
type Cache struct {
	options    Options
	node       string // tells this cache's own news from others'
	memory     *memory
	shared     *shared // nil = no L2
	positions  positions
	stop       context.CancelFunc
	stopped    chan struct{} // closed when nobody listens any more
	subscribed atomic.Int64  // times

	missNS, joined, loads, loadNS atomic.Int64
}

var _ persistence.Cache = (*Cache)(nil)

// New starts a cache; Close ends it. The error says what is wrong with the
// options. An L2 that cannot be reached is no error.
func New(o Options) (*Cache, error) {
	o = o.withDefaults()
	if o.L2 != nil && !obeysContext(o.L2) {
		return nil, errors.New("cache: the Redis client must have ContextTimeoutEnabled")
	}
	memory, err := newMemory(&o)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Cache{options: o, node: token(), memory: memory, stop: stop, stopped: make(chan struct{})}
	if o.L2 == nil {
		close(c.stopped)
		return c, nil
	}
	c.shared = newShared(ctx, &o)
	go c.listen(ctx)
	return c, nil
}

// Close ends what runs behind the cache.
func (c *Cache) Close() {
	c.stop()
	<-c.stopped
	if c.shared != nil {
		c.shared.outage.wait()
	}
	c.memory.close()
}

func obeysContext(client redis.UniversalClient) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		return c.Options().ContextTimeoutEnabled
	}
	return false
}

// Cached implements persistence.Cache.
func (c *Cache) Cached(ctx context.Context, kind persistence.CacheKind, id string, load func() ([]byte, error)) ([]byte, error) {
	k := key{kind: kind, id: id}
	if h, ok := c.memory.get(k); ok {
		return h.body, nil
	}
	h, err := c.find(ctx, k, func(ctx context.Context) (*held, error) {
		name := string(kind) + ":" + id
		if body, ok := c.shared.get(ctx, name); ok {
			return holdBody(body), nil
		}
		began := time.Now()
		body, err := load()
		c.loaded(began)
		if err != nil {
			return nil, err
		}
		c.shared.put(ctx, name, body, c.options.ttl(kind))
		return holdBody(body), nil
	})
	if err != nil {
		return nil, err
	}
	return h.body, nil
}

// passing carries a value past L1: it is given to those who wait and not kept.
type passing struct{ *held }

func (passing) Error() string { return "cache: a value that is not kept" }

// find gets what L1 does not have. Callers of one key that come together share
// one load; one that was invalidated meanwhile is loaded again.
func (c *Cache) find(ctx context.Context, k key, load func(context.Context) (*held, error)) (*held, error) {
	began := time.Now()
	mine := false
	h, err := c.memory.entries.Get(ctx, k, otter.LoaderFunc[key, *held](func(ctx context.Context, _ key) (*held, error) {
		mine = true
		h, err := load(ctx)
		if err == nil && (h.fleeting || int64(h.bytes) > c.memory.mostBytes) {
			return nil, passing{h}
		}
		return h, err
	}))
	if p, ok := errors.AsType[passing](err); ok {
		h, err = p.held, nil
	}
	if !mine {
		c.joined.Add(1)
	}
	c.missNS.Add(time.Since(began).Nanoseconds())
	return h, err
}

func (c *Cache) loaded(began time.Time) {
	c.loads.Add(1)
	c.loadNS.Add(time.Since(began).Nanoseconds())
}

// decode reads a value from L2; nil = it cannot be what the key asks for.
func (c *Cache) decode(value []byte, k *key) *held {
	h, err := decode(value)
	if err == nil && !h.suits(k) {
		err = errDamaged
	}
	if err != nil {
		c.options.Log.Warn("a value of the shared cache is not used", "kind", string(k.kind), "org", k.org, "id", k.id, "error", err)
		return nil
	}
	return h
}
