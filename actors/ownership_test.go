package actors

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// fences tells who acquired what, as a journal that engines share does.
type fences struct {
	persistence.Journal
	mu     sync.Mutex
	held   map[string]persistence.Holder
	away   atomic.Bool
	hold   chan struct{} // closed = appends go on
	begun  chan struct{} // gets a word when an append waits
	useful atomic.Bool   // appends wait at all
}

func (f *fences) Acquire(ctx context.Context, org string, floor uint64) (persistence.Lease, error) {
	lease, err := f.Journal.Acquire(ctx, org, floor)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held[org] = persistence.Holder{Epoch: lease.Epoch}
	return lease, err
}

func (f *fences) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	if f.useful.Load() {
		f.begun <- struct{}{}
		<-f.hold
	}
	return f.Journal.Append(ctx, entries, out)
}

func (f *fences) Holders(_ context.Context, orgs []string, out []persistence.Holder) error {
	if f.away.Load() {
		return cut("journal")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, org := range orgs {
		h, known := f.held[org]
		h.Free = h.Free || !known
		out[i] = h
	}
	return nil
}

func (f *fences) Release(_ context.Context, org string, epoch uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held[org].Epoch == epoch {
		f.held[org] = persistence.Holder{Epoch: epoch, Free: true}
	}
	return nil
}

// pair is two engines on one journal and store; owner says which should have
// the organisations.
type pair struct {
	*fences
	engines [2]*kitchen
	owner   atomic.Int32
	moving  atomic.Bool
}

func openPair(t *testing.T, change ...func(*Options)) *pair {
	p := &pair{fences: &fences{held: map[string]persistence.Holder{}, hold: make(chan struct{}), begun: make(chan struct{}, 100)}}
	first := open(t, vfs.NewMem(), func(o *Options) {
		p.Journal = o.Journal
		o.Journal, o.Ownership = p.fences, p.ownership(0)
		for _, f := range change {
			f(o)
		}
	})
	p.engines[0] = first
	other := Options{Journal: p.fences, Store: first.db, Ownership: p.ownership(1)}
	for _, f := range change {
		f(&other)
	}
	second := &kitchen{t: t, Engine: Start(other)}
	t.Cleanup(func() {
		if err := second.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	p.engines[1] = second
	return p
}

func (p *pair) ownership(i int32) *Ownership {
	return &Ownership{
		Fences: p.fences,
		Owns:   func(string) bool { return p.owner.Load() == i },
		Moving: func(string) bool { return p.moving.Load() },
	}
}

func wantCode(t *testing.T, err error, code domain.Code) {
	t.Helper()
	if !errors.Is(err, &domain.Error{Code: code}) {
		t.Errorf("%v, want %s", err, code)
	}
}

// aged makes the last look at the fence too old to rest on.
func (k *kitchen) aged() {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, o := range k.orgs {
		o.confirmedNS.Store(int64(-time.Hour))
	}
}

func (k *kitchen) readOrder(id string) error {
	_, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadOrder, ID: id})
	return err
}

// TestStaleOwnerAnswersNothing: one that lost an organisation without a word
// gives no read, no refusal and no no-op of it once another has acquired.
func TestStaleOwnerAnswersNothing(t *testing.T) {
	p := openPair(t)
	stale, fresh := p.engines[0], p.engines[1]
	id := stale.place("k")["id"].(string)
	p.owner.Store(1)
	if _, err := fresh.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "ready"}}); err != nil {
		t.Fatal(err)
	}
	if n := fresh.Stats().Silences; n != 1 {
		t.Errorf("answered without being silent before: %d", n)
	}
	stale.aged()
	wantCode(t, stale.readOrder(id), domain.NotLeader)
	for what, command := range map[string]domain.Command{
		"a no-op":   &order.SetStatus{Status: "pending"},
		"a refusal": &order.SetStatus{Status: "no such"},
		"a write":   &order.SetStatus{Status: "preparing"},
	} {
		_, err := stale.do(domain.Request{Order: id, Command: command})
		t.Log(what)
		wantCode(t, err, domain.NotLeader)
	}
	_, err := stale.do(domain.Request{Key: "k", Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}})
	wantCode(t, err, domain.NotLeader)
	if got := fresh.get(id); got["status"] != "ready" {
		t.Errorf("%v", got)
	}
}

// TestReadsRestOnTheJournal: an engine that cannot look at the fence any more
// says so instead of answering from memory.
func TestReadsRestOnTheJournal(t *testing.T) {
	p := openPair(t)
	k := p.engines[0]
	id := k.place("")["id"].(string)
	p.away.Store(true)
	k.aged()
	wantCode(t, k.readOrder(id), domain.JournalUnavailable)
	_, err := k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "no such"}})
	wantCode(t, err, domain.JournalUnavailable)
	p.away.Store(false)
	if err := k.readOrder(id); err != nil {
		t.Error(err)
	}
}

// TestLooksAreShared: many answers that wait cost few looks.
func TestLooksAreShared(t *testing.T) {
	p := openPair(t)
	k := p.engines[0]
	id := k.place("")["id"].(string)
	before := k.Stats().Checks
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if err := k.readOrder(id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := k.Stats().Checks - before; n > 100 {
		t.Errorf("%d looks for 200 reads", n)
	}
}

// TestReleasedOrganisationNeedsNoSilence, and what was accepted is finished first.
func TestReleasedOrganisationNeedsNoSilence(t *testing.T) {
	p := openPair(t)
	old, next := p.engines[0], p.engines[1]
	old.place("")
	var moved atomic.Bool
	defer old.Watch("bistro", func([]domain.Record) {}, func() { moved.Store(true) })()
	p.useful.Store(true)
	placed := make(chan error, 1)
	go func() {
		_, err := old.do(domain.Request{Key: "k", Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
		placed <- err
	}()
	<-p.begun
	p.owner.Store(1)
	p.moving.Store(true)
	released := make(chan struct{})
	go func() {
		old.Release(context.Background(), func(string) bool { return true })
		close(released)
	}()
	p.useful.Store(false)
	close(p.hold)
	if err := <-placed; err != nil {
		t.Fatal(err)
	}
	<-released
	_, err := old.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
	wantCode(t, err, domain.NotLeader)
	if rows := next.list(domain.Filter{}); len(rows) != 2 {
		t.Errorf("%d orders", len(rows))
	}
	if s := next.Stats(); s.Silences != 0 || old.Stats().Released != 1 || old.Stats().Fenced != 0 || !moved.Load() {
		t.Errorf("silences %d, released %d, fenced %d, followers told %v", s.Silences, old.Stats().Released, old.Stats().Fenced, moved.Load())
	}
}

// TestReleaseOfNothing ends, as does one of an organisation that ended otherwise.
func TestReleaseOfNothing(t *testing.T) {
	p := openPair(t)
	k := p.engines[0]
	k.Release(context.Background(), func(string) bool { return true })
	k.place("")
	o, _ := k.organisation("bistro")
	k.system.Root.Poison(o.pid)
	done := make(chan struct{})
	k.system.Root.Send(o.pid, &release{done})
	<-done
}
