package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence/mongotest"
	"heard/persistence/redistest"
	"heard/transport/auth"
)

// production is an engine with the servers of --store redis-mongo.
type production struct {
	*engine
	redis    *redistest.Server
	mongo    *mongotest.Server
	database string
	flags    []string // that name them
	secret   string
}

func startProduction(t *testing.T, args ...string) *production {
	t.Helper()
	p, data := startServers(t)
	p.engine = startEngine(t, data, p.serve(args...)...)
	return p
}

// startServers starts what an engine needs; the secret is in the data folder, too.
func startServers(t *testing.T) (p *production, data string) {
	t.Helper()
	p = &production{mongo: mongotest.Start(t), redis: redistest.Start(t)}
	p.database = p.mongo.Database()
	p.flags = []string{"--redis-url", p.redis.URL(), "--mongo-uri", p.mongo.URIOf(p.database), "--mongo-bulk", fmt.Sprint(p.mongo.BulkOps())}
	data = t.TempDir()
	secret, err := auth.LoadOrCreateSecret(data)
	if err != nil {
		t.Fatal(err)
	}
	p.secret = string(secret)
	return p, data
}

// serve is the command line of an engine on these servers.
func (p *production) serve(args ...string) []string {
	line := append([]string{"--store", "redis-mongo", "--jwt-secret", p.secret}, p.flags...)
	return append(line, args...)
}

func (p *production) audit() ran {
	return runHeard(p.t, append([]string{"audit", "--store", "redis-mongo"}, p.flags...)...)
}

func (p *production) wantSound() {
	p.t.Helper()
	if r := p.audit(); r.code != 0 || strings.Count(r.stdout, "\nok ") < 5 || strings.Contains(r.stdout, "FAIL") {
		p.t.Errorf("audit: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestTwentyKillsOfTheProductionStore: the engine, Redis or MongoDB dies while
// clients work, twenty times. No acknowledged order is lost or doubled, the
// documents equal the log, its chain is whole.
func TestTwentyKillsOfTheProductionStore(t *testing.T) {
	t.Parallel()
	rounds := 20
	if testing.Short() || underRace() {
		rounds = 5
	}
	seed := randomSeed(t)
	p := startProduction(t)
	l := newLedger(t)
	victims := []string{"engine", "redis", "mongo"}
	if p.mongo.Real {
		t.Logf("SKIP: the server in %s is not ours to kill: only the engine and Redis die", mongotest.Variable)
		victims = victims[:2]
	}
	died := map[string]int{}
	for round := range rounds {
		victim := victims[seed.IntN(len(victims))]
		died[victim]++
		p.clientsDuring(l, fmt.Sprint("r", round), seed, func() {
			switch victim {
			case "engine":
				p.kill9()
			case "redis":
				p.redis.Kill()
				p.redis.Restart()
			case "mongo":
				p.mongo.Kill()
				p.mongo.Restart()
			}
		})
		if victim == "engine" {
			p.engine = p.restart(p.serve()...)
		}
		eventually(t, patience, "the engine is ready again", func() bool { return p.do("GET", "/readyz", "").ok() })
		l.settleAtLast(p.engine)
		l.wantVisible(p.engine)
	}
	t.Logf("%d writes acknowledged, killed %v", l.acked.Load(), died)
	l.keepSome(60) // FerretDB answers few at once
	l.wantRepeatable(p.engine)
	p.term()
	p.wantSound()
}

// clientsDuring lets a few clients work, and does something when some of what
// they write is acknowledged.
func (p *production) clientsDuring(l *ledger, name string, seed *rand.Rand, do func()) {
	var all sync.WaitGroup
	began, after := l.acked.Load(), int64(1+seed.IntN(12))
	for i := range 4 {
		all.Go(func() { l.work(p.engine, fmt.Sprintf("%s-c%d", name, i), 4) })
	}
	eventually(p.t, processLife, "enough writes", func() bool { return l.acked.Load()-began >= after })
	do()
	all.Wait()
}

// settleAtLast repeats what is in doubt until it is answered: an organisation
// whose append had no outcome is read back from the log first.
func (l *ledger) settleAtLast(e *engine) {
	l.t.Helper()
	eventually(l.t, patience, "what was in doubt is answered", func() bool {
		doubted := l.doubted
		l.doubted = map[string]write{}
		for key, w := range doubted {
			if _, ok := l.send(e, key, w); !ok {
				l.doubted[key] = w
			}
		}
		return len(l.doubted) == 0
	})
}

// keepSome forgets all but a few of what was acknowledged.
func (l *ledger) keepSome(n int) {
	for key := range l.kept {
		if len(l.kept) <= n {
			return
		}
		delete(l.kept, key)
	}
}

// TestEmptiedRedisIsNotServedAsNew: orders may have been in it and nowhere else.
func TestEmptiedRedisIsNotServedAsNew(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	a := p.create("k1")
	if !a.ok() {
		t.Fatal(a)
	}
	p.redis.Empty()
	eventually(t, patience, "the loss is noticed", func() bool { return p.create("k2").status == 503 })
	if a := p.create("k3"); a.status != 503 {
		t.Errorf("an order was taken: %v", a)
	}
	eventually(t, patience, "the load balancer is told", func() bool { return p.do("GET", "/readyz", "").status == 503 })
	p.kill9()
	r := runHeard(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", p.data}, p.serve()...)...)
	if r.code != 2 || !strings.Contains(r.stderr, "Redis is empty") || strings.Count(r.stderr, "\n") > 1 {
		t.Errorf("started on an emptied Redis: %d %s", r.code, r.stderr)
	}
}

// TestSecondEngineFencesTheFirst: whoever acquires the organisation last owns it;
// the other comes back from the log and nothing is lost between them.
func TestSecondEngineFencesTheFirst(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	second := startEngine(t, p.data, p.serve()...)
	l := newLedger(t)
	screen := p.socket("/ws?token="+p.token, nil)
	screen.want("connection_established", "")
	for round := range 6 {
		e := []*engine{p.engine, second}[round%2]
		for i := range 3 {
			key := fmt.Sprintf("r%d-%d", round, i)
			l.doubted[key] = write{}
			l.settleAtLast(e)
		}
		l.wantVisible(e)
	}
	if e := screen.ended(); e.Code != 1012 {
		t.Errorf("the screen of the fenced engine was told %v", e)
	}
	if s := p.stats("journal", "fenced"); s == 0 {
		t.Error("nobody was fenced")
	}
	second.term()
	p.term()
	p.wantSound()
}

// stats reads one number of performance-stats.
func (e *engine) stats(part, name string) float64 {
	e.t.Helper()
	a := e.do("GET", "/api/admin/performance-stats", "")
	all := parse[map[string]any](e.t, a.body)
	n, _ := all[part].(map[string]any)[name].(float64)
	return n
}

// drained waits until the documents have followed the log.
func (e *engine) drained() {
	e.t.Helper()
	eventually(e.t, patience, "the documents follow", func() bool { return e.stats("journal", "undrained_records") == 0 })
}

// TestMenuOfTheSystemBeforeIsTakenOver: a collection menu_items is the menu of an
// organisation that is new.
func TestMenuOfTheSystemBeforeIsTakenOver(t *testing.T) {
	p := startProduction(t)
	_, err := p.mongo.Client().Database(p.database).Collection("menu_items").InsertMany(context.Background(), []any{
		bson.D{{Key: "_id", Value: "m1"}, {Key: "organization_id", Value: "trattoria"}, {Key: "name", Value: "Pizza"}, {Key: "price", Value: 249.5}, {Key: "category", Value: "Main"}},
		bson.D{{Key: "_id", Value: "m2"}, {Key: "organization_id", Value: "elsewhere"}, {Key: "name", Value: "Sushi"}, {Key: "price", Value: 9}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := p.as("trattoria", "waiter").do("GET", "/api/menu", "")
	if !a.ok() || !strings.Contains(string(a.body), `"Pizza"`) || !strings.Contains(string(a.body), `"price_minor":24950`) || strings.Contains(string(a.body), "Sushi") {
		t.Errorf("%v", a)
	}
}

// TestEngineLeftRunningBesideAMove comes back from being fenced, or was quiet all
// the time, and must not take what nobody will find. A start is refused, too.
func TestEngineLeftRunningBesideAMove(t *testing.T) {
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 4)
	p.drained()
	data := t.TempDir()
	r := runHeard(t, append([]string{"migrate", "--from", "redis-mongo", "--to", "embedded", "--data", data}, p.flags...)...)
	if r.code != 0 {
		t.Fatalf("move: %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for range 3 { // the first is fenced, the next come back
		if a := p.create("lost"); a.status != 503 || !strings.Contains(string(a.body), "JOURNAL_UNAVAILABLE") || !strings.Contains(string(a.body), "moved away") {
			t.Fatalf("taken, or refused without the reason: %v", a)
		}
	}
	if a := p.as("other", "waiter").do("GET", "/api/orders", ""); a.status != 503 {
		t.Errorf("read: %v", a)
	}
	if a := p.do("GET", "/readyz", ""); a.status != 503 || !strings.Contains(string(a.body), "moved away") {
		t.Errorf("ready: %v", a)
	}
	p.term()
	if !strings.Contains(p.stderr.String(), "nothing is served any more") {
		t.Errorf("the log does not say why:\n%s", p.stderr)
	}
	if r := runHeard(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", p.data}, p.serve()...)...); r.code != 2 || !strings.Contains(r.stderr, "moved away") {
		t.Errorf("started: %d %s", r.code, r.stderr)
	}
	if err := os.WriteFile(filepath.Join(data, "jwt-secret"), []byte(p.secret), 0o600); err != nil {
		t.Fatal(err)
	}
	e := startEngine(t, data)
	l.wantVisible(e)
	l.work(e, "there", 2)
	e.term()
}

// TestMoveThatFailsLeavesTheSource as it was: its engine serves again.
func TestMoveThatFailsLeavesTheSource(t *testing.T) {
	p := startProduction(t)
	l := newLedger(t)
	l.work(p.engine, "before", 2)
	p.drained()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "store.moving"), []byte("in the way"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := runHeard(t, append([]string{"migrate", "--from", "redis-mongo", "--to", "embedded", "--data", data}, p.flags...)...); r.code == 0 {
		t.Fatal("moved into a file")
	}
	ctx := context.Background()
	documents := p.mongo.Client().Database(p.database)
	if _, err := documents.Collection("journal").UpdateMany(ctx, bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "first", Value: int64(77)}}}}); err != nil {
		t.Fatal(err)
	}
	r := runHeard(t, append([]string{"migrate", "--from", "redis-mongo", "--to", "embedded", "--data", t.TempDir()}, p.flags...)...)
	if r.code == 0 || !strings.Contains(r.stderr, "is known to be written") {
		t.Fatalf("moved what is damaged: %d %s%s", r.code, r.stdout, r.stderr)
	}
	l.doubted["after"] = write{}
	l.settleAtLast(p.engine)
	if a := p.do("GET", "/readyz", ""); !a.ok() {
		t.Errorf("ready: %v", a)
	}
}

// TestMoveAndBack: heard migrate brings everything to the production store and
// back; tokens, answers under known keys and positions of screens go on.
func TestMoveAndBack(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	p.term()
	other := mongotest.Start(t)
	p.redis.Empty()
	p.flags = []string{"--redis-url", p.redis.URL(), "--mongo-uri", other.URIOf(other.Database()), "--mongo-bulk", fmt.Sprint(other.BulkOps())}
	e := startEngine(t, p.data)
	l := newLedger(t)
	l.work(e, "before", 6)
	e.kill9()
	move := func(from, to string) {
		t.Helper()
		r := runHeard(t, append([]string{"migrate", "--from", from, "--to", to, "--data", p.data}, p.flags...)...)
		if r.code != 0 || !strings.Contains(r.stdout, "view store equals log") {
			t.Fatalf("move from %s to %s: %d\n%s%s", from, to, r.code, r.stdout, r.stderr)
		}
	}
	move("embedded", "redis-mongo")
	e = startEngine(t, p.data, p.serve()...)
	l.wantRepeatable(e)
	l.work(e, "there", 6)
	l.wantVisible(e)
	e.term()
	move("redis-mongo", "embedded")
	if r := runHeard(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", p.data}, p.serve()...)...); r.code != 2 || !strings.Contains(r.stderr, "moved away") {
		t.Errorf("what was moved away is served: %d %s", r.code, r.stderr)
	}
	if r := runHeard(t, append([]string{"migrate", "--from", "embedded", "--to", "redis-mongo", "--data", t.TempDir()}, p.flags...)...); r.code != 2 || !strings.Contains(r.stderr, "no store there") {
		t.Errorf("a folder without a store is moved: %d %s", r.code, r.stderr)
	}
	e = startEngine(t, p.data)
	l.wantRepeatable(e)
	l.work(e, "back", 3)
	l.wantVisible(e)
	e.term()
	e.wantClean()
}
