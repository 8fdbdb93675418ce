package redisjournal_test

import (
	"errors"
	"fmt"
	"testing"

	"heard/persistence"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

// TestRestorationOfAClusterThatLostANode: what the other nodes have stays; the
// organisations of the lost one go on where the Store is. The old history is
// refused from Begin on.
func TestRestorationOfAClusterThatLostANode(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	o := options(c.URL())
	old := open(t, o)
	const orgs = 40 // on all nodes
	org := func(i int) string { return fmt.Sprint("org-", i) }
	for i := range orgs {
		e := acquire(t, old, org(i)).Epoch
		mustPut(t, old, entry(org(i), e, 1, 3, "x"), persistence.Appended)
	}
	c.Nodes[1].Do("FLUSHALL")
	fresh := options(c.URL())
	r, err := redisjournal.OpenLost(t.Context(), fresh, o.History)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Whole() {
		t.Error("a node was emptied, and the journal is whole")
	}
	for range 2 { // each step may be repeated
		if err := r.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := old.Lease(t.Context(), org(0)); !errors.Is(err, persistence.ErrHistoryLost) {
			t.Errorf("the old history is answered: %v", err)
		}
		for i := range orgs { // the store has two of three
			if _, err := r.Seed(t.Context(), org(i), 7, 2); err != nil {
				t.Fatal(err)
			}
		}
	}
	fresh.Create = false
	j := open(t, fresh)
	stayed := 0
	for i := range orgs {
		lease := acquire(t, j, org(i))
		switch entries := tail(t, j, org(i)); {
		case lease == (persistence.Lease{Epoch: 8, Last: 3}) && len(entries) == 1:
			stayed++
		case lease != (persistence.Lease{Epoch: 8, Last: 2}) || len(entries) != 0:
			t.Errorf("%s: %+v with %d entries", org(i), lease, len(entries))
		}
		mustPut(t, j, entry(org(i), lease.Epoch, lease.Last+1, lease.Last+1, "new"), persistence.Appended)
	}
	if stayed == 0 || stayed == orgs {
		t.Errorf("%d organisations kept their entries", stayed)
	}
}

// TestSeedDropsAnOlderStream: what is in it the Store has, and the next entries
// must not come behind it.
func TestSeedDropsAnOlderStream(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	old := open(t, o)
	e := acquire(t, old, "a").Epoch
	mustPut(t, old, entry("a", e, 1, 9, "x"), persistence.Appended)
	fresh := options(s.URL())
	r, err := redisjournal.OpenLost(t.Context(), fresh, o.History)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if last, err := r.Last(t.Context(), "a"); !r.Whole() || last != 9 || err != nil {
		t.Fatalf("whole %v, last %d, %v", r.Whole(), last, err)
	}
	if err := r.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if had, err := r.Seed(t.Context(), "a", 0, 12); had != 9 || err != nil {
		t.Fatal(had, err)
	}
	fresh.Create = false
	j := open(t, fresh)
	if names, err := j.Undrained(t.Context(), "", 9); err != nil || len(names) != 0 {
		t.Errorf("undrained %v, %v", names, err)
	}
	lease := acquire(t, j, "a")
	if want := (persistence.Lease{Epoch: e + 1, Last: 12}); lease != want {
		t.Errorf("%+v, want %+v", lease, want)
	}
	next := entry("a", lease.Epoch, 13, 13, "y")
	mustPut(t, j, next, persistence.Appended)
	holds(t, j, "a", next)
}
