package persistence_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heard/persistence"
)

// TestJournalAwayIsNotAskedAgainAndAgain: after one group was given up the next
// is at once, until a probe says that the journal is back.
func TestJournalAwayIsNotAskedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		var back atomic.Bool
		j := &script{do: func(call int, entries []persistence.Entry, out []persistence.Outcome) error {
			if !back.Load() {
				return gone
			}
			return all(persistence.Appended)(call, entries, out)
		}}
		var probes atomic.Int32 // from two goroutines: the watch and the look after a doubt
		c := persistence.NewCommitter(j, quiet(persistence.CommitterOptions{Probe: func(context.Context) error {
			if probes.Add(1); !back.Load() {
				return gone
			}
			return nil
		}}))
		a := &answers{t: t}
		a.submit(c, one("a", 1))
		time.Sleep(2500 * time.Millisecond)
		a.want("a1 unknown")
		if err := c.Down(); !errors.Is(err, gone) {
			t.Fatalf("down: %v", err)
		}
		asked := len(j.groups)
		a.submit(c, one("b", 1))
		synctest.Wait()
		a.want("a1 unknown", "b1 unknown")
		if len(j.groups) != asked {
			t.Error("the journal was asked though it is away")
		}
		back.Store(true)
		time.Sleep(1100 * time.Millisecond)
		if err := c.Down(); err != nil {
			t.Fatalf("still down: %v", err)
		}
		a.submit(c, one("c", 1))
		synctest.Wait()
		a.want("a1 unknown", "b1 unknown", "c1 appended")
		if n := probes.Load(); n == 0 || n > 5 {
			t.Errorf("%d probes", n)
		}
		closed(t, c)
	})
}

// TestIdleJournalIsLookedAt: nothing is written, and still a journal that lost
// its history is refused at once, one that is silent after three looks, and
// either is taken again when it is right again.
func TestIdleJournalIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[error]
		set := func(err error) { now.Store(&err) }
		set(nil)
		c := persistence.NewCommitter(&script{do: all(persistence.Appended)}, quiet(persistence.CommitterOptions{
			Probe: func(context.Context) error { return *now.Load() },
		}))
		want := func(after time.Duration, want error) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if err := c.Down(); !errors.Is(err, want) {
				t.Fatalf("down: %v, want %v", err, want)
			}
		}
		time.Sleep(100 * time.Millisecond) // between two looks
		want(2*time.Second, nil)
		set(persistence.ErrHistoryLost)
		want(time.Second, persistence.ErrHistoryLost)
		set(nil)
		want(time.Second, nil)
		silent := errors.New("silent")
		set(silent)
		want(2*time.Second, nil)
		set(nil) // it was a pause
		want(time.Second, nil)
		set(silent)
		want(3*time.Second, silent)
		set(persistence.ErrHistoryLost) // it came back as another
		want(time.Second, persistence.ErrHistoryLost)
		set(nil)
		want(time.Second, nil)
		closed(t, c)
	})
}
