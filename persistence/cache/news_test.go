package cache

import (
	"testing"
	"time"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/redistest"

	"github.com/redis/go-redis/v9"
)

func TestOtherNodesHearOfAnApply(t *testing.T) {
	server := redisServer(t)
	db := database(t)
	one := start(t, Options{L2: connect(t, server)}).Over(db)
	two := start(t, Options{L2: connect(t, server)}).Over(db)
	page := persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 5}}
	for seq := uint64(1); seq <= 10; seq++ {
		apply(t, one, window("a", seq, document(1, seq, false)))
		want(t, "its own order", version(t, one, "a", "o1"), seq)
		eventually(t, "the other node reads it", func() bool { return version(t, two, "a", "o1") == seq })
		eventually(t, "the other node lists it", func() bool {
			rows, err := two.Orders(t.Context(), page)
			return err == nil && len(rows) == 1 && rows[0].Version == seq
		})
	}
	for _, s := range []*Store{one, two} {
		want(t, "nobody dropped everything", s.cache.Stats().Subscriptions, 1)
	}
}

// TestOwnNewsIsNotHeard: it would drop what was read since.
func TestOwnNewsIsNotHeard(t *testing.T) {
	server := redisServer(t)
	inner := &counted{Store: database(t)}
	s := start(t, Options{L2: connect(t, server)}).Over(inner)
	witness := start(t, Options{L2: connect(t, server)}).Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "version", version(t, s, "a", "o1"), 1)
	s.cache.hear(string(s.cache.newsOf(&turn{org: "a", to: position{through: 9}, touched: map[string]uint64{"o1": 9}})))
	if at, _ := s.cache.positions.through("a"); at != 1 {
		t.Fatalf("own news moved the organisation to %d", at)
	}
	eventually(t, "the news was sent", func() bool { at, _ := witness.cache.positions.through("a"); return at == 1 })
	hits := s.cache.Stats().L1.Hits
	want(t, "version", version(t, s, "a", "o1"), 1)
	want(t, "hits in memory", s.cache.Stats().L1.Hits, hits+1)
}

func TestResubscribingDropsMemory(t *testing.T) {
	server := redisServer(t)
	db := database(t)
	s := start(t, Options{L2: connect(t, server)}).Over(db)
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "version", version(t, s, "a", "o1"), 1)
	apply(t, db, window("a", 2, document(1, 2, false))) // news that was lost
	want(t, "as long as nobody says", version(t, s, "a", "o1"), 1)
	server.Do("DEL heard:order:{a}:o1") // it is L1 that this is about
	server.Do("CLIENT KILL TYPE pubsub")
	eventually(t, "the new version is read", func() bool { return version(t, s, "a", "o1") == 2 })
	if n := s.cache.Stats().Subscriptions; n < 2 {
		t.Fatalf("%d subscriptions", n)
	}
}

func TestNewsThatCannotBeReadDropsMemory(t *testing.T) {
	server := redisServer(t)
	inner := &counted{Store: database(t)}
	s := start(t, Options{L2: connect(t, server)}).Over(inner)
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "version", version(t, s, "a", "o1"), 1)
	server.Do("PUBLISH heard:inv {nonsense")
	eventually(t, "memory is empty", func() bool { return s.cache.Stats().L1Size == 0 })
	want(t, "version", version(t, s, "a", "o1"), 1)
}

// TestClusterKeepsAnOrganisationTogether: its keys are in one slot, and the
// news reaches nodes that listen elsewhere.
func TestClusterKeepsAnOrganisationTogether(t *testing.T) {
	cluster := redistest.StartCluster(t, 3, "--appendonly", "no")
	db := database(t)
	client := func() redis.UniversalClient {
		addrs := make([]string, len(cluster.Nodes))
		for i, n := range cluster.Nodes {
			addrs[i] = n.Addr()
		}
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true, MaxRetries: -1})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	one, two := start(t, Options{L2: client()}).Over(db), start(t, Options{L2: client()}).Over(db)
	orgs := []string{"a", "b", "c", "d", "e", "f", "g"}
	newest := map[string]uint64{}
	next := func(org string) persistence.Window {
		newest[org]++
		return window(org, newest[org], document(1, newest[org], false))
	}
	for range 5 {
		var windows []persistence.Window
		for _, org := range orgs {
			windows = append(windows, next(org))
		}
		apply(t, one, windows...)
		for _, org := range orgs {
			want(t, "version of "+org, version(t, one, org, "o1"), newest[org])
			told := time.Now()
			eventually(t, "the other node reads "+org, func() bool {
				if time.Since(told) > patience/10 { // a busy cluster may lose news between its nodes
					apply(t, one, next(org))
					told = time.Now()
				}
				return version(t, two, org, "o1") == newest[org]
			})
		}
	}
	one.cache.memory.forgetAll()
	hits := one.cache.Stats().L2.Hits
	for _, org := range orgs {
		want(t, "version of "+org, version(t, one, org, "o1"), newest[org])
	}
	want(t, "hits in Redis", one.cache.Stats().L2.Hits, hits+int64(len(orgs)))
	want(t, "up", one.cache.Stats().L2Up, true)
}
