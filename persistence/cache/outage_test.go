package cache

import (
	"context"
	"testing"

	"heard/domain"
	"heard/persistence"
)

func TestRedisThatIsGoneIsNoError(t *testing.T) {
	server := redisServer(t)
	inner := &counted{Store: database(t)}
	c := start(t, Options{L2: connect(t, server)})
	s := c.Over(inner)
	apply(t, s, window("a", 1, document(1, 1, false)), window("a", 2, document(2, 1, false)))
	readAll := func() {
		t.Helper()
		c.memory.forgetAll()
		for _, id := range []string{"o1", "o2"} {
			want(t, "version", version(t, s, "a", id), 1)
		}
		if rows, err := s.Orders(t.Context(), persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 5}}); err != nil || len(rows) != 2 {
			t.Fatalf("page %v, %v", rows, err)
		}
		if body, err := c.Cached(t.Context(), persistence.CacheMenu, "a", func() ([]byte, error) { return []byte("menu"), nil }); err != nil || string(body) != "menu" {
			t.Fatalf("menu %s, %v", body, err)
		}
	}
	readAll()
	want(t, "up", c.Stats().L2Up, true)
	server.Kill()
	before := inner.orders
	readAll()
	if inner.orders == before {
		t.Fatal("the store was not asked while Redis was gone")
	}
	want(t, "up", c.Stats().L2Up, false)
	skipped := c.Stats().L2Skipped
	readAll()
	if c.Stats().L2Skipped == skipped {
		t.Fatal("a Redis that is known to be gone was asked")
	}
	server.Restart()
	eventually(t, "Redis is used again", func() bool { return c.Stats().L2Up })
	hits := c.Stats().L2.Hits
	readAll()
	readAll()
	if c.Stats().L2.Hits == hits {
		t.Fatal("nothing was found in Redis after it came back")
	}
}

func TestCacheStartsWithoutRedis(t *testing.T) {
	server := redisServer(t)
	client := connect(t, server)
	server.Kill()
	c, err := New(Options{L2: client, Log: quiet(), L2ProbeMS: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := c.Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "version", version(t, s, "a", "o1"), 1)
	server.Restart()
	eventually(t, "Redis is used", func() bool { return c.Stats().L2Up && c.Stats().Subscriptions > 0 })
}

// TestRedisThatHangsHoldsNobodyUp: every call here returns while Redis answers
// nothing at all, which only a time-out can bring about.
func TestRedisThatHangsHoldsNobodyUp(t *testing.T) {
	server := redisServer(t)
	c := start(t, Options{L2: connect(t, server), L2TimeoutMS: 50})
	s := c.Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)), window("a", 2, document(2, 1, false)))
	eventually(t, "an order is in Redis", func() bool {
		version(t, s, "a", "o1")
		c.memory.forgetAll()
		version(t, s, "a", "o2")
		return c.Stats().L2.Hits > 0
	})
	server.Do("CLIENT PAUSE 600000 ALL")
	c.memory.forgetAll()
	want(t, "during the pause", version(t, s, "a", "o1"), 1)
	want(t, "during the pause", version(t, s, "a", "o2"), 1)
	apply(t, s, window("a", 3, document(1, 2, false)))
	want(t, "applied during the pause", version(t, s, "a", "o1"), 2)
	want(t, "up", c.Stats().L2Up, false)
	server.Kill() // CLIENT UNPAUSE would itself have to wait
	server.Restart()
	eventually(t, "Redis is used again", func() bool { return c.Stats().L2Up })
	want(t, "after it", version(t, s, "a", "o1"), 2)
}

// keptInRedis applies version 1 of a closed order and has it in Redis.
func keptInRedis(t *testing.T, c *Cache, s *Store) {
	t.Helper()
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "first version", version(t, s, "a", "o1"), 1)
	k := &key{kind: kindOrder, org: "a", id: "o1"}
	if _, _, found := c.shared.read(t.Context(), k, 1); !found {
		t.Fatal("not in Redis")
	}
}

// TestInvalidationThatRedisMissedLeavesNothingStale: it is away while an order
// changes, and comes back with all that it had.
func TestInvalidationThatRedisMissedLeavesNothingStale(t *testing.T) {
	server := redisServer(t)
	c := start(t, Options{L2: connect(t, server)})
	s := c.Over(database(t))
	keptInRedis(t, c, s)
	server.Do("SAVE")
	server.Kill()
	apply(t, s, window("a", 2, document(1, 2, false)))
	server.Restart()
	want(t, "kept over the restart", server.Do("EXISTS heard:order:{a}:o1").(int64), 1)
	eventually(t, "Redis is used again", func() bool { return c.Stats().L2Up })
	c.memory.forgetAll()
	want(t, "after it came back", version(t, s, "a", "o1"), 2)
}

// TestOldSnapshotOfRedisIsNotRead: the invalidation arrived, but Redis fell back
// behind it, and so fast that nobody noticed.
func TestOldSnapshotOfRedisIsNotRead(t *testing.T) {
	server := redisServer(t)
	c := start(t, Options{L2: connect(t, server)})
	s := c.Over(database(t))
	keptInRedis(t, c, s)
	server.Do("SAVE")
	apply(t, s, window("a", 2, document(1, 2, false)))
	server.Kill()
	server.Restart()
	c.memory.forgetAll()
	want(t, "after the restart", version(t, s, "a", "o1"), 2)
	eventually(t, "Redis is used", func() bool { return c.Stats().L2Up })
	c.memory.forgetAll()
	want(t, "once more", version(t, s, "a", "o1"), 2)
}

// TestProcessThatDiedBeforeRedisWasToldLeavesNothingStale: another node takes
// the organisation over and its Redis is healthy all the time.
func TestProcessThatDiedBeforeRedisWasToldLeavesNothingStale(t *testing.T) {
	client := connect(t, redisServer(t))
	db := database(t)
	first := start(t, Options{L2: client})
	keptInRedis(t, first, first.Over(db))
	apply(t, db, window("a", 2, document(1, 2, false))) // the Store has it, and then the process ends
	first.Close()
	s := start(t, Options{L2: client}).Over(db)
	if _, err := s.Load(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	want(t, "on the node that took over", version(t, s, "a", "o1"), 2)
}

// TestOrderlyRestartFindsRedisWarm: what Redis has is used when nothing was missed.
func TestOrderlyRestartFindsRedisWarm(t *testing.T) {
	client := connect(t, redisServer(t))
	db := database(t)
	first := start(t, Options{L2: client})
	keptInRedis(t, first, first.Over(db))
	apply(t, first.Over(db), window("a", 2, document(2, 1, true)))
	first.Close()
	inner := &counted{Store: db}
	s := start(t, Options{L2: client}).Over(inner)
	if _, err := s.Load(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	want(t, "version", version(t, s, "a", "o1"), 1)
	want(t, "reads of the store", inner.orders, 0)
}

// TestLateApplyOfAFormerOwnerIsHarmless: its window is long applied, its image old.
func TestLateApplyOfAFormerOwnerIsHarmless(t *testing.T) {
	client := connect(t, redisServer(t))
	db := database(t)
	former := start(t, Options{L2: client}).Over(db)
	keptInRedis(t, former.cache, former)
	owner := start(t, Options{L2: client}).Over(db)
	if _, err := owner.Load(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for seq := uint64(2); seq <= 4; seq++ {
		apply(t, owner, window("a", seq, document(1, seq, false)))
		want(t, "the owner reads", version(t, owner, "a", "o1"), seq)
	}
	client.Del(t.Context(), "heard:order:{a}:o1") // as an eviction would
	apply(t, former, window("a", 2, document(1, 2, false)))
	owner.cache.memory.forgetAll()
	want(t, "the owner reads after the late window", version(t, owner, "a", "o1"), 4)
	want(t, "the former owner reads", version(t, former, "a", "o1"), 4)
}

// TestScriptsAreLoadedAgain: Redis may forget them at any time.
func TestScriptsAreLoadedAgain(t *testing.T) {
	server := redisServer(t)
	client := connect(t, server)
	c := start(t, Options{L2: client})
	s := c.Over(database(t))
	keptInRedis(t, c, s)
	server.Do("SCRIPT FLUSH")
	apply(t, s, window("a", 2, document(1, 2, false)), window("b", 1, document(9, 1, false)))
	want(t, "in step", client.HGet(context.Background(), "heard:head:{a}", "through").Val(), "2")
	want(t, "in step", client.HGet(context.Background(), "heard:head:{b}", "through").Val(), "1")
	want(t, "up", c.Stats().L2Up, true)
	want(t, "version", version(t, s, "a", "o1"), 2)
}

// TestManyOrdersAtOnceBeginAnew: after an outage of the Store a window names
// thousands of orders.
func TestManyOrdersAtOnceBeginAnew(t *testing.T) {
	c := start(t, Options{L2: connect(t, redisServer(t))})
	s := c.Over(database(t))
	other := start(t, Options{L2: c.options.L2}).Over(s.Store)
	keptInRedis(t, c, s)
	want(t, "on the other node", version(t, other, "a", "o1"), 1)
	docs := make([]persistence.Document, mostDropped+1)
	for i := range docs {
		docs[i] = document(uint64(i+1), 2, false)
	}
	apply(t, s, window("a", 2, docs...))
	want(t, "version", version(t, s, "a", "o1"), 2)
	eventually(t, "the other node has the news", func() bool { return version(t, other, "a", "o1") == 2 })
}

func TestClientMustObeyItsContext(t *testing.T) {
	server := redisServer(t)
	if _, err := New(Options{L2: server.Client()}); err == nil {
		t.Fatal("a client that would hold readers up was accepted")
	}
}
