package persistence_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heard/persistence"
)

// script is a journal whose Append does what the test says.
type script struct {
	persistence.Journal
	mu     sync.Mutex
	groups [][]persistence.Entry
	do     func(call int, entries []persistence.Entry, out []persistence.Outcome) error
}

func (s *script) Append(_ context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	s.mu.Lock()
	call := len(s.groups)
	s.groups = append(s.groups, slices.Clone(entries))
	s.mu.Unlock()
	if s.do != nil {
		return s.do(call, entries, out)
	}
	return all(persistence.Appended)(call, entries, out)
}

func all(o persistence.Outcome) func(int, []persistence.Entry, []persistence.Outcome) error {
	return func(_ int, _ []persistence.Entry, out []persistence.Outcome) error {
		for i := range out {
			out[i] = o
		}
		return nil
	}
}

func (s *script) seen() (sizes []int) {
	for _, g := range s.groups {
		sizes = append(sizes, len(g))
	}
	return sizes
}

func quiet(o persistence.CommitterOptions) persistence.CommitterOptions {
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return o
}

func one(org string, seq uint64) persistence.Entry {
	return persistence.Entry{Org: org, Epoch: 1, First: seq, Last: seq, Data: []byte("12345678")}
}

// answers collects outcomes by entry.
type answers struct {
	t     *testing.T
	mu    sync.Mutex
	order []string
	errs  []error
}

func (a *answers) submit(c *persistence.Committer, e persistence.Entry) {
	a.t.Helper()
	if err := c.Submit(e, a.done(e)); err != nil {
		a.t.Fatalf("submit: %v", err)
	}
}

func (a *answers) done(e persistence.Entry) func(persistence.Outcome, error) {
	return func(o persistence.Outcome, err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.order = append(a.order, fmt.Sprintf("%s%d %v", e.Org, e.First, o))
		a.errs = append(a.errs, err)
	}
}

func (a *answers) want(want ...string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.order, want) {
		a.t.Fatalf("answers %q, want %q", a.order, want)
	}
}

func closed(t *testing.T, c *persistence.Committer) {
	t.Helper()
	if err := c.Close(context.Background()); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// held makes the first Append wait until let is closed, so that a queue gathers behind it.
func held(let chan struct{}) func(int, []persistence.Entry, []persistence.Outcome) error {
	return func(call int, entries []persistence.Entry, out []persistence.Outcome) error {
		if call == 0 {
			<-let
		}
		return all(persistence.Appended)(call, entries, out)
	}
}

func TestWhatGathersDuringAnAppendIsOneGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		j := &script{do: held(let)}
		c := persistence.NewCommitter(j, persistence.CommitterOptions{MaxEntries: 4, MaxBytes: 1 << 10})
		a := &answers{t: t}
		a.submit(c, one("first", 1))
		synctest.Wait()
		for i := range 10 {
			a.submit(c, one(fmt.Sprint("o", i), 1))
		}
		close(let)
		closed(t, c)
		if got := j.seen(); !slices.Equal(got, []int{1, 4, 4, 2}) {
			t.Errorf("groups %v", got)
		}
		s := c.Stats()
		if s.Commits != 4 || s.Entries != 11 || s.Bytes != 88 || s.Outcomes[persistence.Appended] != 11 || s.Queued != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestGroupsAreBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		j := &script{do: held(let)}
		c := persistence.NewCommitter(j, persistence.CommitterOptions{MaxBytes: 17})
		a := &answers{t: t}
		for i := range 5 {
			a.submit(c, one(fmt.Sprint("o", i), 1))
			synctest.Wait()
		}
		large := one("large", 1)
		large.Data = make([]byte, 100) // larger than a group: goes alone
		a.submit(c, large)
		close(let)
		closed(t, c)
		if got := j.seen(); !slices.Equal(got, []int{1, 2, 2, 1}) {
			t.Errorf("groups %v", got)
		}
	})
}

func TestOneOrganisationIsOnceInAGroupAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		j := &script{do: held(let)}
		c := persistence.NewCommitter(j, persistence.CommitterOptions{MaxEntries: 2})
		a := &answers{t: t}
		a.submit(c, one("x", 0))
		synctest.Wait()
		for seq := uint64(1); seq <= 3; seq++ {
			a.submit(c, one("a", seq))
			a.submit(c, one("a", seq+10))
			a.submit(c, one("b", seq))
			a.submit(c, one("c", seq))
		}
		close(let)
		closed(t, c)
		order := make(map[string][]uint64)
		for _, g := range j.groups {
			once := make(map[string]bool)
			for _, e := range g {
				if once[e.Org] {
					t.Errorf("%s twice in %v", e.Org, g)
				}
				once[e.Org] = true
				order[e.Org] = append(order[e.Org], e.First)
			}
		}
		want := map[string][]uint64{"x": {0}, "a": {1, 11, 2, 12, 3, 13}, "b": {1, 2, 3}, "c": {1, 2, 3}}
		if fmt.Sprint(order) != fmt.Sprint(want) {
			t.Errorf("order %v", order)
		}
	})
}

func TestFullLaneRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		c := persistence.NewCommitter(&script{do: held(let)}, persistence.CommitterOptions{QueueEntries: 3, QueueBytes: 20})
		a := &answers{t: t}
		a.submit(c, one("x", 1))
		synctest.Wait() // taken: the queue is empty again
		a.submit(c, one("a", 1))
		a.submit(c, one("b", 1))
		if err := c.Submit(one("c", 1), a.done(one("c", 1))); !errors.Is(err, persistence.ErrBusy) {
			t.Errorf("20 bytes of queue took 24: %v", err)
		}
		small := persistence.Entry{Org: "d", Epoch: 1, First: 1, Last: 1}
		a.submit(c, small)
		if err := c.Submit(small, a.done(small)); !errors.Is(err, persistence.ErrBusy) {
			t.Errorf("a queue of 3 took 4: %v", err)
		}
		close(let)
		closed(t, c)
		a.want("x1 appended", "a1 appended", "b1 appended", "d1 appended")
		if s := c.Stats(); s.Rejected != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestUnknownIsRepeatedUntilItIsDefinite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &script{do: func(call int, entries []persistence.Entry, out []persistence.Outcome) error {
			switch call {
			case 0: // half of the group is definite
				out[0] = persistence.Appended
				return errors.New("connection lost")
			case 1, 2:
				return errors.New("no connection")
			}
			return all(persistence.Duplicate)(call, entries, out)
		}}
		c := persistence.NewCommitter(j, persistence.CommitterOptions{})
		a := &answers{t: t}
		a.submit(c, one("a", 1))
		synctest.Wait()
		closed(t, c)
		j.groups = nil
		c = persistence.NewCommitter(j, persistence.CommitterOptions{})
		let := make(chan struct{})
		hold := j.do
		j.do = func(call int, entries []persistence.Entry, out []persistence.Outcome) error {
			if call == 0 {
				<-let
				return all(persistence.Appended)(call, entries, out)
			}
			return hold(call-1, entries, out)
		}
		a.order = nil
		a.submit(c, one("x", 1))
		synctest.Wait()
		a.submit(c, one("a", 1))
		a.submit(c, one("b", 7))
		close(let)
		closed(t, c)
		a.want("x1 appended", "a1 appended", "b7 duplicate")
		for _, g := range j.groups[2:] {
			if len(g) != 1 || g[0].Org != "b" || g[0].First != 7 || g[0].Epoch != 1 || string(g[0].Data) != "12345678" {
				t.Errorf("repeat was not identical: %v", g)
			}
		}
		if s := c.Stats(); s.Repeats != 3 || s.Entries != 3 || s.Outcomes[persistence.Unknown] != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestUnknownIsGivenAfterTheTimeForRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		j := &script{do: func(int, []persistence.Entry, []persistence.Outcome) error { return down }}
		c := persistence.NewCommitter(j, persistence.CommitterOptions{UnknownRetryMS: 2000})
		a := &answers{t: t}
		start := time.Now()
		a.submit(c, one("a", 1))
		closed(t, c)
		a.want("a1 unknown")
		if took := time.Since(start); took < 1700*time.Millisecond || took > 2*time.Second {
			t.Errorf("gave up after %v", took)
		}
		if !errors.Is(a.errs[0], down) || !errors.Is(a.errs[0], persistence.ErrUnavailable) {
			t.Errorf("error %v", a.errs[0])
		}
	})
}

// hanging never answers before its context ends.
type hanging struct{ persistence.Journal }

func (hanging) Append(ctx context.Context, _ []persistence.Entry, _ []persistence.Outcome) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestHangingJournalDoesNotHoldTheLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := persistence.NewCommitter(hanging{}, persistence.CommitterOptions{AppendTimeoutMS: 1000, UnknownRetryMS: 2000})
		a := &answers{t: t}
		start := time.Now()
		a.submit(c, one("a", 1))
		closed(t, c)
		a.want("a1 unknown")
		if took := time.Since(start); took > 3100*time.Millisecond {
			t.Errorf("gave up after %v", took)
		}
	})
}

func TestPanicsDoNotEndTheLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &script{do: func(call int, entries []persistence.Entry, out []persistence.Outcome) error {
			if call == 1 {
				all(persistence.Appended)(call, entries, out)
				panic("journal")
			}
			return all(persistence.Appended)(call, entries, out)
		}}
		c := persistence.NewCommitter(j, quiet(persistence.CommitterOptions{}))
		a := &answers{t: t}
		if err := c.Submit(one("bad", 1), func(persistence.Outcome, error) { panic("callback") }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a.submit(c, one("a", 1)) // its first Append panics, the repeat does not
		time.Sleep(time.Second)
		a.submit(c, one("b", 1))
		closed(t, c)
		a.want("a1 appended", "b1 appended")
		if s := c.Stats(); s.Panics != 1 || s.Repeats != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestCloseAnswersWhatIsQueuedAndRefusesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		c := persistence.NewCommitter(&script{do: held(let)}, persistence.CommitterOptions{})
		a := &answers{t: t}
		a.submit(c, one("x", 1))
		synctest.Wait()
		a.submit(c, one("a", 1))
		ended := make(chan error)
		go func() { ended <- c.Close(context.Background()) }()
		synctest.Wait()
		if err := c.Submit(one("b", 1), a.done(one("b", 1))); !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("submit after close: %v", err)
		}
		close(let)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		a.want("x1 appended", "a1 appended")
	})
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := persistence.NewCommitter(hanging{}, persistence.CommitterOptions{AppendTimeoutMS: 60_000})
		a := &answers{t: t}
		a.submit(c, one("x", 1))
		synctest.Wait()
		a.submit(c, one("a", 1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		synctest.Wait()
		a.want("x1 unknown", "a1 unknown")
	})
}

func TestManyLanesKeepEachOrganisationInOrder(t *testing.T) {
	j := &script{}
	observed := make(chan int, 10_000)
	c := persistence.NewCommitter(j, persistence.CommitterOptions{Lanes: 4, QueueEntries: 10_000,
		Observe: func(entries, _ int, _ time.Duration) { observed <- entries }})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for seq := uint64(1); seq <= 100; seq++ {
				if err := c.Submit(one(fmt.Sprint("o", i), seq), func(persistence.Outcome, error) {}); err != nil {
					t.Errorf("submit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	closed(t, c)
	next := make(map[string]uint64)
	for _, g := range j.groups {
		for _, e := range g {
			if next[e.Org]++; next[e.Org] != e.First {
				t.Fatalf("%s: %d where %d belongs", e.Org, e.First, next[e.Org])
			}
		}
	}
	close(observed)
	sum := 0
	for n := range observed {
		sum += n
	}
	if sum != 2000 {
		t.Errorf("observed %d entries", sum)
	}
}
