package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"heard/persistence/redistest"
)

// TestMongoAwayIsNotNoticed: orders are taken, moved, closed and found while the
// documents cannot be written; the engine ends well, and what waited in Redis is
// written by the next one.
func TestMongoAwayIsNotNoticed(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 3)
	p.mongo.Kill()
	l.work(p.engine, "away", 5)
	closed := parse[row](t, p.create("closed").body).ID
	if a := p.move(closed, "completed", "done"); !a.ok() {
		t.Fatal(a)
	}
	l.kept["closed"], l.kept["done"] = write{}, write{order: closed, status: "completed", version: 2}
	l.wantVisible(p.engine)
	if a := p.do("GET", "/api/orders/"+closed, ""); !a.ok() {
		t.Errorf("a closed order: %v", a)
	}
	if a := p.do("GET", "/api/orders/"+closed+"/events", ""); a.status != 200 && a.status != 503 {
		t.Errorf("its timeline: %v", a)
	}
	a := p.do("GET", "/api/orders?status=completed", "")
	if !a.ok() || !strings.Contains(string(a.body), closed) || a.header.Get("X-Incomplete") == "" {
		t.Errorf("closed orders: %q %v", a.header.Get("X-Incomplete"), a)
	}
	if !p.do("GET", "/readyz", "").ok() {
		t.Error("not ready though orders are taken")
	}
	if lag := p.stats("journal", "drain_lag_ms"); lag <= 0 {
		t.Error("the lag is not shown")
	}
	p.wantStoreShownAway()
	p.term()
	p.mongo.Restart()
	p.engine = p.restart(p.serve()...)
	eventually(t, patience, "the documents follow", func() bool {
		return p.do("GET", "/api/orders/"+closed, "").ok() && p.stats("journal", "undrained_records") == 0
	})
	p.term()
	p.wantSound()
}

// wantStoreShownAway: everybody is told that the documents are away, nobody waits
// for them, and an organisation that cannot be read back is told who is to blame.
func (p *production) wantStoreShownAway() {
	t := p.t
	t.Helper()
	eventually(t, patience, "it is shown", func() bool {
		return strings.Contains(string(p.do("GET", "/readyz", "").body), `"degraded":["MongoDB does not answer`) && p.metric("heard_store_up") == "0"
	})
	for _, path := range []string{"/api/orders/never-was", "/api/orders?status=completed"} {
		var waited time.Duration
		for range 5 { // the machine may have other things to do
			begun := time.Now()
			a := p.do("GET", path, "")
			if waited = time.Since(begun); a.header.Get("Retry-After") == "" {
				t.Errorf("%s: %v", path, a)
			}
			if waited < time.Second {
				break
			}
		}
		if waited >= time.Second {
			t.Errorf("%s: waited %v for what is known to be away", path, waited)
		}
	}
	stranger := p.as("stranger", "waiter")
	if a := stranger.do("GET", "/api/orders", ""); a.status != 503 || !strings.Contains(string(a.body), "STORE_UNAVAILABLE") || a.header.Get("Retry-After") == "" {
		t.Errorf("a read of an organisation that is not in memory: %v", a)
	}
	if a := stranger.create("k"); a.status != 503 || !strings.Contains(string(a.body), "STORE_UNAVAILABLE") {
		t.Errorf("a write: %v", a)
	}
	if n := p.metric("heard_store_outages_total"); n == "" || n == "0" || p.metric("heard_journal_up") != "1" || p.metric("heard_new_orders_refused") != "0" {
		t.Errorf("store_outages_total %q, journal_up %q", n, p.metric("heard_journal_up"))
	}
}

// metric reads one figure of /metrics; "" = there is none.
func (p *production) metric(name string) string {
	p.t.Helper()
	for line := range strings.Lines(string(p.do("GET", "/metrics", "").body)) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// TestMongoBackIsNoticed: without a restart, and the documents follow.
func TestMongoBackIsNoticed(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 3)
	p.mongo.Kill()
	l.work(p.engine, "away", 3)
	eventually(t, patience, "the loss is noticed", func() bool { return p.metric("heard_store_up") == "0" })
	p.mongo.Restart()
	eventually(t, patience, "it is asked again", func() bool {
		return p.metric("heard_store_up") == "1" && string(p.do("GET", "/readyz", "").body) == `{"status":"ready"}`
	})
	p.drained()
	if a := p.as("stranger", "waiter").create("k"); !a.ok() {
		t.Errorf("an organisation that was not in memory: %v", a)
	}
	for _, tier := range []string{"l1", "l3"} {
		if p.metric(`heard_cache_requests_total{tier="`+tier+`"}`) == "" {
			t.Errorf("no figures of tier %s", tier)
		}
	}
	p.term()
	p.wantSound()
}

// TestRedisThatHangs answers nothing and refuses nothing: clients are told in
// seconds, and service resumes by itself.
func TestRedisThatHangs(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 3)
	p.redis.Signal(syscall.SIGSTOP)
	if a := p.create("hangs"); a.status != 503 || !strings.Contains(string(a.body), "OUTCOME_UNKNOWN") {
		t.Errorf("%v", a)
	}
	l.doubted["hangs"] = write{}
	eventually(t, patience, "the load balancer is told", func() bool { return p.do("GET", "/readyz", "").status == 503 })
	if a := p.create("next"); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a)
	}
	p.redis.Signal(syscall.SIGCONT)
	eventually(t, patience, "service resumes", func() bool { return p.do("GET", "/readyz", "").ok() })
	l.settleAtLast(p.engine)
	l.work(p.engine, "after", 3)
	l.wantVisible(p.engine)
	p.term()
	p.wantSound()
}

// TestReadsGoOnWhileRedisIsAway: the organisation that was writing when Redis
// died shows what was acknowledged, and nothing that could still be lost.
func TestReadsGoOnWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 4)
	p.redis.Kill()
	if a := p.create("in doubt"); a.status != 503 || !strings.Contains(string(a.body), "OUTCOME_UNKNOWN") {
		t.Errorf("%v", a)
	}
	l.doubted["in doubt"] = write{}
	for range 3 {
		l.wantVisible(p.engine)
		for _, path := range []string{"/api/menu", "/api/settings", "/api/events?after=0", "/api/orders/" + p.list()[0].ID} {
			if a := p.do("GET", path, ""); !a.ok() {
				t.Errorf("%s: %v", path, a)
			}
		}
		if a := p.create("refused"); a.status != 503 {
			t.Errorf("%v", a)
		}
	}
	p.unready("takes no writes")
	p.redis.Restart()
	p.ready()
	l.settleAtLast(p.engine)
	l.work(p.engine, "after", 3)
	l.wantVisible(p.engine)
	l.wantRepeatable(p.engine)
	p.term()
	p.wantSound()
}

// TestRedisHiccupWhileMongoIsAway: neither reads nor writes wait for MongoDB.
func TestRedisHiccupWhileMongoIsAway(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 3)
	p.mongo.Kill()
	l.work(p.engine, "without documents", 3)
	p.redis.Kill()
	if a := p.create("in doubt"); a.status != 503 {
		t.Errorf("%v", a)
	}
	l.doubted["in doubt"] = write{}
	l.wantVisible(p.engine)
	p.redis.Restart()
	p.ready()
	l.settleAtLast(p.engine)
	l.work(p.engine, "after", 3)
	l.wantVisible(p.engine)
	p.mongo.Restart()
	p.drained()
	l.wantRepeatable(p.engine)
	p.term()
	p.wantSound()
}

// TestCacheRedisGoneIsShownAndNotFelt: the second tier may go at any time.
func TestCacheRedisGoneIsShownAndNotFelt(t *testing.T) {
	t.Parallel()
	cache := redistest.Start(t)
	p := startProduction(t, "--cache-url", cache.URL())
	// A tier that takes too long is left alone for a while: on a busy machine the
	// first that is asked may be.
	n := 0
	eventually(t, patience, "a menu is kept in the second tier", func() bool {
		n++
		if a := p.as(fmt.Sprint("before-", n), "waiter").do("GET", "/api/menu", ""); !a.ok() {
			t.Fatal(a)
		}
		kept, _ := cache.Do("DBSIZE").(int64)
		return kept > 0 && p.tier("up") == true
	})
	cache.Kill()
	for i := range 5 {
		if a := p.as(fmt.Sprint("other-", i), "waiter").do("GET", "/api/menu", ""); !a.ok() {
			t.Errorf("a read failed: %v", a)
		}
	}
	if a := p.create("k"); !a.ok() || !p.do("GET", "/readyz", "").ok() {
		t.Errorf("%v", a)
	}
	eventually(t, patience, "the loss is shown", func() bool { return p.tier("up") == false })
	cache.Restart()
	eventually(t, patience, "the second tier is back", func() bool { return p.tier("up") == true })
}

// tier reads what performance-stats says of the second tier.
func (p *production) tier(name string) any {
	all := parse[map[string]any](p.t, p.do("GET", "/api/admin/performance-stats", "").body)
	cache, _ := all["cache"].(map[string]any)
	l2, _ := cache["l2_stats"].(map[string]any)
	return l2[name]
}
