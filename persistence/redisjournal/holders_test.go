package redisjournal_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"heard/persistence"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

func holders(t *testing.T, j *redisjournal.Journal, orgs ...string) []persistence.Holder {
	t.Helper()
	out := make([]persistence.Holder, len(orgs))
	if err := j.Holders(t.Context(), orgs, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHoldersTellWhoOwnsAndWhoGaveUp: a release counts for the epoch it names
// and for no other, so that a late one cannot free what another has by then.
func TestHoldersTellWhoOwnsAndWhoGaveUp(t *testing.T) {
	j := open(t, options(redistest.Start(t).URL()))
	first := acquire(t, j, "a").Epoch
	acquire(t, j, "b")
	want := []persistence.Holder{{Epoch: 1}, {Epoch: 0, Free: true}, {Epoch: 1}}
	if got := holders(t, j, "a", "never", "b"); !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	release := func(epoch uint64) {
		t.Helper()
		if err := j.Release(t.Context(), "a", epoch); err != nil {
			t.Fatal(err)
		}
	}
	release(first)
	if got := holders(t, j, "a")[0]; got != (persistence.Holder{Epoch: 1, Free: true}) {
		t.Fatalf("released: %v", got)
	}
	mustPut(t, j, entry("a", acquire(t, j, "a").Epoch, 1, 1, "x"), persistence.Appended)
	release(first) // too late
	if got := holders(t, j, "a")[0]; got != (persistence.Holder{Epoch: 2}) {
		t.Fatalf("after a late release: %v", got)
	}
}

func TestHoldersOfManyOnACluster(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	j := open(t, options(c.URL()))
	var orgs []string
	for i := range 300 {
		orgs = append(orgs, fmt.Sprint("org-", i))
		if i%3 == 0 {
			acquire(t, j, orgs[i])
		}
	}
	for i, h := range holders(t, j, orgs...) {
		if (h.Epoch == 1) != (i%3 == 0) || h.Free != (i%3 != 0) {
			t.Fatalf("%s: %v", orgs[i], h)
		}
	}
}

func TestHoldersOfAnEmptiedRedisAreNotKnown(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	acquire(t, j, "a")
	s.Do("FLUSHALL")
	if err := j.Holders(t.Context(), []string{"a"}, make([]persistence.Holder, 1)); !errors.Is(err, persistence.ErrHistoryLost) {
		t.Fatal(err)
	}
	if err := j.Release(t.Context(), "a", 1); !errors.Is(err, persistence.ErrHistoryLost) {
		t.Fatal(err)
	}
}

// TestMasterWithoutReplicasIsNotBelieved: it may have been replaced.
func TestMasterWithoutReplicasIsNotBelieved(t *testing.T) {
	master := redistest.Start(t)
	replica := redistest.StartReplica(t, master)
	j := open(t, options(master.URL()))
	acquire(t, j, "a")
	if got := holders(t, j, "a")[0]; got != (persistence.Holder{Epoch: 1}) {
		t.Fatal(got)
	}
	replica.Kill()
	if err := j.Holders(t.Context(), []string{"a"}, make([]persistence.Holder, 1)); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatal(err)
	}
}
