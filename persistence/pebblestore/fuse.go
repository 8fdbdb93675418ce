package pebblestore

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence"
)

// fuse blows once, when the log cannot be written. From then on nothing is
// answered: not even by a goroutine whose Pebble call seemed to succeed after
// Fatal returned, which it does in tests.
type fuse struct {
	fatal func(error)
	once  sync.Once
	blown atomic.Pointer[error]
}

// blow returns after Fatal was called, by whoever came first.
func (f *fuse) blow(err error) {
	f.blown.CompareAndSwap(nil, &err)
	f.once.Do(func() { f.fatal(*f.blown.Load()) })
}

// check returns nil while the fuse holds; otherwise, after Fatal, an ErrUnavailable.
func (f *fuse) check() error {
	err := f.blown.Load()
	if err == nil {
		return nil
	}
	f.blow(*err)
	return fmt.Errorf("%w: the log failed: %w", persistence.ErrUnavailable, *err)
}

// commit writes a batch. logFS sees a failing log first. What it does not see
// Pebble tells in three ways: it panics while holding its own locks, it calls
// Logger.Fatalf and then returns nil, or it returns an error. All blow the fuse.
func (db *DB) commit(b *pebble.Batch, o *pebble.WriteOptions) (err error) {
	if err := db.writable(); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			db.fuse.blow(fmt.Errorf("write batch: panic: %v", p))
			err = db.fuse.check()
		}
	}()
	if err := b.Commit(o); err != nil {
		db.fuse.blow(fmt.Errorf("write batch: %w", err))
	}
	return db.fuse.check()
}

func (db *DB) writable() error {
	if db.options.ReadOnly {
		return fmt.Errorf("%w: database is open for reading only", persistence.ErrUnavailable)
	}
	return db.fuse.check()
}

// commitDurably also waits for a sync that is late.
func (db *DB) commitDurably(b *pebble.Batch) error {
	if err := db.commit(b, pebble.Sync); err != nil {
		return err
	}
	return db.settle()
}

// events receives what Pebble says.
type events struct {
	log         *slog.Logger
	fuse        *fuse
	opening     atomic.Bool
	failed      chan struct{} // a flush or compaction failed; holds one
	stalls      atomic.Uint64
	slowWrites  atomic.Uint64
	background  atomic.Uint64
	corruptions atomic.Uint64

	mu    sync.Mutex
	files []string // that are damaged or missing, each once
}

// events is Pebble's Logger: its Infof is chatter.
func (e *events) Infof(format string, args ...any) {
	if e.log.Enabled(context.Background(), slog.LevelDebug) {
		e.log.Debug("pebble: " + fmt.Sprintf(format, args...))
	}
}

func (e *events) Errorf(format string, args ...any) {
	e.log.Error("pebble: " + fmt.Sprintf(format, args...))
}

// Fatalf is called for a failed log, a failed manifest and broken invariants of Pebble.
func (e *events) Fatalf(format string, args ...any) { e.fuse.blow(fmt.Errorf(format, args...)) }

// loggedBackgroundErrors: a failing flush is tried again at once, for ever, and
// would fill the log; one line in so many is written.
const loggedBackgroundErrors = 1000

func (e *events) listener() *pebble.EventListener {
	return &pebble.EventListener{
		// A flush or compaction that fails loses nothing, the log still has it,
		// and Pebble repeats it. When the disk is full the log fails next. But
		// Open would wait for it for ever.
		BackgroundError: func(err error) {
			if e.opening.Load() && !pebble.IsCorruptionError(err) { // which Open tells
				e.fuse.blow(fmt.Errorf("open database: %w", err))
			}
			select {
			case e.failed <- struct{}{}:
			default:
			}
			if n := e.background.Add(1); n%loggedBackgroundErrors == 1 {
				e.log.Error("database maintenance failed, it is repeated", "error", err, "count", n)
			}
		},
		// A damaged block fails the reads that need it and nothing else.
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			e.damagedFile(fmt.Errorf("%s: %w", i.Path, i.Details))
		},
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) {
			e.stalls.Add(1)
			e.log.Warn("writes are held until the database has caught up", "reason", i.Reason)
		},
	}
}

// mostFiles bounds the damaged files that are named.
const mostFiles = 20

func (e *events) damagedFile(err error) {
	e.damaged(err)
	e.mu.Lock()
	defer e.mu.Unlock()
	if text := err.Error(); len(e.files) < mostFiles && !slices.Contains(e.files, text) {
		e.files = append(e.files, text)
	}
}

// DamagedFiles says which files of the folder are damaged or missing, as far as
// they were looked at. What is in the others can be read.
func (db *DB) DamagedFiles() []string {
	db.events.mu.Lock()
	defer db.events.mu.Unlock()
	files := slices.Clone(db.events.files)
	for i := range files { // where the folder is is nobody's business
		files[i] = strings.ReplaceAll(files[i], db.options.Dir+"/", "")
	}
	return files
}

func (e *events) damaged(err error) {
	e.corruptions.Add(1)
	e.log.Error("database file is damaged", "error", err)
}

// slow is called by the goroutine that watches the disk; it must not wait for it.
func (e *events) slow(i vfs.DiskSlowInfo) {
	e.slowWrites.Add(1)
	e.log.Warn("disk is slow", "path", i.Path, "operation", i.OpType.String(), "took", i.Duration)
}
