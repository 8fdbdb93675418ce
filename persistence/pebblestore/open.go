// Package pebblestore is the embedded default: the journal's entries in a log of
// files, of which one fsync makes a group of organisations durable; where each
// is, the documents and their indexes in a Pebble database behind it.
package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"heard/persistence"
	"heard/persistence/logfile"
)

// Schema is the number of the key and value formats. It changes only when an
// older program would misread a newer database. Older databases are read and
// become this one when they are opened for writing.
//
//	2: images of orders stand in the journal, their places in the headers;
//	   active orders have no index keys
//	3: entries stand in a log of files beside the database; the first event of an
//	   order with its number
const Schema = 3

const (
	metaSchema  = "schema"
	metaHistory = "history"
)

// DB is a persistence.Journal and a persistence.Store. Its methods may be called
// from many goroutines; what they call back may call it again.
type DB struct {
	options  Options
	pebble   *pebble.DB
	lock     *pebble.Lock
	health   io.Closer // watches how slow the disk is; nil on other file systems
	fuse     *fuse
	late     *lateSync // nil = an Append waits for its sync
	quiet    *quiet    // nil = nothing is ever written
	log      *logfile.Log
	writing  sync.Mutex           // keys of entries are made in the order of the log
	syncs    prometheus.Histogram // nanoseconds of each sync of a log
	events   *events
	history  string
	fences   [fenceStripes]stripe
	applying sync.Mutex        // Apply reads before it writes
	newest   map[string]uint64 // Apply's: see newestNumber
	marks    map[string]mark   // Apply's: those it has written

	found     found
	unclaimed []logfile.Place        // stretches of the log that are damaged, nobody knows whose they were
	unindexed map[string][]unindexed // by organisation, oldest first; nil unless ReadOnly

	gate   sync.RWMutex // held for reading by every call, for writing by Close
	closed bool
}

var (
	_ persistence.Journal = (*DB)(nil)
	_ persistence.Store   = (*DB)(nil)
)

// Open opens or creates the database. One that is damaged is put aside and made
// again from the log. Errors: persistence.ErrLocked when another process has it;
// a clear error when a newer version wrote it.
func Open(o Options) (*DB, error) {
	o = o.withDefaults()
	db, err := open(o)
	if err == nil || !isDamage(err) {
		return db, err
	}
	if o.ReadOnly {
		return nil, fmt.Errorf("%w; it holds nothing that the log does not: start the engine once, which makes it again", err)
	}
	aside, moved := putAside(o)
	if moved != nil {
		return nil, errors.Join(err, fmt.Errorf("put the damaged database aside: %w", moved))
	}
	o.Log.Error("the database is damaged: it is made again from the log, which takes a while", "error", err, "kept", aside)
	return open(o)
}

func open(o Options) (*DB, error) {
	lock, err := lockFolder(o)
	if err != nil {
		return nil, err
	}
	db := &DB{options: o, newest: map[string]uint64{}, marks: map[string]mark{}, history: o.History, lock: lock, quiet: newQuiet(), fuse: &fuse{fatal: o.Fatal}}
	db.events = &events{log: o.Log, fuse: db.fuse, failed: make(chan struct{}, 1)}
	disk := o.FS
	if o.FS == vfs.Default {
		o.FS, db.health = vfs.WithDiskHealthChecks(o.FS, slowDisk, nil, db.events.slow)
	}
	if o.Late {
		db.late = newLateSync()
	}
	db.syncs = prometheus.NewHistogram(prometheus.HistogramOpts{Buckets: pebble.FsyncLatencyBuckets})
	files := logFS{FS: o.FS, fuse: db.fuse, syncs: db.syncs, disk: disk}
	o.FS = files
	db.events.opening.Store(true)
	defer db.events.opening.Store(false)
	if err = db.openPebble(o); err == nil {
		files.late = db.late
		err = db.openLog(files)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", o.Dir, err), db.closeFiles())
	}
	if !o.ReadOnly {
		go db.quiet.run(db.sealQuietly)
	}
	return db, nil
}

// openLog opens the log, and brings the database up to it.
func (db *DB) openLog(files logFS) error {
	if err := db.identify(); err != nil {
		return err
	}
	if err := db.openEntries(files); err != nil {
		return err
	}
	if err := db.redraw(); err != nil || db.options.ReadOnly {
		return err
	}
	return db.seal()
}

// closeFiles lets go of log, database and folder.
func (db *DB) closeFiles() (err error) {
	if db.log != nil {
		err = db.log.Close()
	}
	if db.pebble != nil {
		err = errors.Join(err, db.closePebble())
	}
	return errors.Join(err, db.release())
}

// identify reads schema and history, or writes them into a new database.
func (db *DB) identify() error {
	raw, err := get(db.pebble, metaKey(metaSchema))
	if err != nil {
		return fmt.Errorf("read schema number: %w", err)
	}
	if raw == nil {
		if err := db.christen(); err != nil {
			return err
		}
		return db.settleIn(true)
	}
	n, _ := binary.Uvarint(raw)
	if n == 0 || n > Schema {
		return fmt.Errorf("database has schema %d, this version reads up to schema %d", n, Schema)
	}
	if n < Schema && !db.options.ReadOnly {
		if err := db.renumber(); err != nil {
			return fmt.Errorf("write schema number: %w", err)
		}
	}
	id, err := get(db.pebble, metaKey(metaHistory))
	if err != nil {
		return fmt.Errorf("read history id: %w", err)
	}
	db.history = string(id)
	return db.settleIn(false)
}

// renumber marks an older database before anything of this schema is in it.
func (db *DB) renumber() error {
	b := db.pebble.NewBatch()
	defer b.Close()
	set(b, metaKey(metaSchema), binary.AppendUvarint(nil, Schema))
	return db.commitDurably(b)
}

func (db *DB) christen() (err error) {
	if db.history == "" {
		db.history = db.ownHistory()
	}
	if db.history == "" {
		if db.history, err = newHistory(); err != nil {
			return err
		}
	}
	b := db.pebble.NewBatch()
	defer b.Close()
	set(b, metaKey(metaSchema), binary.AppendUvarint(nil, Schema))
	set(b, metaKey(metaHistory), []byte(db.history))
	set(b, metaKey(metaRedraw), nil)
	return db.commitDurably(b)
}

// History is made when the database is created. It moves with the folder, and a
// copy gets another.
func (db *DB) History(context.Context) (string, error) { return db.history, nil }

// enter lets a call in unless the database is closed or its log failed.
func (db *DB) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
	}
	if err := db.fuse.check(); err != nil {
		return err
	}
	db.gate.RLock()
	if db.closed {
		db.gate.RUnlock()
		return fmt.Errorf("%w: database is closed", persistence.ErrUnavailable)
	}
	return nil
}

func (db *DB) leave() { db.gate.RUnlock() }

// Flush makes everything applied so far durable, without waiting for an Append to do it.
func (db *DB) Flush(ctx context.Context) error {
	if err := db.enter(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	defer db.leave()
	return db.sync()
}

// sync puts a record that means nothing behind all others and syncs it.
func (db *DB) sync() error {
	b := db.pebble.NewBatch()
	defer b.Close()
	if err := b.LogData([]byte("sync"), nil); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return db.commitDurably(b)
}

// Close waits for calls under way, makes everything durable and lets the folder
// go. The memtable is written out too, so that the next Open has nothing to replay.
func (db *DB) Close() error {
	if !db.options.ReadOnly {
		db.quiet.close()
	}
	db.gate.Lock()
	defer db.gate.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	if err := db.fuse.check(); err != nil {
		return fmt.Errorf("close database: %w", err) // Pebble would wait for ever for locks its panic left
	}
	var err error
	if !db.options.ReadOnly {
		err = errors.Join(db.end(), db.flush())
	}
	if err = errors.Join(err, db.closeFiles()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// end makes everything durable; then a power cut takes nothing any more.
func (db *DB) end() error {
	if err := db.seal(); err != nil || db.late == nil {
		return err
	}
	return db.markLate(false)
}

// flush writes the memtable out. Where that fails, on a full disk, it gives up:
// Pebble would try for ever, and the log has it all.
func (db *DB) flush() error {
	select {
	case <-db.events.failed: // an old failure
	default:
	}
	flushed, err := db.pebble.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-flushed:
	case <-db.events.failed:
		db.events.log.Warn("database is closed without its last flush; the next start replays more of the log")
	}
	return nil
}

// release lets go of what Open took before Pebble's own resources.
func (db *DB) release() error {
	if db.late != nil {
		close(db.late.stop)
	}
	err := db.lock.Close()
	if db.health != nil {
		err = errors.Join(err, db.health.Close())
	}
	return err
}
