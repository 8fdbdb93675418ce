package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"heard/persistence"
	"heard/persistence/mongostore"
	"heard/persistence/mongotest"
)

// TestCrashBetweenEveryTwoWrites ends a drain before and after each of its
// writes, the answer lost. What is left never claims too much, and another
// drain finishes it.
func TestCrashBetweenEveryTwoWrites(t *testing.T) {
	server := mongotest.Ferret(t)
	for _, lost := range []bool{false, true} {
		writes := 0
		for n := 1; ; n++ {
			if !crashedAt(t, server, n, lost) {
				break
			}
			writes = n
		}
		if writes < 5 {
			t.Errorf("a drain of two windows was cut at %d writes only", writes)
		}
		t.Logf("cut at each of %d writes, answer lost: %v", writes, lost)
	}
}

// crashedAt says whether there was an nth write.
func crashedAt(t *testing.T, server *mongotest.Server, n int, lost bool) bool {
	t.Helper()
	database := server.Database()
	whole := open(t, server, server.URI, database)
	a, b := newHistory(7, "a", 6, 40), newHistory(8, "b", 3, 12)
	half := len(a.entries) / 2
	apply(t, whole, a.window(0, half))

	proxy := mongotest.NewProxy(t, server)
	cut := open(t, server, proxy.URI, database)
	windows := []persistence.Window{a.window(half, len(a.entries)), b.window(0, len(b.entries))}
	proxy.Cut(n, lost)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := cut.Apply(ctx, windows)
	if err != nil && !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("cut at write %d: %v", n, err)
	}
	a.check(t, whole)
	b.check(t, whole)
	apply(t, whole, windows...)
	a.checkAll(t, whole)
	b.checkAll(t, whole)
	return err != nil
}

func apply(t *testing.T, s *mongostore.Store, windows ...persistence.Window) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Apply(ctx, windows); err != nil {
		t.Fatal(err)
	}
}

// TestTwoDrainersEndWithOneTruth lets two drains follow the same logs with
// windows cut differently, one of them over a line that breaks again and again.
func TestTwoDrainersEndWithOneTruth(t *testing.T) {
	server := mongotest.Ferret(t)
	database := server.Database()
	proxy := mongotest.NewProxy(t, server)
	steady, shaky := open(t, server, server.URI, database), open(t, server, proxy.URI, database)
	logs := []*history{newHistory(1, "a", 8, 60), newHistory(2, "b", 8, 60), newHistory(3, "c", 8, 60)}
	var wg sync.WaitGroup
	for i, s := range []*mongostore.Store{steady, shaky} {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 5))
			broken, err := follow(t.Context(), s, logs, r, func() {
				if s == shaky {
					proxy.Heal()
					proxy.Cut(1+r.IntN(16), r.IntN(2) == 0) // behind a drain's last write it does nothing
				}
			})
			if err != nil {
				t.Error(err)
			}
			if s == shaky && broken == 0 {
				t.Error("the line never broke")
			}
			t.Logf("drain %d: interrupted %d times", i, broken)
		})
	}
	wg.Wait()
	for _, h := range logs {
		h.checkAll(t, steady)
	}
}

// follow drains all logs in windows of random size, each until it is written.
func follow(ctx context.Context, s *mongostore.Store, logs []*history, r *rand.Rand, before func()) (broken int, err error) {
	at := make([]int, len(logs))
	for {
		var windows []persistence.Window
		next := append([]int(nil), at...)
		for i, h := range logs {
			if next[i] = min(at[i]+1+r.IntN(12), len(h.entries)); next[i] > at[i] {
				windows = append(windows, h.window(at[i], next[i]))
			}
		}
		if len(windows) == 0 {
			return broken, nil
		}
		before()
		limited, cancel := context.WithTimeout(ctx, patience)
		err := s.Apply(limited, windows)
		cancel()
		switch {
		case err == nil:
			at = next
		case !errors.Is(err, persistence.ErrUnavailable):
			return broken, err
		default:
			broken++
		}
	}
}

// TestKilledServerIsDrainedAgain kills the server in the middle of drains; what
// it had confirmed is there when it comes back, and the rest is written again.
func TestKilledServerIsDrainedAgain(t *testing.T) {
	server := mongotest.Ferret(t)
	database := server.Database()
	store := open(t, server, server.URI, database)
	logs := make([]*history, 4)
	for i := range logs {
		logs[i] = newHistory(uint64(i), fmt.Sprint("org", i), 10, 80)
	}
	at, killed := 0, 0
	for round := 0; at < len(logs[0].entries); round++ {
		step := min(at+6, len(logs[0].entries))
		var windows []persistence.Window
		for _, h := range logs {
			if from := min(at, len(h.entries)); from < min(step, len(h.entries)) {
				windows = append(windows, h.window(from, min(step, len(h.entries))))
			}
			if step == len(logs[0].entries) && step < len(h.entries) {
				windows = append(windows, h.window(step, len(h.entries)))
			}
		}
		result := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		go func() { result <- store.Apply(ctx, windows) }()
		if round%2 == 0 && killed < 4 {
			before := store.Operations()
			for wait := 0; store.Operations() < before+uint64(1+killed) && wait < 2000 && len(result) == 0; wait++ {
				time.Sleep(time.Millisecond)
			}
			server.Kill()
			killed++
		}
		err := <-result
		cancel()
		if err == nil {
			at = step
		} else if !errors.Is(err, persistence.ErrUnavailable) {
			t.Fatal(err)
		}
		if round%2 == 0 {
			server.Restart()
			for _, h := range logs {
				h.check(t, store)
			}
		}
	}
	for _, h := range logs {
		h.checkAll(t, store)
	}
	t.Logf("killed %d times", killed)
}
