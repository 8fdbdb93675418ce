package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"heard/persistence"
	"heard/persistence/fault"
)

// counting is a journal that only counts.
type counting struct {
	persistence.Journal
	appends int
}

func (c *counting) Append(_ context.Context, _ []persistence.Entry, out []persistence.Outcome) error {
	c.appends++
	for i := range out {
		out[i] = persistence.Appended
	}
	return nil
}

func run(seed uint64, o fault.Odds) (trace []string, appends int) {
	inner := &counting{}
	j := fault.NewJournal(inner, fault.NewPlan(seed, o))
	for range 200 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		out := make([]persistence.Outcome, 1)
		before := inner.appends
		err := j.Append(ctx, make([]persistence.Entry, 1), out)
		cancel()
		trace = append(trace, fmt.Sprint(inner.appends-before, out[0], err))
	}
	return trace, inner.appends
}

func TestSameSeedSameFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := fault.Odds{Before: .1, After: .2, Hang: .1, Delay: .2, MostDelay: 10 * time.Millisecond}
		one, _ := run(7, o)
		two, _ := run(7, o)
		other, _ := run(8, o)
		if fmt.Sprint(one) != fmt.Sprint(two) {
			t.Error("two runs of one seed differ")
		}
		if fmt.Sprint(one) == fmt.Sprint(other) {
			t.Error("two seeds gave the same faults")
		}
	})
}

func TestLostAnswerIsDoneAndUnknown(t *testing.T) {
	trace, appends := run(1, fault.Odds{After: 1})
	if appends != 200 {
		t.Errorf("%d of 200 done", appends)
	}
	_, appends = run(1, fault.Odds{Before: 1})
	if appends != 0 {
		t.Errorf("%d done although it failed before", appends)
	}
	if want := "1 unknown append: injected after, answer lost: unavailable"; trace[0] != want {
		t.Errorf("answer %q", trace[0])
	}
}

func TestHangEndsWithTheContextAndOffHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := fault.NewPlan(1, fault.Odds{Hang: 1})
		j := fault.NewJournal(&counting{}, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := j.Append(ctx, nil, nil)
		if !errors.Is(err, persistence.ErrUnavailable) || time.Since(start) != time.Minute || p.Drawn(fault.Hang) != 1 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		p.Off()
		if err := j.Append(t.Context(), nil, nil); err != nil {
			t.Error(err)
		}
	})
}
