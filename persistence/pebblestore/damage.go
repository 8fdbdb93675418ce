package pebblestore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
	"heard/persistence/logfile"
)

// found is the damage that was met, by this process or one before.
type found struct {
	mu  sync.Mutex
	all map[damaged]persistence.Damage
}

// damaged is an entry by its last sequence; that of no organisation by its place.
type damaged struct {
	org  string
	last uint64
}

// Damage lists what was ever met of damage to the log, by organisation. What
// nobody has read is not known; an audit reads everything.
func (db *DB) Damage() []persistence.Damage {
	db.found.mu.Lock()
	defer db.found.mu.Unlock()
	return slices.SortedFunc(maps.Values(db.found.all), func(a, b persistence.Damage) int {
		return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Last, b.Last))
	})
}

// damagePrefix begins the keys of entries that were met damaged; behind it are
// organisation and last sequence. The value is the first, and where it is.
var damagePrefix = metaKey("damaged/")

// note keeps damage for later starts, which may not come by for long.
func (db *DB) note(key damaged, d persistence.Damage) {
	if db.options.ReadOnly || d.Org == "" {
		return
	}
	b := db.pebble.NewBatch()
	defer b.Close()
	name := append(append(slices.Clone(damagePrefix), key.org...), 0)
	set(b, binary.BigEndian.AppendUint64(name, key.last), append(binary.BigEndian.AppendUint64(nil, d.First), d.Detail...))
	_ = db.commit(b, pebble.NoSync) // it blows the fuse, and who comes next is told
}

// loadNoted finds what was noted.
func (db *DB) loadNoted() error {
	o := &pebble.IterOptions{LowerBound: damagePrefix, UpperBound: append(slices.Clone(damagePrefix), 0xff)}
	return scan(db.pebble, o, func(key, value []byte) error {
		if key = key[len(damagePrefix):]; len(key) < 9 || len(value) < 8 {
			return errCorrupt
		}
		n := len(key) - 8
		d := persistence.Damage{Org: string(key[:n-1]), First: binary.BigEndian.Uint64(value), Last: binary.BigEndian.Uint64(key[n:]), Detail: string(value[8:])}
		db.meet(damaged{d.Org, d.Last}, d)
		return nil
	})
}

// meet notes damage and says it once.
func (db *DB) meet(key damaged, d persistence.Damage) {
	db.events.corruptions.Add(1)
	db.found.mu.Lock()
	_, known := db.found.all[key]
	if db.found.all == nil {
		db.found.all = map[damaged]persistence.Damage{}
	}
	db.found.all[key] = d
	db.found.mu.Unlock()
	if !known {
		db.note(key, d)
		db.events.log.Error("the log is damaged; what it hit is not served, everything else is", "org", d.Org, "damage", d.String(), "where", d.Detail)
	}
}

// meetEntry notes an entry that cannot be read.
func (db *DB) meetEntry(org string, last uint64, p logfile.Place) {
	before, _, err := db.keyBefore(org, last)
	if err != nil || before >= last {
		before = last - 1
	}
	db.meet(damaged{org, last}, persistence.Damage{Org: org, First: before + 1, Last: last, Detail: db.where(p)})
}

// where names a place for operators: file, and offset in it.
func (db *DB) where(p logfile.Place) string {
	path, offset := db.log.Where(p.At)
	return fmt.Sprintf("%s at byte %d", path, offset)
}

// unclaimedPrefix begins the keys of damaged stretches of which nobody knows whose
// they were; behind it is the place.
var unclaimedPrefix = metaKey("unclaimed")

// unclaim notes such a stretch, also for later starts, which do not look there again.
func (db *DB) unclaim(b *pebble.Batch, p logfile.Place) {
	if db.options.ReadOnly {
		db.unclaimed = append(db.unclaimed, p)
		return
	}
	set(b, binary.BigEndian.AppendUint64(slices.Clone(unclaimedPrefix), p.At), appendPlace(nil, p))
}

var unclaimedEnd = append(slices.Clone(unclaimedPrefix), 0xff)

// giveUp forgets such stretches.
func (db *DB) giveUp() error {
	b := db.pebble.NewBatch()
	defer b.Close()
	if err := b.DeleteRange(unclaimedPrefix, unclaimedEnd, nil); err != nil {
		return err
	}
	return db.commitDurably(b)
}

func (db *DB) loadUnclaimed() error {
	err := scan(db.pebble, &pebble.IterOptions{LowerBound: unclaimedPrefix, UpperBound: unclaimedEnd}, func(_, value []byte) error {
		p, _, err := readPlace(value)
		db.unclaimed = append(db.unclaimed, p)
		return err
	})
	for _, p := range db.unclaimed {
		db.meet(damaged{last: p.At}, persistence.Damage{Detail: db.where(p) + ", nothing is left that says whose it was"})
	}
	return err
}

// suspects refuses an organisation whose newest entry may have been in a stretch
// that nobody claims, since it has none behind it: its next one could get a
// sequence and a number that were given.
func (db *DB) suspects(org string) error {
	if len(db.unclaimed) == 0 {
		return nil
	}
	last, newest, err := db.keyBefore(org, math.MaxUint64)
	if err != nil || last == 0 {
		return err
	}
	for _, p := range db.unclaimed {
		if newest.At < p.At {
			return persistence.Unservable("its newest record may be among damaged ones of which nobody knows whose they were")
		}
	}
	return nil
}
