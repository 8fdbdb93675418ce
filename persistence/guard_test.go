package persistence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heard/persistence"
)

// remote is a store that may be away, slow or gone silent.
type remote struct {
	persistence.Store
	asked  int
	takes  time.Duration // until it says that it is unavailable
	away   atomic.Bool
	hangs  bool
	probes atomic.Int32 // from two goroutines: the watch and the look after a doubt
}

func (r *remote) Order(ctx context.Context, _, _ string) (persistence.Document, error) {
	r.asked++
	if r.hangs {
		<-ctx.Done()
		return persistence.Document{}, fmt.Errorf("%w: %w", persistence.ErrUnavailable, ctx.Err())
	}
	if r.away.Load() {
		time.Sleep(r.takes)
		return persistence.Document{}, persistence.ErrUnavailable
	}
	return persistence.Document{}, persistence.ErrNotFound
}

func (r *remote) probe(context.Context) error {
	r.probes.Add(1)
	if r.away.Load() {
		return errors.New("gone")
	}
	return nil
}

// TestStoreAwayIsNotAskedAgainAndAgain: after one read that found it away the
// next are refused at once, until a probe says that it is back.
func TestStoreAwayIsNotAskedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{takes: 3 * time.Second}
		r.away.Store(true)
		g := persistence.NewGuard(r, r.probe, slog.New(slog.DiscardHandler))
		defer g.Close()
		read := func() (time.Duration, error) {
			start := time.Now()
			_, err := g.Order(context.Background(), "a", "o1")
			return time.Since(start), err
		}
		if took, err := read(); !errors.Is(err, persistence.ErrUnavailable) || took != r.takes {
			t.Fatalf("first: %v after %v", err, took)
		}
		synctest.Wait()
		if g.Down() == nil || g.Outages() != 1 {
			t.Fatal("not noticed")
		}
		for range 5 {
			if took, err := read(); !errors.Is(err, persistence.ErrUnavailable) || took != 0 {
				t.Fatalf("next: %v after %v", err, took)
			}
		}
		if err := g.Apply(context.Background(), nil); !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("written: %v", err)
		}
		if r.asked != 1 {
			t.Errorf("asked %d times", r.asked)
		}
		r.away.Store(false)
		time.Sleep(1100 * time.Millisecond)
		if _, err := read(); !errors.Is(err, persistence.ErrNotFound) || g.Down() != nil {
			t.Errorf("after it came back: %v, %v", err, g.Down())
		}
	})
}

// TestSlowReadIsNotAnOutage: it is given up, but others go on.
func TestSlowReadIsNotAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{hangs: true}
		g := persistence.NewGuard(r, r.probe, slog.New(slog.DiscardHandler))
		defer g.Close()
		start := time.Now()
		if _, err := g.Order(context.Background(), "a", "o1"); !errors.Is(err, persistence.ErrUnavailable) || time.Since(start) > 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		synctest.Wait()
		if g.Down() != nil || r.probes.Load() == 0 {
			t.Errorf("%v after %d probes", g.Down(), r.probes.Load())
		}
	})
}
