package pebblestore

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
)

// A folder that was copied or restored may be older than what its screens have
// seen: sequences would be given again, and a screen that resumes behind them
// would never hear of it. So it gets a new history id, which sends every screen to
// fetch everything.
//
// It is known by a file that each start makes anew. The database has its inode and
// the time of its birth, which no copy keeps, and a folder that moves on its disk
// does. Since each start makes another, a copy that was written over the folder
// is told as well. The device's number is not looked at: it changes with a reboot.
// What brings back the whole disk, a snapshot of a volume or a machine, cannot be
// told from a disk that stood still: see DB.Renew.
const metaIdentity = "identity"

// birth is a file, as nothing else will ever be.
type birth struct {
	inode  uint64
	bornNS int64 // 0 = the file system does not say
}

const birthBytes = 16

func (b birth) append(to []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(to, b.inode), uint64(b.bornNS))
}

// readBirths reads one behind the other.
func readBirths(b []byte) (all []birth) {
	for ; len(b) >= birthBytes; b = b[birthBytes:] {
		all = append(all, birth{binary.BigEndian.Uint64(b), int64(binary.BigEndian.Uint64(b[8:]))})
	}
	return all
}

func (db *DB) identityPath() string { return db.options.FS.PathJoin(db.options.Dir, identityFile) }

// watched reports whether the folder is on a disk, where it can be copied.
func (db *DB) watched() bool { return db.options.FS == vfs.Default && !db.options.ReadOnly }

// ownHistory is the history id that the folder's file has, for a database that is
// made again in it; "" = there is none, or the folder is a copy.
func (db *DB) ownHistory() string {
	if !db.watched() {
		return ""
	}
	is, err := birthOf(db.identityPath())
	if err != nil {
		return ""
	}
	f, err := db.options.FS.Open(db.identityPath())
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || len(b) != birthBytes+historyBytes || readBirths(b)[0] != is {
		return ""
	}
	return hex.EncodeToString(b[birthBytes:])
}

const historyBytes = 16

func newHistory() (string, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("make history id: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}

// settleIn gives a folder that is not where it was a new history id, and makes
// the file by which the next start knows it. made says that the database is new.
func (db *DB) settleIn(made bool) error {
	if !db.watched() {
		return nil
	}
	raw, err := get(db.pebble, metaKey(metaIdentity))
	if err != nil {
		return err
	}
	is, err := birthOf(db.identityPath())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look at %s: %w", db.identityPath(), err)
	}
	known := false
	for _, b := range readBirths(raw) {
		known = known || err == nil && b == is
	}
	if !known && !made {
		if err := db.renew(); err != nil {
			return err
		}
		db.events.log.Warn("the data folder was copied or restored, or is of an older version: its history is a new one, and screens fetch everything", "history", db.history)
	}
	return db.mark(is)
}

// renew draws a new history id.
func (db *DB) renew() (err error) {
	if db.history, err = newHistory(); err != nil {
		return err
	}
	b := db.pebble.NewBatch()
	defer b.Close()
	set(b, metaKey(metaHistory), []byte(db.history))
	return db.commitDurably(b)
}

// mark makes the file anew. The database has both, the one before too, until it
// is in its place.
func (db *DB) mark(before birth) error {
	fs, path := db.options.FS, db.identityPath()
	f, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("mark folder: %w", err)
	}
	is, err := birthOf(path + ".new")
	if err == nil {
		history, _ := hex.DecodeString(db.history)
		_, err = f.Write(append(is.append(nil), history...))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("mark folder: %w", err)
	}
	b := db.pebble.NewBatch()
	defer b.Close()
	set(b, metaKey(metaIdentity), before.append(is.append(nil)))
	if err := db.commitDurably(b); err != nil {
		return err
	}
	if err := errors.Join(fs.Rename(path+".new", path), syncFolder(fs, db.options.Dir)); err != nil {
		return fmt.Errorf("mark folder: %w", err)
	}
	return nil
}

// Renew is for a folder that was brought back with its whole disk: it goes on
// from what it has, under a new history id. What nobody knows whose it was is
// given up, so that every organisation is served: one of them may give a number again.
func (db *DB) Renew(ctx context.Context) (history string, err error) {
	if err := db.enter(ctx); err != nil {
		return "", fmt.Errorf("renew history: %w", err)
	}
	defer db.leave()
	if err := errors.Join(db.renew(), db.giveUp()); err != nil {
		return "", fmt.Errorf("renew history: %w", err)
	}
	return db.history, nil
}
