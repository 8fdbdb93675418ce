package actors

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// servers are a journal and a store that can be cut off, each altogether. The
// journal forgets what the store has, and can be made to lose an answer.
type servers struct {
	persistence.Journal
	persistence.Store
	journalAway, storeAway, loseAnswer atomic.Bool
	loads                              atomic.Int64
}

func (s *servers) Acquire(ctx context.Context, org string, floor uint64) (l persistence.Lease, err error) {
	if s.journalAway.Load() {
		return l, cut("journal")
	}
	return s.Journal.Acquire(ctx, org, floor)
}

func (s *servers) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	if s.journalAway.Load() {
		return cut("journal")
	}
	err := s.Journal.Append(ctx, entries, out)
	if s.loseAnswer.CompareAndSwap(true, false) {
		s.journalAway.Store(true)
		clear(out)
		return cut("journal")
	}
	return err
}

func (s *servers) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	if s.journalAway.Load() {
		return cut("journal")
	}
	mark, err := s.Store.Watermark(ctx, org)
	if err != nil {
		return err
	}
	return s.Journal.Tail(ctx, org, max(after, mark.Seq), fn)
}

func (s *servers) Apply(ctx context.Context, windows []persistence.Window) error {
	if s.storeAway.Load() {
		return cut("store")
	}
	return s.Store.Apply(ctx, windows)
}

func (s *servers) Watermark(ctx context.Context, org string) (persistence.Chain, error) {
	if s.storeAway.Load() {
		return persistence.Chain{}, cut("store")
	}
	return s.Store.Watermark(ctx, org)
}

func (s *servers) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	s.loads.Add(1)
	if s.storeAway.Load() {
		return persistence.Recovered{}, cut("store")
	}
	return s.Store.Load(ctx, org)
}

func (s *servers) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	if s.storeAway.Load() {
		return cut("store")
	}
	return s.Store.Archive(ctx, org, after, fn)
}

// probe is what the breaker asks.
func (s *servers) probe(context.Context) error {
	if s.journalAway.Load() {
		return cut("journal")
	}
	return nil
}

func openServers(t *testing.T) (*kitchen, *servers) {
	s := &servers{}
	k := open(t, vfs.NewMem(), s.between)
	t.Cleanup(func() { s.storeAway.Store(false) }) // the engine waits for it when it stops
	return k, s
}

// between puts the servers before an engine's.
func (s *servers) between(o *Options) {
	s.Journal, s.Store = o.Journal, o.Store
	o.Journal, o.Store = s, s
	o.Committer = persistence.CommitterOptions{UnknownRetryMS: 50, Probe: s.probe}
}

func (k *kitchen) wantCode(code domain.Code, key string) {
	k.t.Helper()
	_, err := k.do(domain.Request{Key: key, Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}})
	if err == nil || domain.AsError(err).Code != code {
		k.t.Fatalf("%s: %v, want %s", key, err, code)
	}
}

func (k *kitchen) writable(what string) {
	k.t.Helper()
	eventually(k.t, what, func() bool { return k.Ready() == nil })
}

// TestReadsGoOnWhileTheJournalIsAway: also those of the organisation that was
// writing, which sees what was acknowledged and nothing else.
func TestReadsGoOnWhileTheJournalIsAway(t *testing.T) {
	k, s := openServers(t)
	id := k.place("first")["id"].(string)
	s.journalAway.Store(true)
	k.wantCode(domain.OutcomeUnknown, "unknown")
	for range 3 {
		k.wantCode(domain.JournalUnavailable, "next")
		if row := k.get(id); row["version"] != 1.0 {
			t.Errorf("read %v", row)
		}
		if rows := k.list(domain.Filter{}); len(rows) != 1 || rows[0]["id"] != id {
			t.Errorf("list %v", rows)
		}
	}
	if n := s.loads.Load(); n != 1 {
		t.Errorf("read from the store %d times", n)
	}
	s.journalAway.Store(false)
	k.writable("service resumes")
	for i, key := range []string{"first", "unknown", "third"} {
		if n := k.place(key)["number"]; n != float64(i+1) {
			t.Errorf("%s is number %v", key, n)
		}
	}
	if k.keptOf("bistro") != nil {
		t.Error("it is back, and still kept")
	}
	eventually(t, "the store follows", func() bool { return k.Stats().Undrained == 0 })
}

// TestHiccupOfTheJournalNeedsNoStore: the organisation comes back from memory
// and the log, with an append whose answer was lost.
func TestHiccupOfTheJournalNeedsNoStore(t *testing.T) {
	k, s := openServers(t)
	id := k.place("first")["id"].(string)
	eventually(t, "the store follows", func() bool { return k.Stats().Undrained == 0 })
	s.storeAway.Store(true)
	k.body(k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "preparing"}}))
	for round := range 3 {
		s.loseAnswer.Store(true)
		key := fmt.Sprint("lost-", round)
		k.wantCode(domain.OutcomeUnknown, key)
		if rows := k.list(domain.Filter{}); len(rows) != 1+2*round {
			t.Errorf("round %d: %d orders before the journal is back", round, len(rows))
		}
		s.journalAway.Store(false)
		k.writable("service resumes")
		if n := k.place(key)["number"]; n != float64(2+2*round) {
			t.Errorf("the repeat of %s is number %v", key, n)
		}
		if n := k.place(fmt.Sprint("next-", round))["number"]; n != float64(3+2*round) {
			t.Errorf("the next is number %v", n)
		}
		if row := k.get(id); row["status"] != "preparing" {
			t.Errorf("read %v", row)
		}
	}
	if s.loads.Load() != 1 {
		t.Errorf("read from the store %d times", s.loads.Load())
	}
	s.storeAway.Store(false)
	eventually(t, "the store follows", func() bool { return k.Stats().Undrained == 0 })
	if chain, err := k.db.Watermark(context.Background(), "bistro"); err != nil || chain.Seq != 8 {
		t.Errorf("watermark %d, %v", chain.Seq, err)
	}
	if n := k.place("first")["number"]; n != 1.0 {
		t.Errorf("a key of before gives number %v", n)
	}
}

// TestWhatIsKeptGivesWayToTheLog: another engine had the organisation meanwhile,
// and the journal has forgotten the beginning of what it did.
func TestWhatIsKeptGivesWayToTheLog(t *testing.T) {
	k, s := openServers(t)
	id := k.place("first")["id"].(string)
	s.journalAway.Store(true)
	k.wantCode(domain.OutcomeUnknown, "unknown")
	other := &kitchen{t: t, Engine: Start(Options{Journal: k.db, Store: k.db})}
	other.body(other.do(domain.Request{Order: id, By: manager, Command: &order.SetStatus{Status: "completed"}}))
	eventually(t, "the store follows", func() bool { return other.Stats().Undrained == 0 })
	other.place("second")
	if row := k.get(id); row["status"] != "pending" {
		t.Errorf("without the journal: %v", row)
	}
	s.journalAway.Store(false)
	k.writable("service resumes")
	if n := k.place("unknown")["number"]; n != 3.0 {
		t.Errorf("the next is number %v", n)
	}
	if row := k.get(id); row["status"] != "completed" {
		t.Errorf("read %v", row)
	}
	if err := other.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRevokedStaysOutWhileTheJournalIsAway: what is kept knows of it.
func TestRevokedStaysOutWhileTheJournalIsAway(t *testing.T) {
	k, s := openServers(t)
	id := k.place("first")["id"].(string)
	k.body(k.do(domain.Request{By: admin, Command: &outlet.Revoke{Sub: manager.User}}))
	s.journalAway.Store(true)
	k.wantCode(domain.OutcomeUnknown, "unknown")
	_, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: manager, Kind: domain.ReadOrder, ID: id})
	if err == nil || domain.AsError(err).Code != domain.Unauthenticated {
		t.Errorf("read by someone revoked: %v", err)
	}
	k.get(id)
}
