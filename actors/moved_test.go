package actors

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// movable is a journal whose organisations somebody moves away.
type movable struct {
	persistence.Journal
	reason   atomic.Pointer[string]
	during   atomic.Bool // the move is marked just when an organisation is acquired
	acquired atomic.Int64
}

func (m *movable) Acquire(ctx context.Context, org string, floor uint64) (persistence.Lease, error) {
	if m.during.Load() {
		m.mark("moved meanwhile")
	}
	m.acquired.Add(1)
	return m.Journal.Acquire(ctx, org, floor)
}

func (m *movable) mark(reason string) { m.reason.Store(&reason) }

func (m *movable) ask(context.Context) (string, error) {
	if reason := m.reason.Load(); reason != nil {
		return *reason, nil
	}
	return "", nil
}

func openMovable(t *testing.T) (*kitchen, *movable) {
	m := &movable{}
	return open(t, vfs.NewMem(), func(o *Options) {
		m.Journal, o.Journal, o.MovedAway = o.Journal, m, m.ask
	}), m
}

func placeAt(k *kitchen, org string) error {
	_, err := k.do(domain.Request{Org: org, Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
	return err
}

func wantMoved(t *testing.T, what string, err error, reason string) {
	t.Helper()
	if e := domain.AsError(err); err == nil || e.Code != domain.JournalUnavailable || e.Detail != reason {
		t.Errorf("%s: %v", what, err)
	}
}

// TestNothingIsWrittenToWhatWasMovedAway: neither by an organisation that comes
// back, at once, nor by one that is in memory, within a second or so; and its
// screens are sent away. A move that failed ends all that.
func TestNothingIsWrittenToWhatWasMovedAway(t *testing.T) {
	k, m := openMovable(t)
	id := k.place("")["id"].(string)
	var sent atomic.Bool
	defer k.Watch("bistro", func([]domain.Record) {}, func() { sent.Store(true) })()
	acquired := m.acquired.Load()
	m.mark("all of it is elsewhere")
	wantMoved(t, "an organisation that comes back", placeAt(k, "other"), "all of it is elsewhere")
	if m.acquired.Load() != acquired {
		t.Error("what is being moved was acquired")
	}
	wantMoved(t, "one that is in memory", placeAt(k, "bistro"), "all of it is elsewhere")
	_, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadOrder, ID: id})
	wantMoved(t, "a read", err, "all of it is elsewhere")
	wantMoved(t, "readiness", k.Ready(), "all of it is elsewhere")
	if !sent.Load() {
		t.Error("a screen goes on showing what may have changed elsewhere")
	}
	m.mark("")
	eventually(t, "service resumes", func() bool { return placeAt(k, "bistro") == nil && placeAt(k, "other") == nil })
}

// TestQuietEngineNoticesTheMove without any command.
func TestQuietEngineNoticesTheMove(t *testing.T) {
	k, m := openMovable(t)
	k.place("")
	m.mark("all of it is elsewhere")
	eventually(t, "it is noticed", func() bool { return k.Ready() != nil })
	wantMoved(t, "readiness", k.Ready(), "all of it is elsewhere")
}

// TestMoveThatBeginsDuringRecoveryIsSeen: whoever moves marks first and acquires
// then; an organisation acquired after that must not be served.
func TestMoveThatBeginsDuringRecoveryIsSeen(t *testing.T) {
	k, m := openMovable(t)
	m.during.Store(true)
	wantMoved(t, "acquired after the move", placeAt(k, "bistro"), "moved meanwhile")
	m.during.Store(false)
	m.mark("")
}

// TestStoreIsNotBlamedOnTheJournal: an organisation that cannot be read back
// because the documents are away says so.
func TestStoreIsNotBlamedOnTheJournal(t *testing.T) {
	var gone atomic.Bool
	k := open(t, vfs.NewMem(), func(o *Options) { o.Store = &unmarked{o.Store, &gone} })
	gone.Store(true)
	if err := placeAt(k, "new"); domain.AsError(err).Code != domain.StoreUnavailable {
		t.Errorf("write: %v", err)
	}
	_, err := k.Read(context.Background(), &domain.Query{Org: "newer", By: waiter, Kind: domain.ReadOrders})
	if domain.AsError(err).Code != domain.StoreUnavailable {
		t.Errorf("read: %v", err)
	}
	gone.Store(false)
	if err := placeAt(k, "new"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

type unmarked struct {
	persistence.Store
	gone *atomic.Bool
}

func (u *unmarked) Watermark(ctx context.Context, org string) (persistence.Chain, error) {
	if u.gone.Load() {
		return persistence.Chain{}, cut("store")
	}
	return u.Store.Watermark(ctx, org)
}
