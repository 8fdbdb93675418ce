package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// ledger is what an engine promised: every write it acknowledged, what it
// showed to a reader, and the writes whose outcome nobody knows.
type ledger struct {
	t       *testing.T
	mu      sync.Mutex
	kept    map[string]write // by key
	doubted map[string]write
	shown   map[string]int // order → newest version a reader saw
	refused atomic.Int64   // 503
	acked   atomic.Int64
}

// write is a request under a key, and its answer once there is one.
type write struct {
	order, status string // of a change of status; "" = a create
	version       int
	body          string
}

func newLedger(t *testing.T) *ledger {
	return &ledger{t: t, kept: map[string]write{}, doubted: map[string]write{}, shown: map[string]int{}}
}

func (w write) send(e *engine, key string) answer {
	if w.order == "" {
		return e.create(key)
	}
	return e.move(w.order, w.status, key)
}

// send makes a write and enters what became of it. It reports whether to go on:
// after no answer or a 503 the client stops, as the engine has.
func (l *ledger) send(e *engine, key string, w write) (row, bool) {
	a := w.send(e, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case a.failed != nil:
		l.doubted[key] = w
		return row{}, false
	case a.status == 503:
		l.refused.Add(1)
		if a.header.Get("Retry-After") == "" {
			l.t.Errorf("503 without Retry-After: %v", a)
		}
		if strings.Contains(string(a.body), "OUTCOME_UNKNOWN") {
			l.doubted[key] = w
		}
		return row{}, false
	case a.status != 200:
		l.t.Errorf("%s: %v", key, a)
		return row{}, false
	}
	o := parse[row](l.t, a.body)
	w.version, w.body = o.Version, string(a.body)
	l.kept[key] = w
	l.acked.Add(1)
	return o, true
}

// work is one client: it places orders and moves some of them on, until the
// engine is gone or most orders are placed.
func (l *ledger) work(e *engine, name string, most int) {
	steps := []string{"preparing", "ready", "served"}
	for n := range most {
		key := fmt.Sprintf("%s-%d", name, n)
		o, ok := l.send(e, key, write{})
		if !ok {
			return
		}
		for _, status := range steps[:n%4] {
			if _, ok := l.send(e, key+"-"+status, write{order: o.ID, status: status}); !ok {
				return
			}
		}
	}
}

// watch is a screen: what it was shown must never be taken back.
func (l *ledger) watch(e *engine) {
	for {
		a := e.do("GET", "/api/orders?limit=50", "")
		if !a.ok() {
			return
		}
		rows := parse[[]row](l.t, a.body)
		l.mu.Lock()
		for _, o := range rows {
			l.shown[o.ID] = max(l.shown[o.ID], o.Version)
		}
		l.mu.Unlock()
	}
}

// load runs clients and a screen until the engine is gone. stop is called once
// when so many writes are acknowledged, while the clients go on.
func (l *ledger) load(e *engine, round string, clients int, after int64, stop func()) {
	var all sync.WaitGroup
	began := l.acked.Load()
	for i := range clients {
		all.Go(func() { l.work(e, fmt.Sprintf("%s-c%d", round, i), 2000) })
	}
	all.Go(func() { l.watch(e) })
	eventually(l.t, processLife, "enough writes", func() bool { return l.acked.Load()-began >= after })
	stop()
	all.Wait()
}

// settle repeats the writes in doubt under their keys: done or not, each is
// done once then.
func (l *ledger) settle(e *engine) {
	doubted := l.doubted
	l.doubted = map[string]write{}
	for key, w := range doubted {
		if _, ok := l.send(e, key, w); !ok {
			l.t.Errorf("%s was in doubt and its repeat failed", key)
		}
	}
}

// creates is the number of orders there must be.
func (l *ledger) creates() (n int) {
	for _, w := range l.kept {
		if w.order == "" {
			n++
		}
	}
	return n
}

// wantVisible compares the list with what was acknowledged and shown.
func (l *ledger) wantVisible(e *engine) {
	l.t.Helper()
	byClient := e.wantNumbers(l.creates())
	byID := make(map[string]row, len(byClient))
	for _, o := range byClient {
		byID[o.ID] = o
	}
	for key, w := range l.kept {
		if o := byID[w.order]; w.order != "" && o.Version < w.version {
			l.t.Errorf("order %s has version %d, %d was acknowledged", w.order, o.Version, w.version)
		} else if w.order == "" && byClient["pos-"+key].ID == "" {
			l.t.Errorf("order %s was acknowledged and is not there", key)
		}
	}
	for id, version := range l.shown {
		if byID[id].Version < version {
			l.t.Errorf("order %s has version %d, a screen saw %d", id, byID[id].Version, version)
		}
	}
}

// wantRepeatable repeats every acknowledged write under its key: the same bytes,
// marked as a repeat.
func (l *ledger) wantRepeatable(e *engine) {
	l.t.Helper()
	keys := make(chan string, len(l.kept))
	for key := range l.kept {
		keys <- key
	}
	close(keys)
	together(16, func(int) {
		for key := range keys {
			w := l.kept[key]
			a := w.send(e, key)
			for try := 0; a.status == 503 && try < 20; try++ { // too much at once for a test's database
				a = w.send(e, key)
			}
			if !a.ok() || string(a.body) != w.body || a.header.Get("Idempotent-Replayed") != "true" {
				l.t.Errorf("%s again: Idempotent-Replayed %q, %v\nat first %.300s", key, a.header.Get("Idempotent-Replayed"), a, w.body)
			}
		}
	})
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	const rounds, clients = 5, 16
	seed := randomSeed(t)
	e := startEngine(t, t.TempDir())
	l := newLedger(t)
	for round := range rounds {
		l.load(e, fmt.Sprint("r", round), clients, int64(scaled(100+seed.IntN(500))), e.kill9)
		e.wantClean() // as the kill left it
		if round%2 == 1 {
			startEngine(t, e.data).kill9() // again while it recovers
		}
		e = e.restart()
		l.settle(e)
		l.wantVisible(e)
	}
	t.Logf("%d writes acknowledged over %d kills", l.acked.Load(), rounds)
	l.wantRepeatable(e)
	l.wantVisible(e) // repeats had no effect
	e.term()
	e.wantClean()
}

func TestEqualCreatesWithoutAKeyAreOrdersOfTheirOwn(t *testing.T) {
	const creates = 1000
	e := startEngine(t, t.TempDir())
	e = e.as("bistro", "waiter")
	var wrong atomic.Int64
	together(creates, func(int) {
		if a := e.do("POST", "/api/orders", legacyBody); !a.ok() && wrong.Add(1) < 5 {
			t.Errorf("create: %v", a)
		}
	})
	if n := wrong.Load(); n > 0 {
		t.Fatalf("%d of %d creates failed", n, creates)
	}
	rows := e.list()
	if len(rows) != creates {
		t.Fatalf("%d orders of %d creates", len(rows), creates)
	}
	e.wantNumbers(creates)
	if o := rows[0]; o.TotalMinor != 1050 || o.Currency != "INR" || o.Status != "pending" {
		t.Errorf("order %+v", o)
	}
}

func TestOneKeyIsOneOrderOverHTTP(t *testing.T) {
	const twins = 64
	e := startEngine(t, t.TempDir())
	answers := make([]answer, twins)
	together(twins, func(i int) { answers[i] = e.create("the-one") })
	replayed := 0
	for _, a := range answers {
		if !a.ok() || string(a.body) != string(answers[0].body) {
			t.Fatalf("different answers: %v\nand %v", a, answers[0])
		}
		if a.header.Get("Idempotent-Replayed") == "true" {
			replayed++
		}
	}
	if replayed != twins-1 {
		t.Errorf("%d of %d answers are marked as repeats, want all but one", replayed, twins)
	}
	e.wantNumbers(1)
	other := e.do("POST", "/api/orders", legacyBody, "Idempotency-Key", "the-one")
	if other.status != 422 || parse[problem](t, other.body).Code != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another request under the key: %v", other)
	}

	o := parse[row](t, answers[0].body)
	together(twins, func(i int) { answers[i] = e.move(o.ID, "preparing", "moved") })
	for _, a := range answers {
		if !a.ok() || string(a.body) != string(answers[0].body) {
			t.Fatalf("different answers: %v\nand %v", a, answers[0])
		}
	}
	if rows := e.list(); len(rows) != 1 || rows[0].Version != 2 {
		t.Errorf("after one change of status: %+v", rows)
	}
}
