package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
	"heard/persistence/conformance"
	"heard/persistence/pebblestore"
)

// database keeps reopening one folder.
type database struct {
	t       *testing.T
	options pebblestore.Options
	db      *pebblestore.DB
}

func (d *database) open() *pebblestore.DB {
	d.t.Helper()
	if d.db != nil {
		if err := d.db.Close(); err != nil {
			d.t.Fatalf("close: %v", err)
		}
	}
	db, err := pebblestore.Open(d.options)
	if err != nil {
		d.t.Fatalf("open: %v", err)
	}
	d.db = db
	return db
}

func start(t *testing.T, fs vfs.FS) *database {
	d := &database{t: t, options: pebblestore.Options{Dir: "db", FS: fs, CacheBytes: 8 << 20}}
	if fs == nil {
		d.options.Dir = t.TempDir()
	}
	d.options.Fatal = func(err error) { t.Errorf("fatal: %v", err) }
	t.Cleanup(func() {
		if err := d.db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	d.open()
	return d
}

func runs(t *testing.T, run func(t *testing.T, fs func() vfs.FS)) {
	t.Run("memory", func(t *testing.T) { run(t, func() vfs.FS { return vfs.NewMem() }) })
	t.Run("disk", func(t *testing.T) { run(t, func() vfs.FS { return nil }) })
}

func TestJournalConforms(t *testing.T) {
	runs(t, func(t *testing.T, fs func() vfs.FS) {
		conformance.RunJournal(t, func(t *testing.T) (persistence.Journal, func() persistence.Journal) {
			d := start(t, fs())
			return d.db, func() persistence.Journal { return d.open() }
		})
	})
}

func TestStoreConforms(t *testing.T) {
	runs(t, func(t *testing.T, fs func() vfs.FS) {
		conformance.RunStore(t, func(t *testing.T) (persistence.Store, func() persistence.Store) {
			d := start(t, fs())
			return d.db, func() persistence.Store { return d.open() }
		})
	})
}
