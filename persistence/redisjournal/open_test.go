package redisjournal_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"heard/persistence"
	"heard/persistence/conformance"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

// patience bounds every wait; it is never what a test measures.
const patience = 30 * time.Second

func options(url string) redisjournal.Options {
	return redisjournal.Options{
		URL: url, History: redisjournal.NewHistory(), Create: true, ReplicaTimeoutMS: 10_000,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

func open(t testing.TB, o redisjournal.Options) *redisjournal.Journal {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j, err := redisjournal.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() }) // some tests close it themselves
	return j
}

func entry(org string, epoch, first, last uint64, data string) persistence.Entry {
	return persistence.Entry{Org: org, Epoch: epoch, First: first, Last: last, Data: []byte(data)}
}

// put appends one entry and returns what became of it.
func put(t testing.TB, j persistence.Journal, e persistence.Entry) (persistence.Outcome, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out := make([]persistence.Outcome, 1)
	err := j.Append(ctx, []persistence.Entry{e}, out)
	return out[0], err
}

func mustPut(t testing.TB, j persistence.Journal, e persistence.Entry, want persistence.Outcome) {
	t.Helper()
	if o, err := put(t, j, e); err != nil || o != want {
		t.Fatalf("append %d-%d of %s: %v (%v), want %v", e.First, e.Last, e.Org, o, err, want)
	}
}

func acquire(t testing.TB, j persistence.Journal, org string) persistence.Lease {
	t.Helper()
	l, err := j.Acquire(context.Background(), org, 0)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// tail reads a whole log. A cluster that elects may be away for a moment: the
// read is repeated, as every reader of a journal has to.
func tail(t testing.TB, j persistence.Journal, org string) (all []persistence.Entry) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		all = nil
		err := j.Tail(context.Background(), org, 0, func(e persistence.Entry) error { all = append(all, e); return nil })
		if err == nil {
			return all
		}
		if !errors.Is(err, persistence.ErrNothingWritten) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// conforms runs the suite, each case on a history and keys of its own: the
// server is emptied in between, which is what every new case expects.
func conforms(t *testing.T, url string, empty func()) {
	conformance.RunJournal(t, func(t *testing.T) (persistence.Journal, func() persistence.Journal) {
		empty()
		o := options(url)
		j := open(t, o)
		o.Create = false
		return j, func() persistence.Journal {
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, o)
		}
	})
}

func TestSingleServerConforms(t *testing.T) {
	s := redistest.Start(t)
	conforms(t, s.URL(), func() { s.Do("FLUSHALL") })
}

func TestServerWithReplicaConforms(t *testing.T) {
	s := redistest.Start(t)
	redistest.StartReplica(t, s)
	conforms(t, s.URL(), func() { s.Do("FLUSHALL") })
}

func TestClusterConforms(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	conforms(t, c.URL(), func() {
		for _, s := range c.Nodes {
			s.Do("FLUSHALL")
		}
	})
}
