package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
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
