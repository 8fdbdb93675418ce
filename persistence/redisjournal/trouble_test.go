package redisjournal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"heard/persistence"
	"heard/persistence/redistest"
)

func holds(t *testing.T, j persistence.Journal, org string, want ...persistence.Entry) {
	t.Helper()
	got := tail(t, j, org)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("log of %s is %v, want %v", org, got, want)
	}
}

func TestLostReplyThenRepeatIsDuplicate(t *testing.T) {
	s := redistest.Start(t)
	p := redistest.NewProxy(t, s)
	j := open(t, options(p.URL()))
	e := acquire(t, j, "a").Epoch
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended) // the server knows the script now
	one := entry("a", e, 2, 4, "x")
	lost := p.SwallowReply("evalsha")
	o, err := put(t, j, one)
	<-lost
	if o != persistence.Unknown || !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrNothingWritten) {
		t.Fatalf("append whose reply was lost: %v (%v)", o, err)
	}
	mustPut(t, j, one, persistence.Duplicate)
	mustPut(t, j, entry("a", e, 2, 4, "y"), persistence.Gap) // the same numbers, something else
	holds(t, j, "a", entry("a", e, 1, 1, "x"), one)
}

func TestFullMemoryRefusesWholeAppends(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	a, b := acquire(t, j, "a").Epoch, acquire(t, j, "b").Epoch
	mustPut(t, j, entry("a", a, 1, 1, "x"), persistence.Appended)
	s.Do("CONFIG SET maxmemory 1")
	entries := []persistence.Entry{entry("a", a, 2, 2, "x"), entry("b", b, 1, 1, "x"), entry("a", a, 1, 1, "x")}
	out := make([]persistence.Outcome, len(entries))
	err := j.Append(t.Context(), entries, out)
	if !errors.Is(err, persistence.ErrNothingWritten) || !errors.Is(err, persistence.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
		t.Fatalf("append to a full Redis: %v (%v)", out, err)
	}
	if out[0] != persistence.Unknown || out[1] != persistence.Unknown {
		t.Fatalf("outcomes %v", out)
	}
	if _, err := j.Acquire(t.Context(), "a", 0); !errors.Is(err, persistence.ErrNothingWritten) {
		t.Fatalf("acquire from a full Redis: %v", err)
	}
	holds(t, j, "a", entry("a", a, 1, 1, "x"))
	holds(t, j, "b")
	if err := j.Trim(t.Context(), "a", 1); err != nil { // how memory comes back
		t.Fatal(err)
	}
	s.Do("CONFIG SET maxmemory 0")
	mustPut(t, j, entries[0], persistence.Appended)
	mustPut(t, j, entries[1], persistence.Appended)
}

// Someone spoiled keys of two organisations: the others in the group go on.
func TestDamagedOrganisationDoesNotStopOthers(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	o.Shards = 1
	j := open(t, o)
	var entries []persistence.Entry
	for _, org := range []string{"a", "b", "c", "d", "e"} {
		entries = append(entries, entry(org, acquire(t, j, org).Epoch, 1, 1, "x"))
	}
	mustPut(t, j, entries[3], persistence.Appended) // it will look like a repeat
	for _, key := range []string{"heard:j:{0}:b", "heard:j:{0}:d", "heard:f:{0}:c"} {
		if err := s.Client().Set(t.Context(), key, "spoiled", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	out := make([]persistence.Outcome, len(entries))
	err := j.Append(t.Context(), entries, out)
	want := []persistence.Outcome{persistence.Appended, persistence.Unknown, persistence.Unknown, persistence.Unknown, persistence.Appended}
	if !slices.Equal(out, want) || !errors.Is(err, persistence.ErrNothingWritten) || !strings.Contains(err.Error(), "WRONGTYPE") {
		t.Fatalf("%v (%v), want %v", out, err, want)
	}
	holds(t, j, "a", entries[0])
	holds(t, j, "e", entries[4])
}

// What is no entry is named with its organisation and place, and is no outage.
func TestDamagedEntryIsNamed(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	o.Shards = 1
	j := open(t, o)
	mustPut(t, j, entry("a", acquire(t, j, "a").Epoch, 1, 1, "x"), persistence.Appended)
	s.Do("XADD heard:j:{0}:a 2-1 n many d y")
	err := j.Tail(t.Context(), "a", 0, func(persistence.Entry) error { return nil })
	d, named := errors.AsType[*persistence.Unreadable](err)
	if !named || d.Org != "a" || d.Seq != 2 || errors.Is(err, persistence.ErrUnavailable) || d.String() != "organisation a: the log is damaged at record 2 in Redis" {
		t.Errorf("%v: %+v", err, d)
	}
}

func TestMasterThatBecameReadOnlyRefusesWholeAppends(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	e := acquire(t, j, "a").Epoch
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended)
	s.Do("REPLICAOF 127.0.0.1 1") // nobody is there, so it keeps its data
	for range 3 {                 // on the connection there was, then on new ones
		o, err := put(t, j, entry("a", e, 2, 2, "x"))
		if o != persistence.Unknown || !errors.Is(err, persistence.ErrNothingWritten) {
			t.Fatalf("append to a replica: %v (%v)", o, err)
		}
	}
	s.Do("REPLICAOF NO ONE")
	mustPut(t, j, entry("a", e, 2, 2, "x"), persistence.Appended)
	holds(t, j, "a", entry("a", e, 1, 1, "x"), entry("a", e, 2, 2, "x"))
}

func TestOldOwnerNeverAppendsAgain(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	first := open(t, o)
	o.Create = false
	second := open(t, o)
	old := acquire(t, first, "a").Epoch
	mustPut(t, first, entry("a", old, 1, 1, "old"), persistence.Appended)
	fresh := acquire(t, second, "a")
	if fresh.Epoch <= old || fresh.Last != 1 {
		t.Fatalf("second lease %+v after epoch %d", fresh, old)
	}
	mustPut(t, second, entry("a", fresh.Epoch, 2, 2, "new"), persistence.Appended)
	// Batches the old owner had ready: the one that collides, and those behind it,
	// one of which would follow without a hole.
	for seq := uint64(1); seq <= 5; seq++ {
		mustPut(t, first, entry("a", old, seq, seq, "old"), persistence.Fenced)
	}
	together := []persistence.Entry{entry("a", old, 2, 2, "old"), entry("a", old, 3, 3, "old"), entry("a", old, 4, 4, "old")}
	out := make([]persistence.Outcome, 3)
	if err := first.Append(t.Context(), together, out); err != nil || out[0] != persistence.Fenced || out[1] != out[0] || out[2] != out[0] {
		t.Fatalf("%v (%v)", out, err)
	}
	holds(t, second, "a", entry("a", old, 1, 1, "old"), entry("a", fresh.Epoch, 2, 2, "new"))
}

func TestTooFewReplicasIsUnknown(t *testing.T) {
	s := redistest.Start(t)
	r := redistest.StartReplica(t, s)
	o := options(s.URL())
	j := open(t, o)
	e := acquire(t, j, "a").Epoch
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended)
	o.Create, o.ReplicaTimeoutMS = false, 20
	hurried := open(t, o)
	r.Kill()
	for range 2 { // the append and its repeat
		if got, err := put(t, hurried, entry("a", e, 2, 2, "x")); got != persistence.Unknown || !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrNothingWritten) {
			t.Fatalf("append without the replica: %v (%v)", got, err)
		}
	}
	if got, err := put(t, hurried, entry("a", e, 9, 9, "x")); got != persistence.Gap || err != nil {
		t.Fatalf("a gap is one with or without replicas: %v (%v)", got, err)
	}
	if _, err := hurried.Acquire(t.Context(), "b", 0); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("acquire without the replica: %v", err)
	}
	r.Restart()
	r.UntilFollows()
	mustPut(t, j, entry("a", e, 2, 2, "x"), persistence.Duplicate)
}

func TestReplicaThatJoinsLaterMustConfirm(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	o.ReplicaTimeoutMS = 20
	j := open(t, o)
	e := acquire(t, j, "a").Epoch
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended)
	r := redistest.StartReplica(t, s)
	if _, err := j.Memory(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Kill()
	if got, err := put(t, j, entry("a", e, 2, 2, "x")); got != persistence.Unknown || err == nil {
		t.Fatalf("append without the replica: %v (%v)", got, err)
	}
}

func TestSlowRedisIsOnlySlow(t *testing.T) {
	s := redistest.Start(t)
	p := redistest.NewProxy(t, s)
	j := open(t, options(p.URL()))
	e := acquire(t, j, "a").Epoch
	p.Delay(200 * time.Millisecond)
	for seq := uint64(1); seq <= 3; seq++ {
		mustPut(t, j, entry("a", e, seq, seq, "x"), persistence.Appended)
	}
	holds(t, j, "a", entry("a", e, 1, 1, "x"), entry("a", e, 2, 2, "x"), entry("a", e, 3, 3, "x"))
}

func TestHangingRedisIsUnknownByTheDeadline(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	e := acquire(t, j, "a").Epoch
	s.Signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	out := make([]persistence.Outcome, 1)
	err := j.Append(ctx, []persistence.Entry{entry("a", e, 1, 1, "x")}, out)
	s.Signal(syscall.SIGCONT)
	if out[0] != persistence.Unknown || !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrNothingWritten) {
		t.Fatalf("%v (%v)", out[0], err)
	}
	if o, err := put(t, j, entry("a", e, 1, 1, "x")); err != nil || o != persistence.Appended && o != persistence.Duplicate {
		t.Fatalf("repeat: %v (%v)", o, err)
	}
	holds(t, j, "a", entry("a", e, 1, 1, "x"))
}

func TestRedisThatIsDownSaysNothingWasWritten(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	e := acquire(t, j, "a").Epoch
	s.Kill()
	var err error
	for range 5 { // the first may meet a connection that is just breaking
		_, err = put(t, j, entry("a", e, 1, 1, "x"))
	}
	if !errors.Is(err, persistence.ErrNothingWritten) || !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatal(err)
	}
	s.Restart()
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended)
}

func TestForgottenScriptsAreSentAgain(t *testing.T) {
	s := redistest.Start(t)
	r := redistest.StartReplica(t, s) // so that they go in pipelines
	j := open(t, options(s.URL()))
	e := acquire(t, j, "a").Epoch
	for seq := uint64(1); seq <= 3; seq++ {
		s.Do("SCRIPT FLUSH")
		mustPut(t, j, entry("a", e, seq, seq, "x"), persistence.Appended)
	}
	s.Do("SCRIPT FLUSH")
	if l := acquire(t, j, "a"); l.Last != 3 {
		t.Fatalf("%+v", l)
	}
	r.Until("replica has all", func(c *redis.Client) bool {
		for _, key := range c.Keys(context.Background(), "heard:j:*").Val() {
			return c.XLen(context.Background(), key).Val() == 3
		}
		return false
	})
}
