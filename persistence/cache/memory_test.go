package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"heard/persistence"
)

func cached(t *testing.T, c *Cache, kind persistence.CacheKind, key string, load func() ([]byte, error)) string {
	t.Helper()
	body, err := c.Cached(t.Context(), kind, key, load)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestCallersThatComeTogetherShareOneLoad(t *testing.T) {
	const callers = 64
	for name, client := range map[string]redis.UniversalClient{"memory": nil, "redis": connect(t, redisServer(t))} {
		t.Run(name, func(t *testing.T) {
			c := start(t, Options{L2: client})
			var loads atomic.Int64
			goOn := make(chan struct{})
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					body, err := c.Cached(context.Background(), persistence.CacheMenu, "a v1", func() ([]byte, error) {
						loads.Add(1)
						<-goOn
						return []byte("menu"), nil
					})
					if err != nil || string(body) != "menu" {
						t.Errorf("%s, %v", body, err)
					}
				})
			}
			eventually(t, "all have looked in memory", func() bool { return c.Stats().L1.Misses == callers })
			close(goOn)
			wg.Wait()
			want(t, "loads", loads.Load(), 1)
			want(t, "callers that waited for it", c.Stats().Joined, callers-1)
		})
	}
}

func TestFailedLoadIsNotKept(t *testing.T) {
	c := start(t, Options{})
	broken := errors.New("broken")
	if _, err := c.Cached(t.Context(), persistence.CacheMenu, "a", func() ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Fatalf("error: %v", err)
	}
	want(t, "next", cached(t, c, persistence.CacheMenu, "a", func() ([]byte, error) { return []byte("menu"), nil }), "menu")
}

// handClock is moved by hand.
type handClock struct{ now atomic.Int64 }

func (c *handClock) NowNano() int64                      { return c.now.Load() }
func (c *handClock) Tick(time.Duration) <-chan time.Time { return nil }

func TestEntriesExpireByKind(t *testing.T) {
	client := connect(t, redisServer(t))
	clock := &handClock{}
	c := start(t, Options{clock: clock})
	for kind, ttl := range map[persistence.CacheKind]time.Duration{persistence.CacheMenu: 1800 * time.Second, persistence.CacheSettings: 300 * time.Second} {
		loads := 0
		look := func() {
			cached(t, c, kind, "a", func() ([]byte, error) { loads++; return []byte("x"), nil })
		}
		look()
		clock.now.Add(int64(ttl) - 1)
		look()
		want(t, "loads of "+string(kind)+" before its time", loads, 1)
		clock.now.Add(1)
		look()
		want(t, "loads of "+string(kind)+" after its time", loads, 2)
	}

	shared := start(t, Options{L2: client})
	s := shared.Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "version", version(t, s, "a", "o1"), 1)
	cached(t, shared, persistence.CacheMenu, "a", func() ([]byte, error) { return []byte("x"), nil })
	for name, most := range map[string]time.Duration{"heard:menu:a": 1800 * time.Second, "heard:order:{a}:o1": 300 * time.Second, "heard:head:{a}": 600 * time.Second} {
		left := client.PTTL(t.Context(), name).Val()
		if left > most || left < most-5*time.Minute+time.Second {
			t.Errorf("%s lives for %v, want up to %v", name, left, most)
		}
	}
}

func TestMemoryIsBoundedInEntriesAndBytes(t *testing.T) {
	c := start(t, Options{MaxEntries: 100, MaxBytes: 1 << 20})
	fill := func(n, bytes int) Stats {
		for i := range n {
			cached(t, c, persistence.CacheSettings, fmt.Sprint(bytes, " ", i), func() ([]byte, error) { return make([]byte, bytes), nil })
		}
		c.memory.entries.CleanUp()
		return c.Stats()
	}
	s := fill(1000, 10)
	if s.L1Size > 100 || s.L1Size < 90 || s.L1Capacity != 100 {
		t.Fatalf("%d small entries of %d", s.L1Size, s.L1Capacity)
	}
	s = fill(1000, 50_000)
	if s.L1Bytes > 1<<20 || s.L1Size > 21+100 {
		t.Fatalf("%d bytes in %d entries", s.L1Bytes, s.L1Size)
	}
	total := 0
	for h := range c.memory.entries.Values() {
		total += h.bytes
	}
	if total > 1<<20 {
		t.Fatalf("%d bytes are held", total)
	}
	loads := 0
	for range 2 { // one value must not push all others out
		cached(t, c, persistence.CacheSettings, "huge", func() ([]byte, error) { loads++; return make([]byte, 1<<20/largestShare+1), nil })
	}
	want(t, "loads of a value that is too large", loads, 2)
}

func TestMemoryHitCostsNoMemory(t *testing.T) {
	c := start(t, Options{})
	s := c.Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)))
	load := func() ([]byte, error) { return []byte("menu"), nil }
	for what, read := range map[string]func(){
		"order":    func() { _, _ = s.Order(context.Background(), "a", "o1") },
		"timeline": func() { _, _ = s.Timeline(context.Background(), "a", "o1") },
		"cached":   func() { _, _ = c.Cached(context.Background(), persistence.CacheMenu, "a v1 INR", load) },
	} {
		if n := testing.AllocsPerRun(1000, read); n > 0 && !raceDetector {
			t.Errorf("%s: %v allocations a hit", what, n)
		}
	}
}

func TestStatisticsAddUp(t *testing.T) {
	client := connect(t, redisServer(t))
	c := start(t, Options{L2: client})
	s := c.Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false), document(2, 1, false)))
	for range 100 {
		version(t, s, "a", "o1")
	}
	c.memory.forgetAll()
	version(t, s, "a", "o1")
	version(t, s, "a", "o2")
	got := c.Stats()
	for _, row := range []struct {
		what      string
		got, want int64
	}{
		{"requests", got.Requests, 102}, {"L1 hits", got.L1.Hits, 99}, {"L1 misses", got.L1.Misses, 3},
		{"L2 hits", got.L2.Hits, 1}, {"L2 misses", got.L2.Misses, 2}, {"L3 loads", got.L3.Hits, 2},
		{"joined", got.Joined, 0}, {"L2 errors", got.L2Errors, 0}, {"L2 skipped", got.L2Skipped, 0}, {"L2 refused", got.L2Refused, 0},
		{"entries", int64(got.L1Size), 2}, {"capacity", int64(got.L1Capacity), 1000},
	} {
		want(t, row.what, row.got, row.want)
	}
	if !got.L2Used || !got.L2Up || got.AverageMS <= 0 || got.L1.AverageMS <= 0 || got.L2.AverageMS <= 0 || got.L3.AverageMS <= 0 {
		t.Fatalf("%+v", got)
	}
	if got.L1Bytes <= 0 || got.L1Bytes > got.L1CapacityBytes {
		t.Fatalf("%d of %d bytes", got.L1Bytes, got.L1CapacityBytes)
	}
	want(t, "without L2", start(t, Options{}).Stats(), Stats{L1Capacity: 1000, L1CapacityBytes: 64 << 20 / 1000 * 1000})
}

// TestKeysAreWhatTheyWere: nodes of two versions share a Redis, so a change of
// a name is a change of the protocol.
func TestKeysAreWhatTheyWere(t *testing.T) {
	client := connect(t, redisServer(t))
	c := start(t, Options{L2: client, History: "h1"})
	s := c.Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)))
	version(t, s, "a", "o1")
	_, _ = s.Timeline(t.Context(), "a", "o1")
	cached(t, c, persistence.CacheMenu, "a:v7:INR", func() ([]byte, error) { return []byte("x"), nil })
	for _, name := range []string{"head:{a}", "order:{a}:o1", "timeline:{a}:o1", "menu:a:v7:INR"} {
		if client.Exists(t.Context(), "heard:h1:"+name).Val() != 1 {
			t.Errorf("no %s among %s", name, strings.Join(client.Keys(t.Context(), "*").Val(), ", "))
		}
	}
	want(t, "channel", c.shared.channel(), "heard:h1:inv")
}
