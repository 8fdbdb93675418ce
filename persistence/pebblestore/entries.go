package pebblestore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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
	if r.bad || span >= e.Last || checkID("organisation", e.Org) != nil {
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
	for _, err := range db.log.Gaps() {
		db.events.damagedFile(err)
	}
	return db.markLate(db.options.Late)
}

// recover brings the keys up to the log. Where syncs were late a power cut may
// have taken any part of the newest file, also before a place that is known.
func (db *DB) recover(known logfile.Place, late bool) error {
	found := recovery{db: db, batch: db.pebble.NewBatch()}
	defer func() { found.batch.Close() }()
	from := known
	if newest := db.log.Newest(); late && known.At >= newest {
		from = logfile.Place{At: newest}
	}
	if err := db.log.Recover(from, found.add); err != nil {
		return err
	}
	if late && known.Size > 0 && known.At >= db.log.End() {
		if db.options.ReadOnly {
			return errors.New("a power cut took the newest orders of --durability fast; start the engine once")
		}
		if err := found.cut(); err != nil {
			return err
		}
		db.events.log.Warn("a power cut took the newest orders of --durability fast")
	}
	return found.finish()
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

// recovery makes the keys that a crash took, or keeps them in memory where
// nothing may be written.
type recovery struct {
	db     *DB
	batch  *pebble.Batch
	newest logfile.Place
}

func (r *recovery) add(p logfile.Place, record []byte) error {
	e, err := readRecord(record)
	if err != nil {
		return fmt.Errorf("record at %d: %w", p.At, err)
	}
	if r.db.options.ReadOnly {
		if r.db.unindexed == nil {
			r.db.unindexed = map[string][]unindexed{}
		}
		r.db.unindexed[e.Org] = append(r.db.unindexed[e.Org], unindexed{e.Last, p})
		return nil
	}
	index(r.batch, e.Org, e.Last, p)
	r.newest = p
	if r.batch.Len() < batchBytes {
		return nil
	}
	return r.commit()
}

// finish says how far the keys go in the batch that is the last: until then
// another start does it all again.
func (r *recovery) finish() error {
	if r.newest.Size == 0 && r.batch.Empty() {
		return nil
	}
	set(r.batch, metaKey(metaIndexed), appendPlace(nil, r.newest))
	return r.commit()
}

func (r *recovery) commit() error {
	if err := r.db.commit(r.batch, pebble.NoSync); err != nil {
		return err
	}
	if err := r.batch.Close(); err != nil {
		return err
	}
	r.batch = r.db.pebble.NewBatch()
	return nil
}

// cut removes the keys of entries that a power cut took. Those that the log has
// in its newest file were made again before.
func (r *recovery) cut() error {
	if r.newest.Size == 0 {
		r.newest.At = r.db.log.Newest()
	}
	end := r.db.log.End()
	for behind := ""; ; {
		orgs, err := r.db.names(context.Background(), spaceFence, behind, chunkEntries)
		if err != nil || len(orgs) == 0 {
			return err
		}
		for _, org := range orgs {
			if err := r.cutOne(org, end); err != nil {
				return err
			}
		}
		behind = orgs[len(orgs)-1]
	}
}

// cutOne refuses to remove what documents were made of: that was durable, so
// the log is damaged.
func (r *recovery) cutOne(org string, end uint64) error {
	mark, _, err := readMarkOf(r.db.pebble, org)
	if err != nil {
		return err
	}
	it, err := r.db.pebble.NewIter(span(orgKey(spaceJournal, org)))
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Last(); it.Valid(); it.Prev() {
		p, is, err := readPlace(it.Value())
		if err != nil {
			return err
		}
		if !is || p.At < end {
			break
		}
		if last := lastOf(org, it.Key()); last <= mark.through.Seq {
			return fmt.Errorf("the log ends at %d, entry %d of %s at %d was durable: %w", end, last, org, p.At, logfile.ErrDamaged)
		}
		remove(r.batch, bytes.Clone(it.Key()))
	}
	return it.Error()
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
	if more := db.unindexed[org]; len(more) > 0 {
		return more[len(more)-1].last, nil
	}
	it, err := db.pebble.NewIter(span(orgKey(spaceJournal, org)))
	if err != nil {
		return 0, err
	}
	var last uint64
	if it.Last() {
		last = lastOf(org, it.Key())
	}
	return last, it.Close()
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

// entry reads what a journal key stands for. The entry is the caller's.
func (db *DB) entry(key, value []byte) (e persistence.Entry, err error) {
	p, is, err := readPlace(value)
	if err != nil {
		return e, err
	}
	if !is {
		return readEntry(key, bytes.Clone(value))
	}
	record, err := db.log.Read(p)
	if err == nil {
		e, err = readRecord(record)
	}
	if err == nil && !bytes.Equal(key, journalKey(e.Org, e.Last)) {
		err = fmt.Errorf("entry %d of %s is at %d: %w", e.Last, e.Org, p.At, errCorrupt)
	}
	if errors.Is(err, logfile.ErrDamaged) || errors.Is(err, errCorrupt) {
		db.events.damaged(err)
		org := string(key[1 : len(key)-9])
		err = persistence.DamageOf(org, lastOf(org, key), db.log.FileOf(p), err)
	}
	return e, err
}

// laterEntries calls fn for entries that have no key yet.
func (db *DB) laterEntries(org string, seq uint64, fn func(persistence.Entry) (more bool)) error {
	rest := db.unindexed[org]
	i, _ := slices.BinarySearchFunc(rest, seq+1, unindexed.compare)
	for _, u := range rest[i:] {
		e, err := db.entry(journalKey(org, u.last), appendPlace(nil, u.place))
		if err != nil {
			return err
		}
		if !fn(e) {
			return nil
		}
	}
	return nil
}
