package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/persistence"
)

// The database holds nothing that the log does not: places, documents, indexes
// and keys are made of it, and the epoch of a fence that is not in the log was
// never written under. So one that is damaged is put aside and made again.

// metaRedraw says that documents are being made of the whole log.
const metaRedraw = "redraw"

// errDatabase marks an error of the database, not of the log or the disk.
type errDatabase struct{ error }

func (e errDatabase) Unwrap() error { return e.error }

// openPebble opens the database and looks at every block of its tables, since one
// that is damaged would otherwise be met by a reader later, for good.
func (db *DB) openPebble(o Options) (err error) {
	defer func() {
		if p := recover(); p != nil { // what it reads breaks its invariants
			err = errDatabase{fmt.Errorf("open database: panic: %v", p)}
		}
	}()
	settings := pebbleOptions(o, db.events, db.lock)
	if db.pebble, err = pebble.Open(o.Dir, settings); err != nil {
		return errDatabase{err}
	}
	if o.ReadOnly {
		return nil
	}
	if err := db.checkTables(o.FS, settings.MakeReaderOptions()); err != nil {
		return errDatabase{fmt.Errorf("check database: %w", err)}
	}
	return nil
}

// checkTables compares the checksum of every block.
func (db *DB) checkTables(fs vfs.FS, o sstable.ReaderOptions) error {
	tables, err := db.tables()
	if err != nil {
		return err
	}
	for _, table := range tables {
		err := checkTable(fs, fs.PathJoin(db.options.Dir, table+".sst"), o)
		if errors.Is(err, os.ErrNotExist) { // a compaction may have been faster
			if tables, err := db.tables(); err != nil || !slices.Contains(tables, table) {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	return nil
}

func (db *DB) tables() (numbers []string, err error) {
	levels, err := db.pebble.SSTables()
	for _, level := range levels {
		for _, table := range level {
			numbers = append(numbers, table.FileNum.String())
		}
	}
	return numbers, err
}

func checkTable(fs vfs.FS, name string, o sstable.ReaderOptions) (err error) {
	f, err := fs.Open(name, vfs.SequentialReadsOption)
	if err != nil {
		return err
	}
	file, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	r, err := sstable.NewReader(context.Background(), file, o) // closes the file where it fails
	if err != nil {
		return err
	}
	return errors.Join(r.ValidateBlockChecksums(), r.Close())
}

// closePebble survives what a damaged database makes of its own invariants.
func (db *DB) closePebble() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("close database: panic: %v", p)
		}
	}()
	return db.pebble.Close()
}

// newerFormat is in Pebble's error for a database that a newer version wrote.
const newerFormat = "format major version"

// isDamage tells a database that cannot be read from a disk that cannot.
func isDamage(err error) bool {
	if pebble.IsCorruptionError(err) || errors.Is(err, errCorrupt) {
		return true
	}
	if _, database := errors.AsType[errDatabase](err); !database || strings.Contains(err.Error(), newerFormat) {
		return false
	}
	errno, disk := errors.AsType[syscall.Errno](err)
	return !disk || errno == syscall.ENOENT // a file of it is missing
}

// putAside moves the database's files, but not the log, into a folder beside it.
func putAside(o Options) (aside string, err error) {
	aside = o.Dir + ".damaged-" + time.Now().UTC().Format("20060102-150405.000")
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return aside, err
	}
	if err := o.FS.MkdirAll(aside, 0o700); err != nil {
		return aside, err
	}
	for _, name := range names {
		if name == entriesFolder || name == lockFile || name == identityFile {
			continue
		}
		if err := o.FS.Rename(o.FS.PathJoin(o.Dir, name), o.FS.PathJoin(aside, name)); err != nil {
			return aside, err
		}
	}
	return aside, errors.Join(syncFolder(o.FS, aside), syncFolder(o.FS, o.Dir), syncFolder(o.FS, o.FS.PathDir(o.Dir)))
}

func syncFolder(fs vfs.FS, name string) error {
	folder, err := fs.OpenDir(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// redraw makes the documents of every organisation anew, if that was begun or is
// to begin. One that cannot be made stays behind, and is refused when it is used.
func (db *DB) redraw() error {
	if db.options.ReadOnly {
		return nil
	}
	begun, err := get(db.pebble, metaKey(metaRedraw))
	if err != nil || begun == nil {
		return err
	}
	started, organisations := time.Now(), 0
	err = db.each(spaceFence, func(org string) error {
		organisations++
		err := db.redrawOne(context.Background(), org)
		if errors.Is(err, persistence.ErrDamaged) {
			db.events.log.Error("documents are not made again: the log is damaged, too", "org", org, "error", err)
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("make documents again: %w", err)
	}
	if organisations > 0 { // else it is simply new
		db.events.log.Warn("documents were made again from the log", "organisations", organisations, "took", time.Since(started))
	}
	return db.drawn()
}

func (db *DB) drawn() error {
	b := db.pebble.NewBatch()
	defer b.Close()
	remove(b, metaKey(metaRedraw))
	return db.commitDurably(b)
}

// drawing is one organisation whose documents are made anew.
type drawing struct {
	db       *DB
	ctx      context.Context
	org      string
	epoch    uint64
	fold     *persistence.Fold
	gathered persistence.Gathering
	reader   persistence.Reader
	lost     *persistence.Entry // waits for the one behind it, which knows its hash
}

func (db *DB) redrawOne(ctx context.Context, org string) error {
	d := &drawing{db: db, ctx: ctx, org: org, fold: persistence.NewFold()}
	err := db.Tail(ctx, org, 0, d.entry)
	if err == nil {
		err = d.losing(nil)
	}
	return errors.Join(err, d.flush())
}

func (d *drawing) entry(e persistence.Entry) error {
	d.epoch = max(d.epoch, e.Epoch)
	u, err := d.reader.Entry(e)
	if err != nil {
		return fmt.Errorf("%w: %w", persistence.ErrDamaged, err)
	}
	if err := d.losing(u.Follows()); err != nil {
		return err
	}
	if e.Lost {
		d.lost = &e
		return nil
	}
	part, err := d.fold.Follow(u)
	if err != nil {
		return fmt.Errorf("%w: %w", persistence.ErrDamaged, err)
	}
	return d.add(e, &part)
}

// losing follows a lost entry once it is known what follows it; nil = nothing.
func (d *drawing) losing(next *domain.Hash) error {
	if d.lost == nil {
		return nil
	}
	e := *d.lost
	d.lost = nil
	part, err := d.fold.Lost(e, next, d.find)
	if err != nil {
		return err
	}
	return d.add(e, &part)
}

func (d *drawing) find(id string) (*persistence.Document, error) {
	if doc := d.gathered.Find(id); doc != nil {
		return doc, nil
	}
	doc, err := d.db.Order(d.ctx, d.org, id)
	if errors.Is(err, persistence.ErrNotFound) {
		return nil, nil
	}
	return &doc, err
}

func (d *drawing) add(e persistence.Entry, part *persistence.Followed) error {
	if !d.gathered.Add(e, part) {
		return nil
	}
	return d.flush()
}

func (d *drawing) flush() error {
	w, err := d.gathered.Take(d.org, d.epoch, d.fold)
	if w == nil || err != nil {
		return err
	}
	w.Forget = w.AtMS - persistence.KeyLifeMS
	return d.db.Apply(d.ctx, []persistence.Window{*w})
}

// The files of the folder that are not the database's.
const (
	lockFile     = "LOCK"
	identityFile = "identity"
)
