package main

import (
	"fmt"
	"strings"
	"testing"

	"heard/persistence/mongotest"
	"heard/persistence/redistest"
)

// TestAuditFindsWhatRedisLost: the newest orders were in Redis alone, and its
// stream no longer has them. The fence remembers that they were acknowledged.
func TestAuditFindsWhatRedisLost(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "drained", 2)
	p.drained()
	p.mongo.Kill()
	l.work(p.engine, "redis-only", 3)
	p.kill9()
	p.mongo.Restart()
	p.wantSound()

	redis := p.redis.Client()
	streams, err := redis.Keys(t.Context(), "heard:j:*:bistro").Result()
	if err != nil || len(streams) != 1 {
		t.Fatalf("streams %v, %v", streams, err)
	}
	newest, err := redis.XRevRangeN(t.Context(), streams[0], "+", "-", 2).Result()
	if err != nil || len(newest) != 2 {
		t.Fatalf("newest entries %v, %v", newest, err)
	}
	last, _, _ := strings.Cut(newest[0].ID, "-")
	if n, err := redis.XDel(t.Context(), streams[0], newest[0].ID, newest[1].ID).Result(); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	r := p.audit()
	if r.code != 1 || strings.Count(r.stdout, "FAIL") != 1 || !contains(r.stdout, "FAIL log complete", "bistro seq ", " lost: the log ends at ", "acknowledged up to "+last) {
		t.Errorf("audit: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestAuditOfNothingMakesNothing: a wrong name of a database or a Redis must not
// become a store.
func TestAuditOfNothingMakesNothing(t *testing.T) {
	t.Parallel()
	redis, mongo := redistest.Start(t), mongotest.Start(t)
	database := mongo.Database()
	uri := strings.Replace(mongo.URI, "/?", "/"+database+"?", 1)
	flags := []string{"--redis-url", redis.URL(), "--mongo-uri", uri}
	for _, command := range []string{"audit --store redis-mongo", "migrate --from redis-mongo --to embedded --data " + t.TempDir()} {
		r := runHeard(t, append(strings.Fields(command), flags...)...)
		if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, "--mongo-uri: no store there") || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: %+v", command, r)
		}
	}
	if n := redis.Do("DBSIZE"); fmt.Sprint(n) != "0" {
		t.Errorf("%v keys in Redis", n)
	}
	if names, err := mongo.Client().Database(database).ListCollectionNames(t.Context(), map[string]any{}); err != nil || len(names) != 0 {
		t.Errorf("collections %v, %v", names, err)
	}
}
