package redisjournal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heard/persistence"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

// writers append to organisations of their own, through a committer, as the
// engine does: one batch at a time, the next sequence when it is durable, acquire
// and read again when the outcome is unknown. They note what was acknowledged.
type writers struct {
	t     *testing.T
	j     persistence.Journal
	lanes *persistence.Committer
	stop  atomic.Bool
	done  sync.WaitGroup

	acknowledged atomic.Int64
	duplicates   atomic.Int64 // answers that were lost and came with a repeat
	mu           sync.Mutex
	promised     map[string][]persistence.Entry
}

func startWriters(t *testing.T, j persistence.Journal, orgs int) *writers {
	w := &writers{t: t, j: j, promised: make(map[string][]persistence.Entry)}
	w.lanes = persistence.NewCommitter(j, persistence.CommitterOptions{Lanes: 4, UnknownRetryMS: 300, Log: options("").Log})
	for i := range orgs {
		org := fmt.Sprint("org-", i)
		w.done.Go(func() {
			for !w.stop.Load() {
				w.lead(org)
			}
		})
	}
	return w
}

// lead is one activation: it ends when it no longer knows where the log stands.
func (w *writers) lead(org string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	lease, err := w.j.Acquire(ctx, org, 0)
	cancel()
	if err != nil {
		if !errors.Is(err, persistence.ErrUnavailable) {
			w.t.Errorf("acquire: %v", err)
		}
		time.Sleep(10 * time.Millisecond) // the server is down
		return
	}
	for last := lease.Last; !w.stop.Load(); {
		e := persistence.Entry{Org: org, Epoch: lease.Epoch, First: last + 1, Last: last + 1 + last%3}
		e.Data = []byte(fmt.Sprintf("%s/%d/%d-%d", org, e.Epoch, e.First, e.Last))
		answer := make(chan persistence.Outcome, 1)
		if err := w.lanes.Submit(e, func(o persistence.Outcome, _ error) { answer <- o }); err != nil {
			w.t.Errorf("submit: %v", err)
			return
		}
		switch o := <-answer; o {
		case persistence.Appended, persistence.Duplicate:
			w.mu.Lock()
			w.promised[org] = append(w.promised[org], e)
			w.mu.Unlock()
			w.acknowledged.Add(1)
			if o == persistence.Duplicate {
				w.duplicates.Add(1)
			}
			last = e.Last
		case persistence.Unknown:
			return
		default: // nobody else leads it
			w.t.Errorf("entry %d-%d of %s: %v", e.First, e.Last, org, o)
			return
		}
	}
}

// more waits until n entries more than now are acknowledged.
func (w *writers) more(n int64) {
	w.t.Helper()
	want := w.acknowledged.Load() + n
	for end := time.Now().Add(patience); w.acknowledged.Load() < want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("only %d of %d entries acknowledged", w.acknowledged.Load(), want)
		}
	}
}

func (w *writers) end() {
	w.t.Helper()
	w.stop.Store(true)
	w.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.lanes.Close(ctx); err != nil {
		w.t.Error(err)
	}
}

// check compares the logs with what was promised: everything is there, in one piece.
func (w *writers) check() {
	w.t.Helper()
	extra := 0
	for org, promised := range w.promised {
		next, i := uint64(1), 0
		for _, e := range tail(w.t, w.j, org) {
			if e.First != next {
				w.t.Fatalf("%s: entry %d-%d where %d belongs", org, e.First, e.Last, next)
			}
			next = e.Last + 1
			if i < len(promised) && e.First == promised[i].First {
				if fmt.Sprint(e) != fmt.Sprint(promised[i]) {
					w.t.Fatalf("%s: %v was promised, the log has %v", org, promised[i], e)
				}
				i++
			} else {
				extra++ // written, and its answer lost with the server
			}
		}
		if i != len(promised) {
			w.t.Fatalf("%s: %d of %d promised entries are in the log", org, i, len(promised))
		}
	}
	w.t.Logf("%d entries of %d organisations promised and kept, %d of them after a repeat, %d more written without an answer",
		w.acknowledged.Load(), len(w.promised), w.duplicates.Load(), extra)
}

func TestKilledRedisKeepsItsPromises(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	w := startWriters(t, j, 24)
	for range 4 {
		w.more(300)
		s.Kill()
		s.Restart()
	}
	w.more(300)
	w.end()
	w.check()
}

// openImpatient opens a journal that does not wait long for a replica: it may be
// gone. To be made it waits as long as a slow machine needs.
func openImpatient(t *testing.T, url string) *redisjournal.Journal {
	t.Helper()
	o := options(url)
	open(t, o)
	o.Create, o.ReplicaTimeoutMS = false, 500
	return open(t, o)
}

func TestPromotedReplicaKeepsThePromises(t *testing.T) {
	master := redistest.Start(t)
	replica := redistest.StartReplica(t, master)
	sentinel := redistest.StartSentinel(t, master, 1)
	j := openImpatient(t, sentinel.URL())
	w := startWriters(t, j, 24)
	w.more(300)
	master.Kill()
	sentinel.UntilMaster(replica)
	master.Restart() // alone the promoted one confirms nothing: it needs a replica again
	master.UntilFollows()
	w.more(300)
	w.end()
	w.check()
}

func TestClusterThatLosesAMasterKeepsItsPromises(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	replicas := make([]*redistest.Server, len(c.Nodes))
	for i, s := range c.Nodes {
		replicas[i] = c.StartReplica(t, s)
	}
	j := openImpatient(t, c.URL())
	w := startWriters(t, j, 24)
	w.more(300)
	replicas[1].Do("CLUSTER FAILOVER TAKEOVER")
	w.more(300)
	c.Nodes[1].UntilFollows()
	w.more(300)
	w.end()
	w.check()
}

func TestMovingSlotsLosesNothing(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	j := open(t, options(c.URL()))
	w := startWriters(t, j, 24)
	w.more(300)
	for shard := range 6 {
		c.Move(t, fmt.Sprintf("heard:h:{%d}", shard))
		w.more(50)
	}
	w.end()
	w.check()
}
