package pebblestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
	"heard/persistence/pebblestore"
)

func TestSecondOpenOfAFolderSaysWhy(t *testing.T) {
	runs(t, func(t *testing.T, fs func() vfs.FS) {
		d := start(t, fs())
		if _, err := pebblestore.Open(d.options); !errors.Is(err, persistence.ErrLocked) {
			t.Errorf("second open: %v", err)
		}
		d.options.ReadOnly = true
		if _, err := pebblestore.Open(d.options); !errors.Is(err, persistence.ErrLocked) {
			t.Errorf("second open for reading: %v", err)
		}
		d.options.ReadOnly = false
		d.open() // the attempts left no lock behind
	})
}

func TestUnwritableFolderIsNotCalledLocked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pebblestore.Open(pebblestore.Options{Dir: file}); err == nil || errors.Is(err, persistence.ErrLocked) {
		t.Errorf("open of a file: %v", err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := pebblestore.Open(pebblestore.Options{Dir: missing, ReadOnly: true}); err == nil || errors.Is(err, persistence.ErrLocked) {
		t.Errorf("open of nothing for reading: %v", err)
	}
}

func TestReadOnlyReadsAndRefusesToWrite(t *testing.T) {
	runs(t, func(t *testing.T, fs func() vfs.FS) {
		d := start(t, fs())
		l := newLedger()
		ctx := t.Context()
		lease, err := d.db.Acquire(ctx, "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: 1, Last: 2, Data: payload("a", lease.Epoch, 1, 2)}
		if err := d.db.Append(ctx, []persistence.Entry{e}, make([]persistence.Outcome, 1)); err != nil {
			t.Fatal(err)
		}
		if err := d.db.Apply(ctx, []persistence.Window{drained("a", lease.Epoch, 1, 2)}); err != nil {
			t.Fatal(err)
		}
		history, _ := d.db.History(ctx)
		d.options.ReadOnly = true
		db := d.open()
		if again, _ := db.History(ctx); again != history {
			t.Errorf("history %q became %q", history, again)
		}
		l.documents(t, db, "a", 2)
		if _, err := db.Acquire(ctx, "a", 0); !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("acquire: %v", err)
		}
		if err := db.Apply(ctx, []persistence.Window{drained("a", 1, 3, 3)}); !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("apply: %v", err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	raw, err := pebble.Open("db", &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatTableFormatV6})
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Set([]byte("Mschema"), []byte{pebblestore.Schema + 1}, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the refusal lets the folder go
		_, err := pebblestore.Open(pebblestore.Options{Dir: "db", FS: fs})
		if err == nil || !strings.Contains(err.Error(), "schema 3") {
			t.Errorf("open: %v", err)
		}
	}
}

func TestOlderSchemaIsReadAndRenumbered(t *testing.T) {
	fs := vfs.NewMem()
	d := start(t, fs)
	history, _ := d.db.History(t.Context())
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	schema := func(write []byte) []byte {
		raw, err := pebble.Open("db", &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatNewest})
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if write != nil {
			if err := raw.Set([]byte("Mschema"), write, pebble.Sync); err != nil {
				t.Fatal(err)
			}
		}
		value, closer, err := raw.Get([]byte("Mschema"))
		if err != nil {
			t.Fatal(err)
		}
		defer closer.Close()
		return slices.Clone(value)
	}
	schema([]byte{1})
	d.open()
	if again, _ := d.db.History(t.Context()); again != history {
		t.Errorf("history %q, was %q", again, history)
	}
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := schema(nil); got[0] != pebblestore.Schema {
		t.Errorf("schema %v", got)
	}
}

// TestEntriesBehindTheirKeysAreStillRead: those of a database from before there
// was a log of entries, followed by others.
func TestEntriesBehindTheirKeysAreStillRead(t *testing.T) {
	fs := vfs.NewMem()
	d := start(t, fs)
	lease, err := d.db.Acquire(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := pebble.Open("db", &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatNewest})
	if err != nil {
		t.Fatal(err)
	}
	key := []byte("Ja\x00\x00\x00\x00\x00\x00\x00\x00\x03")
	if err := raw.Set(key, append([]byte{byte(lease.Epoch), 2}, payload("a", lease.Epoch, 1, 3)...), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	db := d.open()
	out := make([]persistence.Outcome, 1)
	for _, e := range []struct {
		first, last uint64
		want        persistence.Outcome
	}{{1, 3, persistence.Duplicate}, {4, 5, persistence.Appended}} {
		entry := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: e.first, Last: e.last, Data: payload("a", lease.Epoch, e.first, e.last)}
		if err := db.Append(t.Context(), []persistence.Entry{entry}, out); err != nil || out[0] != e.want {
			t.Fatalf("append of %d to %d: %v, %v", e.first, e.last, out[0], err)
		}
	}
	l := newLedger()
	l.epoch["a"], l.last["a"] = lease.Epoch, 5
	l.check(t, db, false)
}

func TestEachDatabaseHasAHistoryOfItsOwn(t *testing.T) {
	one, _ := start(t, vfs.NewMem()).db.History(t.Context())
	two, _ := start(t, vfs.NewMem()).db.History(t.Context())
	if one == two || len(one) != 32 {
		t.Errorf("histories %q and %q", one, two)
	}
}

func TestClosedDatabaseRefuses(t *testing.T) {
	d := start(t, vfs.NewMem())
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	silent(t, d.db)
	if s := d.db.Stats(); s.Fsyncs != 0 {
		t.Errorf("stats of a closed database: %+v", s)
	}
}

func TestStatsCountSyncs(t *testing.T) {
	d := start(t, nil)
	for range 10 {
		lease, err := d.db.Acquire(t.Context(), "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: lease.Last + 1, Last: lease.Last + 1, Data: []byte("x")}
		if err := d.db.Append(t.Context(), []persistence.Entry{e}, make([]persistence.Outcome, 1)); err != nil {
			t.Fatal(err)
		}
	}
	s := d.db.Stats()
	if s.Fsyncs < 20 || s.FsyncSeconds <= 0 || s.FsyncP99MS <= 0 || s.DiskBytes == 0 || s.LogBytes == 0 {
		t.Errorf("stats %+v", s)
	}
}
