package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"heard/persistence/mongostore"
	"heard/persistence/redisjournal"
)

func (p *production) restore() ran {
	return runHeard(p.t, append([]string{"restore", "--from", "mongo"}, p.flags...)...)
}

func (p *production) wantRestored(says ...string) {
	p.t.Helper()
	if r := p.restore(); r.code != 0 || !contains(r.stdout, says...) {
		p.t.Fatalf("restore: exit code %d\n%s%s, wanted %q", r.code, r.stdout, r.stderr, says)
	}
}

// wantNothingToRestore: a new history would send every screen away for nothing.
func (p *production) wantNothingToRestore() {
	p.t.Helper()
	before := p.history()
	if r := p.restore(); r.code != 2 || r.stdout != "" || !contains(r.stderr, "nothing is lost", before) || strings.Count(r.stderr, "\n") != 1 {
		p.t.Errorf("restore: %+v", r)
	}
	if after := p.history(); after != before {
		p.t.Errorf("the history was %s and is %s", before, after)
	}
}

// history is the identity of the log, which Redis holds in every shard.
func (p *production) history() string {
	p.t.Helper()
	redis := p.redis.Client()
	all := map[string]bool{}
	for shard := range 64 {
		all[redis.Get(p.t.Context(), fmt.Sprintf("heard:h:{%d}", shard)).Val()] = true
	}
	for id := range all {
		if history, ok := strings.CutPrefix(id, "1 64 "); ok && len(all) == 1 {
			return history
		}
	}
	p.t.Fatalf("identities %v", all)
	return ""
}

// watermark is how far MongoDB follows an organisation.
func (p *production) watermark(org string) uint64 {
	p.t.Helper()
	chain, err := p.store().Watermark(p.t.Context(), org)
	if err != nil {
		p.t.Fatal(err)
	}
	return chain.Seq
}

func (p *production) store() *mongostore.Store {
	p.t.Helper()
	s, err := mongostore.Open(p.t.Context(), mongostore.Options{URI: p.mongo.URI, Database: p.database, BulkOps: p.mongo.BulkOps()})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// followed waits until MongoDB has everything.
func (p *production) followed() {
	p.t.Helper()
	p.drained()
}

// TestRestoreAfterRedisWasLost: what MongoDB had is served again, under a history
// that tells screens; what was in Redis alone is gone, and its keys are free.
func TestRestoreAfterRedisWasLost(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "drained", 4)
	p.followed()
	screen := p.socket("/ws?token="+p.token, nil)
	var end struct {
		Epoch string
		Data  struct{ Seq uint64 }
	}
	if err := json.Unmarshal([]byte(screen.want("snapshot_end", "")), &end); err != nil || end.Epoch == "" {
		t.Fatal(err, end)
	}
	p.mongo.Kill()
	if a := p.create("redis alone"); !a.ok() {
		t.Fatal(a)
	}
	p.kill9()
	p.mongo.Restart()
	p.redis.Empty()
	r := runHeard(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", p.data}, p.serve()...)...)
	if r.code != 2 || !contains(r.stderr, "Redis is empty", "heard restore --from mongo") {
		t.Errorf("serve without Redis's data: %+v", r)
	}
	p.wantRestored(fmt.Sprintf("bistro: restored up to %d; Redis had it up to 0\n", p.watermark("bistro")), "restored 1 organisations")
	p.wantNothingToRestore()
	p.wantSound()
	if p.history() == end.Epoch {
		t.Error("the history is the one that was lost")
	}

	p.engine = p.restart(p.serve()...)
	l.wantRepeatable(p.engine)
	l.wantVisible(p.engine)
	back := p.socket(fmt.Sprintf("/ws?token=%s&epoch=%s&seq=%d", p.token, end.Epoch, end.Data.Seq), nil)
	back.want("resync_required", "")
	l.doubted["redis alone"] = write{}
	l.settleAtLast(p.engine)
	l.work(p.engine, "after", 3)
	l.wantVisible(p.engine)
	p.term()
	p.wantSound()
}

// TestStoppedEngineLosesNothingWithRedis: what an engine has in memory is written
// to MongoDB on its way out, so that a restore after it brings everything.
func TestStoppedEngineLosesNothingWithRedis(t *testing.T) {
	t.Parallel()
	p := startProduction(t, "--flush-interval", "1m", "--flush-ops", "10000")
	l := newLedger(t)
	l.work(p.engine, "in memory", 4)
	p.redis.Empty()
	p.unready("lost its history")
	p.term()
	p.wantRestored("bistro: restored up to ")
	p.engine = p.restart(p.serve()...)
	l.wantRepeatable(p.engine)
	l.wantVisible(p.engine)
	p.term()
	p.wantSound()
}

// TestRestoreOfAnOlderRedis: one organisation is behind MongoDB, another has
// orders that MongoDB has not; each keeps the most there is.
func TestRestoreOfAnOlderRedis(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "bistro", 4)
	p.followed()
	cafe := p.as("cafe", "admin")
	kept := newLedger(t)
	kept.work(cafe, "drained", 2)
	p.followed()
	p.mongo.Kill()
	kept.work(cafe, "redis-only", 3)
	p.kill9()
	p.mongo.Restart()
	p.wantNothingToRestore()

	redis := p.redis.Client()
	fences, err := redis.Keys(t.Context(), "heard:f:*:bistro").Result()
	if err != nil || len(fences) != 1 {
		t.Fatal(fences, err)
	}
	if err := redis.HSet(t.Context(), fences[0], "v", 2, "e", 1).Err(); err != nil {
		t.Fatal(err)
	}
	if r := p.audit(); r.code != 1 || !contains(r.stdout, "FAIL log complete", "bistro seq 3", "knows of nothing after 2") {
		t.Errorf("audit: %+v", r)
	}
	p.wantRestored(fmt.Sprintf("bistro: restored up to %d; Redis had it up to 2\n", p.watermark("bistro")), "cafe: goes to ", "nothing was restored\n", "restored 2 organisations")
	p.wantNothingToRestore()
	p.wantSound()
	p.engine = p.restart(p.serve()...)
	l.wantRepeatable(p.engine)
	kept.wantRepeatable(p.as("cafe", "admin"))
	kept.wantVisible(p.as("cafe", "admin"))
	p.term()
	p.wantSound()
}

// TestRestoreGoesOnWhereItWasKilled: in each state a kill can leave, no engine
// starts, and the next run ends it under the same history.
func TestRestoreGoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "k", 3)
	p.followed()
	p.term()
	seq, store := p.watermark("bistro"), p.store()
	for _, step := range []string{"MongoDB is marked", "some shards have the history", "all have it", "the organisations are through", "MongoDB has the history"} {
		t.Run(step, func(t *testing.T) {
			lost, history := p.history(), redisjournal.NewHistory()
			p.redis.Empty()
			if _, err := store.BeginRestore(t.Context(), history); err != nil {
				t.Fatal(err)
			}
			r, err := redisjournal.OpenLost(t.Context(), redisjournal.Options{URL: p.redis.URL(), History: history}, lost)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			switch step {
			case "some shards have the history":
				for shard := range 20 {
					p.redis.Client().Set(t.Context(), fmt.Sprintf("heard:h:{%d}", shard), "1 64 "+history, 0)
				}
			case "all have it", "the organisations are through", "MongoDB has the history":
				if err := r.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if step == "the organisations are through" || step == "MongoDB has the history" {
				if _, err := r.Seed(t.Context(), "bistro", 1, seq); err != nil {
					t.Fatal(err)
				}
			}
			if step == "MongoDB has the history" {
				if err := store.EndRestore(t.Context(), history); err != nil {
					t.Fatal(err)
				}
				if _, err := store.BeginRestore(t.Context(), history); err != nil { // the mark was not taken off yet
					t.Fatal(err)
				}
			}
			for _, command := range [][]string{append([]string{"serve", "--listen", "127.0.0.1:0", "--data", p.data}, p.serve()...), append([]string{"audit", "--store", "redis-mongo"}, p.flags...)} {
				if r := runHeard(t, command...); r.code != 2 || !contains(r.stderr, "a restore was not finished", "heard restore --from mongo") {
					t.Errorf("%s: %+v", command[0], r)
				}
			}
			p.wantRestored("bistro: ", "restored 1 organisations", history)
			if now := p.history(); now != history {
				t.Errorf("history %s, want %s", now, history)
			}
			p.wantNothingToRestore()
			p.wantSound()
		})
	}
	p.engine = p.restart(p.serve()...)
	l.wantRepeatable(p.engine)
	p.term()
}

// TestRestoreRefusesWhatIsNotItsOwn: another installation's Redis, and a database
// that no engine ever served.
func TestRestoreRefusesWhatIsNotItsOwn(t *testing.T) {
	p := startProduction(t)
	if a := p.create("k"); !a.ok() {
		t.Fatal(a)
	}
	p.followed()
	p.term()
	p.redis.Do("FLUSHALL")
	j, err := redisjournal.Open(t.Context(), redisjournal.Options{URL: p.redis.URL(), History: redisjournal.NewHistory(), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	theirs := p.history()
	if r := p.restore(); r.code != 2 || !contains(r.stderr, "--redis-url", theirs, "name the Redis that had it") {
		t.Errorf("%+v", r)
	}
	if p.history() != theirs {
		t.Error("it was changed")
	}
	uri := strings.Replace(p.mongo.URI, "/?", "/"+p.mongo.Database()+"?", 1)
	if r := runHeard(t, "restore", "--from", "mongo", "--redis-url", p.redis.URL(), "--mongo-uri", uri); r.code != 2 || !contains(r.stderr, "--mongo-uri: no store there") {
		t.Errorf("%+v", r)
	}
}
