package cache

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/fault"
	"heard/persistence/redistest"
)

var chaosSeed = flag.Uint64("seed", 0, "run the chaos of this seed alone")

const (
	chaosOrders  = 8   // of an organisation
	chaosApplies = 150 // to an organisation
	chaosReaders = 6
)

// truth is what was applied of one organisation.
type truth struct {
	name    string
	owner   atomic.Pointer[Store]
	begun   [chaosOrders]atomic.Uint64 // version that an Apply has begun to write
	applied [chaosOrders]atomic.Uint64 // version<<1, and 1 if the order is active
}

// TestReadersNeverSeeLessThanWasApplied runs writers and readers on two nodes
// while Redis is killed, restored, emptied, made slow and robbed of entries, an
// Apply fails or says so, organisations move, and former owners are late. An order that was applied
// before a read began must be read in that version or a later one, whatever
// happens meanwhile.
func TestReadersNeverSeeLessThanWasApplied(t *testing.T) {
	t.Parallel()
	if *chaosSeed != 0 {
		chaos(t, *chaosSeed)
		return
	}
	for seed := uint64(1); seed <= 3; seed++ {
		chaos(t, seed)
	}
}

// unreliable is a store whose Apply fails at times, before or after it is done.
type unreliable struct {
	persistence.Store
	faulty *fault.Store
}

func (u *unreliable) Apply(ctx context.Context, windows []persistence.Window) error {
	return u.faulty.Apply(ctx, windows)
}

func chaos(t *testing.T, seed uint64) {
	t.Logf("seed %d", seed)
	server := redisServer(t)
	db := database(t)
	inner := &unreliable{db, fault.NewStore(db, fault.NewPlan(seed, fault.Odds{Before: 0.05, After: 0.1, Delay: 0.2, MostDelay: time.Millisecond}))}
	var nodes [2]*Store
	for i := range nodes {
		// So small an L1 that L2 has to answer.
		nodes[i] = start(t, Options{L2: connect(t, server), L2TimeoutMS: 100, MaxEntries: 2}).Over(inner)
	}
	var writers, readers sync.WaitGroup
	var over atomic.Bool
	orgs := []*truth{{name: "a"}, {name: "b"}, {name: "c"}}
	for i, o := range orgs {
		o.owner.Store(nodes[i%2])
		writers.Go(func() { o.write(t, nodes, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	for i := range chaosReaders {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(100+i)))
			for !over.Load() && !t.Failed() {
				orgs[r.IntN(len(orgs))].read(t, r)
			}
		})
	}
	written := make(chan struct{})
	go func() { writers.Wait(); close(written) }()
	trouble(server, nodes, written, rand.New(rand.NewPCG(seed, 99)))
	over.Store(true)
	readers.Wait()
	if t.Failed() {
		t.Fatalf("seed %d", seed)
	}
	for _, node := range nodes {
		eventually(t, "Redis is used", func() bool {
			for _, o := range orgs {
				o.read(t, rand.New(rand.NewPCG(1, 1)))
			}
			return node.cache.Stats().L2Up
		})
	}
	for _, o := range orgs {
		for n := range chaosOrders {
			if v := o.applied[n].Load() >> 1; v > 0 {
				want(t, "at last", version(t, o.owner.Load(), o.name, fmt.Sprint("o", n+1)), v)
			}
		}
	}
	for i, node := range nodes {
		s := node.cache.Stats()
		t.Logf("node %d: %d requests, L1 %d, L2 %d (errors %d, skipped %d, refused %d), L3 %d, joined %d, subscribed %d times",
			i, s.Requests, s.L1.Hits, s.L2.Hits, s.L2Errors, s.L2Skipped, s.L2Refused, s.L3.Hits, s.Joined, s.Subscriptions)
	}
}

// trouble is made until all is written.
func trouble(server *redistest.Server, nodes [2]*Store, written chan struct{}, r *rand.Rand) {
	for {
		select {
		case <-written:
			return
		default:
		}
		switch r.IntN(16) {
		case 0:
			server.Kill()
			server.Restart()
		case 1:
			server.Do("SAVE") // what is in there comes back with one of the next kills
		case 2:
			server.Do("FLUSHALL")
		case 3:
			server.Do("CLIENT KILL TYPE normal")
		case 4:
			server.Do("CLIENT KILL TYPE pubsub")
		case 5:
			server.Do("SCRIPT FLUSH")
		case 6:
			server.Do("CLIENT PAUSE 150 ALL")
		case 7:
			server.Do("DEL heard:head:{" + [...]string{"a", "b", "c"}[r.IntN(3)] + "}")
		case 8:
			server.Do(fmt.Sprint("DEL heard:order:{a}:o", 1+r.IntN(chaosOrders)))
		case 9:
			nodes[r.IntN(2)].cache.memory.forgetAll()
		default:
			time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
		}
	}
}

// write applies windows, one after the other, and moves the organisation at times.
func (o *truth) write(t *testing.T, nodes [2]*Store, r *rand.Rand) {
	ctx := context.Background()
	var windows []persistence.Window
	for seq := uint64(1); seq <= chaosApplies && !t.Failed(); seq++ {
		if r.IntN(20) == 0 {
			next := nodes[r.IntN(2)]
			if _, err := next.Load(ctx, o.name); err != nil {
				t.Error(err)
				return
			}
			o.owner.Store(next)
		}
		states := map[int]uint64{}
		var docs []persistence.Document
		for range 1 + r.IntN(3) {
			n := r.IntN(chaosOrders)
			if _, twice := states[n]; twice {
				continue
			}
			v := o.begun[n].Add(1)
			active := r.IntN(3) == 0
			docs = append(docs, document(uint64(n+1), v, active))
			states[n] = v << 1
			if active {
				states[n] |= 1
			}
		}
		w := window(o.name, seq, docs...)
		for o.owner.Load().Apply(ctx, []persistence.Window{w}) != nil && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
		for n, state := range states {
			o.applied[n].Store(state)
		}
		if windows = append(windows, w); r.IntN(10) == 0 { // a former owner is late
			late := windows[r.IntN(len(windows)):][:1]
			_ = nodes[r.IntN(2)].Apply(ctx, late) // it may fail: nobody waits for it
		}
		time.Sleep(time.Duration(r.IntN(4)) * time.Millisecond)
	}
}

// read reads something of the organisation and compares it with what was
// applied before.
func (o *truth) read(t *testing.T, r *rand.Rand) {
	ctx := context.Background()
	if r.IntN(4) == 0 {
		o.list(t, r)
		return
	}
	n := r.IntN(chaosOrders)
	id := fmt.Sprint("o", n+1)
	floor := o.applied[n].Load() >> 1
	if floor == 0 {
		return
	}
	s := o.owner.Load()
	if r.IntN(2) == 0 {
		d, err := s.Order(ctx, o.name, id)
		if err != nil || d.Version < floor || d.ID != id {
			t.Errorf("%s of %s: version %d was applied, read is %d, %v", id, o.name, floor, d.Version, err)
		}
		return
	}
	events, err := s.Timeline(ctx, o.name, id)
	if err != nil || len(events) == 0 || events[len(events)-1].Version < floor {
		t.Errorf("timeline of %s of %s: version %d was applied, read is %v, %v", id, o.name, floor, events, err)
	}
}

func (o *truth) list(t *testing.T, r *rand.Rand) {
	var floors [chaosOrders]uint64
	for n := range floors {
		floors[n] = o.applied[n].Load()
	}
	sel := persistence.Selection{Org: o.name, Filter: domain.Filter{LimitRows: 100}}
	closedOnly := r.IntN(2) == 0
	if closedOnly {
		sel.Filter.Status = []string{"completed"}
	}
	rows, err := o.owner.Load().Orders(context.Background(), sel)
	if err != nil {
		t.Errorf("list of %s: %v", o.name, err)
		return
	}
	var got [chaosOrders]uint64
	for i := range rows {
		got[rows[i].Number-1] = rows[i].Version
	}
	for n, floor := range floors {
		if floor == 0 || floor&1 == 1 || got[n] >= floor>>1 {
			continue // an active order is in its owner's memory
		}
		if closedOnly && got[n] == 0 && o.begun[n].Load() > floor>>1 {
			continue // reopened since
		}
		t.Errorf("list of %s: closed order %d was applied in version %d, listed is %d", o.name, n+1, floor>>1, got[n])
	}
}
