package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// poller follows what changes in pages of any size, through whatever happens to
// the engine, and keeps only where it is and what it was shown.
type poller struct {
	t     *testing.T
	seed  *rand.Rand
	since string
	shown map[string]int // order → newest version
	stop  chan struct{}
	all   sync.WaitGroup
}

func newPoller(t *testing.T) *poller {
	return &poller{t: t, seed: randomSeed(t), since: "0", shown: map[string]int{}}
}

// poll reads pages until the answer says that it has everything; false = the
// engine does not answer now, and the position is where it was.
func (p *poller) poll(e *engine) bool {
	for {
		a := e.do("GET", fmt.Sprintf("/api/orders?since=%s&limit=%d", p.since, 1+p.seed.IntN(30)), "")
		if !a.ok() {
			if a.failed == nil && a.status != 503 {
				p.t.Errorf("since %s: %v", p.since, a)
			}
			return false
		}
		for _, o := range parse[[]row](p.t, a.body) {
			if p.shown[o.ID] >= o.Version {
				p.t.Errorf("since %s: order %s in version %d, after %d", p.since, o.ID, o.Version, p.shown[o.ID])
			}
			p.shown[o.ID] = o.Version
		}
		p.since = a.header.Get("X-As-Of-Seq")
		if a.header.Get("X-Next-Cursor") == "" {
			return true
		}
	}
}

// follow polls one engine after the other, whichever answer, until it is halted.
func (p *poller) follow(next func() *engine) {
	p.stop = make(chan struct{})
	p.all.Go(func() {
		for {
			select {
			case <-p.stop:
				return
			default:
				p.poll(next())
			}
		}
	})
}

func (p *poller) halt() { close(p.stop); p.all.Wait() }

// wantAll compares what was shown with what there is.
func (p *poller) wantAll(e *engine) {
	p.t.Helper()
	eventually(p.t, patience, "the last page", func() bool { return p.poll(e) })
	rows := e.list()
	if len(rows) != len(p.shown) {
		p.t.Errorf("%d orders were shown, there are %d", len(p.shown), len(rows))
	}
	for _, o := range rows {
		if p.shown[o.ID] != o.Version {
			p.t.Errorf("order %s was shown in version %d, it has %d", o.ID, p.shown[o.ID], o.Version)
		}
	}
}

// close completes a few orders, so that some are in the documents alone.
func (l *ledger) close(e *engine, round string) {
	for i, key := range slices.Sorted(func(yield func(string) bool) {
		for key, w := range l.kept {
			if w.order == "" && !yield(key) {
				return
			}
		}
	}) {
		if i%5 == 0 {
			l.send(e, round+"-"+key+"-completed", write{order: parse[row](l.t, []byte(l.kept[key].body)).ID, status: "completed"})
		}
	}
}

// TestPollerMissesNothing: clients work, a poller goes on from what it was given,
// and the engine is killed. Every order was shown as it is.
func TestPollerMissesNothing(t *testing.T) {
	seed := randomSeed(t)
	e := startEngine(t, t.TempDir(), "--flush-interval", "20ms")
	l, p := newLedger(t), newPoller(t)
	for round := range 3 {
		p.follow(func() *engine { return e })
		l.load(e, fmt.Sprint("r", round), 8, int64(scaled(100+seed.IntN(200))), e.kill9)
		p.halt()
		e = e.restart("--flush-interval", "20ms")
		l.settle(e)
		l.close(e, fmt.Sprint("r", round))
	}
	p.wantAll(e)
	again := newPoller(t) // from the beginning, most of it from the documents and the archive
	again.wantAll(e)
	e.term()
	e.wantClean()
}

// TestPollerMissesNothingOfTheProductionStore: the same while the engine, Redis
// and MongoDB die.
func TestPollerMissesNothingOfTheProductionStore(t *testing.T) {
	t.Parallel()
	prod := startProduction(t)
	seed, l, p := randomSeed(t), newLedger(t), newPoller(t)
	deaths := []func(){
		prod.engine.kill9,
		func() { prod.redis.Kill(); prod.redis.Restart() },
		func() { prod.mongo.Kill(); prod.mongo.Restart() },
	}
	if prod.mongo.Real {
		deaths = deaths[:2] // the server is not ours to kill
	}
	for i, death := range deaths {
		e := prod.engine
		p.follow(func() *engine { return e })
		prod.clientsDuring(l, fmt.Sprint("r", i), seed, death)
		p.halt()
		if i == 0 {
			prod.engine = prod.restart(prod.serve()...)
		}
		eventually(t, patience, "the engine is ready again", func() bool { return prod.do("GET", "/readyz", "").ok() })
		l.settleAtLast(prod.engine)
		l.close(prod.engine, fmt.Sprint("r", i))
	}
	p.wantAll(prod.engine)
	prod.drained()
	newPoller(t).wantAll(prod.engine)
	prod.term()
	prod.engine = prod.restart(prod.serve()...)
	newPoller(t).wantAll(prod.engine)
	prod.term()
	prod.wantSound()
}

// TestPollerMissesNothingOfAFleet: it asks one node after the other while one of
// them dies and comes back, and organisations move.
func TestPollerMissesNothingOfAFleet(t *testing.T) {
	t.Parallel()
	f := startFleet(t, lifeUnderFaults)
	goes, stay := f.nodes[2], f.nodes[:2]
	organisations := orgs(3)
	d := f.order("poll", organisations, stay...)
	pollers := map[string]*poller{}
	for i, org := range organisations {
		p, turn := newPoller(t), i
		pollers[org] = p
		p.follow(func() *engine { turn++; return f.nodes[turn%len(f.nodes)].of(f, org) })
	}
	d.each(1)
	f.dies(d)
	d.each(1)
	f.start(t, goes)
	f.wantMembers(f.nodes...)
	d.each(1)
	d.end()
	for _, org := range organisations {
		pollers[org].halt()
		pollers[org].wantAll(goes.of(f, org))
	}
	f.wantAll(goes, d)
	f.endAll()
}
