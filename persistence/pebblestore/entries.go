package pebblestore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
	"heard/persistence/logfile"
)

// The journal's entries are records of a log in files of its own, whose sync is
// what an answer waits for: an entry is written once and never again, which
// Pebble's log, flushes and compactions would do three times. The database has
// where each entry is. It may lag behind the log after a crash, since nobody
// waits for it: opening reads what the log has beyond.
//
// The value of a journal key is a zero and a place; or, from before there was
// such a log, the entry itself, which begins with its epoch, never zero.

const (
	entriesFolder = "entries"
	metaIndexed   = "indexed" // place of the newest record that has its key, and so have all before it
	metaLate      = "late"    // syncs were late: what is indexed may be missing after a power cut
)

func appendPlace(b []byte, p logfile.Place) []byte {
	b = binary.AppendUvarint(append(b, 0), p.At)
	return binary.AppendUvarint(b, uint64(p.Size))
}

// readPlace reports also whether the value is a place at all.
func readPlace(value []byte) (p logfile.Place, is bool, err error) {
	if len(value) == 0 || value[0] != 0 {
		return p, false, nil
	}
	r := reader{rest: value[1:]}
	p = logfile.Place{At: r.uvarint(), Size: int(r.uvarint())}
	if r.bad || len(r.rest) != 0 {
		return p, true, errCorrupt
	}
	return p, true, nil
}

// recordHead is what a record has before an entry's payload: enough to make its key again.
func recordHead(b []byte, e *persistence.Entry) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(e.Org))), e.Org...)
	b = binary.AppendUvarint(b, e.Epoch)
	b = binary.AppendUvarint(b, e.Last)
	return binary.AppendUvarint(b, e.Last-e.First)
}

// readRecord leaves Data pointing into the record.
func readRecord(b []byte) (persistence.Entry, error) {
	r := reader{rest: b}
	e := persistence.Entry{Org: string(r.bytes()), Epoch: r.uvarint(), Last: r.uvarint()}
	span := r.uvarint()
	if r.bad || span >= e.Last || persistence.CheckID("organisation", e.Org) != nil {
		return e, errCorrupt
	}
	e.First, e.Data = e.Last-span, r.rest
	return e, nil
}

// index adds the keys of entries to a batch.
func index(b *pebble.Batch, org string, last uint64, p logfile.Place) {
	set(b, journalKey(org, last), appendPlace(nil, p))
}

// openEntries opens the log and brings the keys up to it.
func (db *DB) openEntries(files logFS) error {
	o := logfile.Options{Dir: files.PathJoin(db.options.Dir, entriesFolder), FS: files, Late: db.options.Late, ReadOnly: db.options.ReadOnly}
	var err error
	if db.log, err = logfile.Open(o); err != nil {
		return err
	}
	raw, err := get(db.pebble, metaKey(metaIndexed))
	if err != nil {
		return err
	}
	known, _, err := readPlace(raw)
	if err != nil {
		return fmt.Errorf("read what is indexed: %w", err)
	}
	late, err := get(db.pebble, metaKey(metaLate))
	if err != nil {
		return err
	}
	if err := db.recover(known, late != nil); err != nil {
		return err
	}
	if err := errors.Join(db.loadUnclaimed(), db.loadNoted()); err != nil {
		return err
	}
	for _, err := range db.log.Gaps() {
		db.events.damagedFile(err)
	}
	return db.markLate(db.options.Late)
}

// markLate notes whether syncs are late from here on.
func (db *DB) markLate(late bool) error {
	if db.options.ReadOnly {
		return nil
	}
	b := db.pebble.NewBatch()
	defer b.Close()
	if late {
		set(b, metaKey(metaLate), nil)
	} else {
		remove(b, metaKey(metaLate))
	}
	return db.commitDurably(b)
}

// unindexed is the place of an entry that has no key. Only a database that is
// open for reading has any.
type unindexed struct {
	last  uint64
	place logfile.Place
}

func (u unindexed) compare(last uint64) int { return cmp.Compare(u.last, last) }

// lastEntry is the newest sequence of an organisation's journal, 0 = none.
func (db *DB) lastEntry(org string) (uint64, error) {
	last, _, err := db.keyBefore(org, math.MaxUint64)
	return last, err
}

// keyBefore is the last sequence and the place of an organisation's newest entry
// that ends before another sequence; 0 = there is none. An entry that stands with
// its key has no place.
func (db *DB) keyBefore(org string, last uint64) (before uint64, p logfile.Place, err error) {
	more := db.unindexed[org]
	if i, _ := slices.BinarySearchFunc(more, last, unindexed.compare); i > 0 {
		return more[i-1].last, more[i-1].place, nil
	}
	it, err := db.pebble.NewIter(&pebble.IterOptions{LowerBound: orgKey(spaceJournal, org), UpperBound: journalKey(org, last)})
	if err != nil {
		return 0, p, err
	}
	if it.Last() {
		before = lastOf(org, it.Key())
		p, _, err = readPlace(it.Value())
	}
	return before, p, errors.Join(err, it.Close())
}

// entryEnding reads the entry whose last sequence is this. Errors: persistence.ErrNotFound.
func (db *DB) entryEnding(org string, last uint64) (e persistence.Entry, err error) {
	key := journalKey(org, last)
	value, err := get(db.pebble, key)
	if err != nil {
		return e, err
	}
	if value == nil {
		more := db.unindexed[org]
		i, found := slices.BinarySearchFunc(more, last, unindexed.compare)
		if !found {
			return e, persistence.ErrNotFound
		}
		value = appendPlace(nil, more[i].place)
	}
	return db.entry(key, value)
}

// entry reads what a journal key stands for. The entry is the caller's. Errors:
// persistence.ErrDamaged.
func (db *DB) entry(key, value []byte) (e persistence.Entry, err error) {
	p, is, err := readPlace(value)
	if err == nil && !is {
		return readEntry(key, bytes.Clone(value))
	}
	var record []byte
	if err == nil {
		record, err = db.log.Read(p)
	}
	if err == nil {
		e, err = readRecord(record)
	}
	if err == nil && !bytes.Equal(key, journalKey(e.Org, e.Last)) {
		err = fmt.Errorf("entry %d of %s is at %d: %w", e.Last, e.Org, p.At, errCorrupt)
	}
	if errors.Is(err, logfile.ErrDamaged) || errors.Is(err, errCorrupt) {
		org := string(key[1 : len(key)-9])
		db.meetEntry(org, lastOf(org, key), p)
		err = persistence.DamageOf(org, lastOf(org, key), db.log.FileOf(p), fmt.Errorf("%w: %w", persistence.ErrDamaged, err))
	}
	return e, err
}

// entryOrLost is entry for those who go on where one is damaged.
func (db *DB) entryOrLost(key, value []byte) (persistence.Entry, error) {
	e, err := db.entry(key, value)
	if !errors.Is(err, persistence.ErrDamaged) {
		return e, err
	}
	org := orgOf(key)
	e = persistence.Entry{Org: org, Last: lastOf(org, key), Lost: true}
	before, _, err := db.keyBefore(org, e.Last)
	if err != nil {
		return e, err
	}
	e.First = before + 1
	if p, is, err := readPlace(value); is && err == nil {
		e.Data = db.log.Remains(p)
	}
	return e, nil
}

// laterEntries calls fn for entries that have no key yet.
func (db *DB) laterEntries(org string, seq uint64, fn func(persistence.Entry) (more bool)) error {
	rest := db.unindexed[org]
	i, _ := slices.BinarySearchFunc(rest, seq+1, unindexed.compare)
	for _, u := range rest[i:] {
		e, err := db.entryOrLost(journalKey(org, u.last), appendPlace(nil, u.place))
		if err != nil {
			return err
		}
		if !fn(e) {
			return nil
		}
	}
	return nil
}
