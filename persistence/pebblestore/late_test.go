package pebblestore_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
	"heard/persistence/logfile"
	"heard/persistence/pebblestore"
)

func openLate(t *testing.T, fs vfs.FS) *pebblestore.DB {
	t.Helper()
	o := memory(fs, func(err error) { t.Errorf("fatal: %v", err) })
	o.Late = true
	db, err := pebblestore.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func lastOf(t *testing.T, fs vfs.FS) (last uint64) {
	t.Helper()
	db := openLate(t, fs)
	if err := db.Tail(t.Context(), "a", 0, func(e persistence.Entry) error { last = e.Last; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return last
}

// What WhenDurable has told of survives a power cut, across many logs; the epoch
// survives as soon as it is answered.
func TestLateSyncKeepsItsWord(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := openLate(t, fs)
	lease, err := db.Acquire(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	cut := openLate(t, fs.CrashClone(vfs.CrashCloneCfg{}))
	if again, err := cut.Acquire(t.Context(), "a", 0); err != nil || again.Epoch <= lease.Epoch {
		t.Errorf("epoch %d after %d: %v", again.Epoch, lease.Epoch, err)
	}
	if err := cut.Close(); err != nil {
		t.Fatal(err)
	}
	large := make([]byte, 3<<20) // several logs are filled
	for seq := uint64(1); seq <= 15; seq++ {
		e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: seq, Last: seq, Data: large}
		var out [1]persistence.Outcome
		if err := db.Append(t.Context(), []persistence.Entry{e}, out[:]); err != nil || out[0] != persistence.Appended {
			t.Fatal(out, err)
		}
		if seq%5 != 0 {
			continue
		}
		durable := make(chan struct{})
		db.WhenDurable(func() { close(durable) })
		<-durable
		if last := lastOf(t, fs.CrashClone(vfs.CrashCloneCfg{})); last < seq {
			t.Fatalf("the log ends at %d after a power cut, %d was durable", last, seq)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if last := lastOf(t, fs.CrashClone(vfs.CrashCloneCfg{})); last != 15 {
		t.Errorf("the log ends at %d after a close", last)
	}
}

// Without a late sync everything appended is durable, and told so at once.
func TestWhenDurableIsAtOnce(t *testing.T) {
	d := start(t, vfs.NewMem())
	told := false
	d.db.WhenDurable(func() { told = true })
	if !told {
		t.Error("not told")
	}
}

// TestPowerCutWhereTheDatabaseIsAhead: any part of what was not synced may be
// there or not, and the places that the database has may be ahead of it.
func TestPowerCutWhereTheDatabaseIsAhead(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := openLate(t, fs)
	lease, err := db.Acquire(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	for seed := range uint64(20) {
		for range 3 {
			last++
			e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: last, Last: last, Data: make([]byte, 5<<10)}
			var out [1]persistence.Outcome
			if err := db.Append(t.Context(), []persistence.Entry{e}, out[:]); err != nil || out[0] != persistence.Appended {
				t.Fatal(out, err)
			}
		}
		acquired := make(chan error)
		go func() { // makes what the database has durable, and waits for the log
			_, err := db.Acquire(t.Context(), "b", 0)
			acquired <- err
		}()
		time.Sleep(time.Millisecond)
		cut := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(seed, 0))})
		if err := <-acquired; err != nil {
			t.Fatal(err)
		}
		after := openLate(t, cut)
		lease, err := after.Acquire(t.Context(), "a", 0)
		if err != nil || lease.Last+3 < last {
			t.Fatalf("%+v, %d had been durable: %v", lease, last-3, err)
		}
		e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: lease.Last + 1, Last: lease.Last + 1, Data: []byte("x")}
		var out [1]persistence.Outcome
		if err := after.Append(t.Context(), []persistence.Entry{e}, out[:]); err != nil || out[0] != persistence.Appended {
			t.Fatal(out, err)
		}
		next := uint64(1)
		err = after.Tail(t.Context(), "a", 0, func(e persistence.Entry) error {
			if e.First != next {
				t.Errorf("entry %d where %d belongs", e.First, next)
			}
			next = e.Last + 1
			return nil
		})
		if err != nil || next != e.Last+1 {
			t.Fatalf("seed %d: the log ends before %d, want %d: %v", seed, next, e.Last+1, err)
		}
		if err := after.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsNoPowerCut: documents are made of what is durable, so a log that
// ends before what they were made of was damaged.
func TestDamageIsNoPowerCut(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := openLate(t, fs)
	lease, err := db.Acquire(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: 1, Last: 1, Data: []byte("x")}
	if err := db.Append(t.Context(), []persistence.Entry{e}, make([]persistence.Outcome, 1)); err != nil {
		t.Fatal(err)
	}
	if err := db.Apply(t.Context(), []persistence.Window{drained("a", lease.Epoch, 1, 1)}); err != nil {
		t.Fatal(err)
	}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := left.RemoveAll("db/entries"); err != nil {
		t.Fatal(err)
	}
	o := memory(left, func(err error) { t.Errorf("fatal: %v", err) })
	if _, err := pebblestore.Open(o); !errors.Is(err, logfile.ErrDamaged) {
		t.Errorf("open: %v", err)
	}
}
