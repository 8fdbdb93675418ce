package redisjournal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"heard/persistence"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

// verified looks until the answer is what is wanted.
func verified(t *testing.T, j *redisjournal.Journal, what string, want func(error) bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := j.Verify(ctx)
		cancel()
		if want(err) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func TestVerifyFindsAnExchangedRedis(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	verified(t, j, "as it was opened", func(err error) bool { return err == nil })
	s.Do("SWAPDB 0 1")
	verified(t, j, "empty", func(err error) bool {
		return errors.Is(err, persistence.ErrHistoryLost) && strings.Contains(err.Error(), "Redis is empty")
	})
	open(t, options(s.URL())) // another store's
	verified(t, j, "another journal", func(err error) bool {
		return errors.Is(err, persistence.ErrHistoryLost) && strings.Contains(err.Error(), "do not belong together")
	})
	s.Do("SWAPDB 0 1")
	verified(t, j, "the right one", func(err error) bool { return err == nil })
}

func TestVerifyLooksAtEveryNodeOfACluster(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	j := open(t, options(c.URL()))
	verified(t, j, "as it was opened", func(err error) bool { return err == nil })
	c.Nodes[1].Do("FLUSHALL")
	verified(t, j, "one node emptied", func(err error) bool { return errors.Is(err, persistence.ErrHistoryLost) })
}

// A write that no replica can confirm would be refused after half a second, each.
func TestVerifyNamesTheMissingReplica(t *testing.T) {
	s := redistest.Start(t)
	r := redistest.StartReplica(t, s)
	j := open(t, options(s.URL()))
	verified(t, j, "with its replica", func(err error) bool { return err == nil })
	r.Kill()
	verified(t, j, "without it", func(err error) bool {
		return errors.Is(err, persistence.ErrUnavailable) && strings.Contains(err.Error(), "has 0 of 1") && strings.Contains(err.Error(), "missing replica "+r.Addr())
	})
	r.Restart()
	r.UntilFollows()
	verified(t, j, "with it again", func(err error) bool { return err == nil })
}

// Who asks for two is told which of two is missing.
func TestVerifyKnowsHowManyAreDemanded(t *testing.T) {
	s := redistest.Start(t)
	stays, goes := redistest.StartReplica(t, s), redistest.StartReplica(t, s)
	o := options(s.URL())
	o.Replicas = 2
	j := open(t, o)
	verified(t, j, "with both", func(err error) bool { return err == nil })
	goes.Kill()
	verified(t, j, "with one", func(err error) bool {
		return err != nil && strings.Contains(err.Error(), "has 1 of 2") && strings.Contains(err.Error(), "missing replica "+goes.Addr()) && !strings.Contains(err.Error(), stays.Addr())
	})
}
