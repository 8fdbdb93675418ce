package main

import (
	"strings"
	"testing"

	"heard/persistence/redistest"
)

// unready waits until the load balancer is told, and why.
func (p *production) unready(words ...string) {
	p.t.Helper()
	var a answer
	defer func() {
		if p.t.Failed() {
			p.t.Logf("/readyz: %v, wanted %q", a, words)
		}
	}()
	eventually(p.t, patience, "the load balancer is told", func() bool {
		a = p.do("GET", "/readyz", "")
		return a.status == 503 && contains(string(a.body), words...)
	})
}

func (p *production) ready() {
	p.t.Helper()
	eventually(p.t, patience, "the engine is ready", func() bool { return p.do("GET", "/readyz", "").ok() })
}

// TestIdleEngineNoticesThatRedisIsNotTheOne: nobody writes, and the load balancer
// is told all the same: of a Redis that was emptied or exchanged, and of one that
// is gone. The right one brings service back without a restart.
func TestIdleEngineNoticesThatRedisIsNotTheOne(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	if a := p.create("before"); !a.ok() {
		t.Fatal(a)
	}
	p.redis.Do("SWAPDB 0 1")
	p.unready("lost its history", "Redis is empty")
	if a := p.create("meanwhile"); a.status != 503 || !strings.Contains(string(a.body), "JOURNAL_UNAVAILABLE") {
		t.Errorf("a write was not refused at once: %v", a)
	}
	p.redis.Do("SWAPDB 0 1")
	p.ready()
	p.redis.Kill()
	p.unready("takes no writes")
	p.redis.Restart()
	p.ready()
	for _, key := range []string{"before", "after"} {
		if a := p.create(key); !a.ok() {
			t.Errorf("%s: %v", key, a)
		}
	}
	p.wantNumbers(2)
	p.term()
	p.wantSound()
}

// TestMissingReplicaIsNamed: without it nothing can be acknowledged, which the
// engine says by name; it goes on when it is back, or when it is started again
// without it.
func TestMissingReplicaIsNamed(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	replica := redistest.StartReplica(t, p.redis)
	eventually(t, patience, "the replica is known", func() bool {
		return strings.Contains(string(p.do("GET", "/api/admin/performance-stats", "").body), `"redis_replicas_demanded":1`)
	})
	p.ready()
	if a := p.create("with it"); !a.ok() {
		t.Fatal(a)
	}
	replica.Kill()
	p.unready("has 0 of 1", "missing replica "+replica.Addr(), "--redis-replicas")
	if _, found := p.stderr.find("missing replica "+replica.Addr(), patience, p.ended); !found {
		t.Error("the log does not name it")
	}
	if a := p.create("without it"); a.status != 503 {
		t.Errorf("it was taken without the replica: %v", a)
	}
	replica.Restart()
	replica.UntilFollows()
	p.ready()
	if a := p.create("with it again"); !a.ok() {
		t.Error(a)
	}
	replica.Kill()
	p.unready("has 0 of 1")
	p.term()
	p.engine = p.restart(p.serve()...)
	if a := p.create("alone"); !a.ok() {
		t.Error(a)
	}
	p.term()
	p.engine = p.restart(p.serve("--redis-replicas", "1")...)
	p.unready("has 0 of 1")
	p.term()
}
