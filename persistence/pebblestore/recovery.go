package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
	"heard/persistence/logfile"
)

// recover brings the keys up to the log. Where syncs were late a power cut may
// have taken any part of the newest file, also before a place that is known.
func (db *DB) recover(known logfile.Place, late bool) error {
	r := recovery{db: db, batch: db.pebble.NewBatch(), last: map[string]uint64{}, epochs: map[string]uint64{}}
	defer func() { r.batch.Close() }()
	from := known
	if newest := db.log.Newest(); late && known.At >= newest {
		from = logfile.Place{At: newest}
	}
	if err := db.log.Recover(from, r.add, r.missing); err != nil {
		return err
	}
	if late && known.Size > 0 && known.At >= db.log.End() {
		if db.options.ReadOnly {
			return errors.New("a power cut took the newest orders of --durability fast; start the engine once")
		}
		if err := r.cut(known); err != nil {
			return err
		}
	}
	return r.finish()
}

// recovery makes the keys that a crash took, or keeps them in memory where
// nothing may be written. A record that is damaged gets one, too, which says
// where it was: whose it is, is known by the key that it has, by the next record
// of the organisation, which leaves a gap before it, or by what is left of it.
type recovery struct {
	db     *DB
	batch  *pebble.Batch
	newest logfile.Place
	last   map[string]uint64 // sequences, of organisations that were seen
	epochs map[string]uint64 // likewise
	bad    []stretch
}

// stretch is a part of the log in which no record is whole.
type stretch struct {
	logfile.Place
	claimed bool // it is known whose it was
}

func (r *recovery) add(p logfile.Place, record []byte) error {
	e, err := readRecord(record)
	if err != nil {
		return fmt.Errorf("record at %d: %w", p.At, err)
	}
	last, err := r.before(e.Org, e.Last)
	if err != nil {
		return err
	}
	if e.First > last+1 {
		if err := r.lose(e.Org, e.First-1, r.claim(e.Org, last+1, p)); err != nil {
			return err
		}
	}
	r.epochs[e.Org] = max(r.epochs[e.Org], e.Epoch)
	return r.index(e.Org, e.Last, p)
}

// missing is told of a stretch, in the order of the log.
func (r *recovery) missing(p logfile.Place) error {
	r.bad = append(r.bad, stretch{Place: p})
	r.newest = p
	return nil
}

// claim is the stretch in which an organisation's next record is missing, which
// stood before a place: the newest in which something is left of it, else the
// newest that nobody claims. Where there is none the place itself has another record.
func (r *recovery) claim(org string, first uint64, before logfile.Place) logfile.Place {
	best := -1
	for i := len(r.bad) - 1; i >= 0; i-- {
		if isLeft(r.db.log.Remains(r.bad[i].Place), org, first) {
			best = i
			break
		}
		if best < 0 && !r.bad[i].claimed {
			best = i
		}
	}
	if best < 0 {
		return before
	}
	r.bad[best].claimed = true
	return r.bad[best].Place
}

// isLeft reports whether damaged bytes seem to be of a record.
func isLeft(left []byte, org string, first uint64) bool {
	if len(left) < headBytes {
		return false
	}
	if e, err := readRecord(left[headBytes:]); err == nil && e.Org == org && e.First == first {
		return true
	}
	return bytes.Contains(left, fmt.Appendf(nil, `{"event":{"seq":%d,`, first)) && bytes.Contains(left, []byte(`"organization_id":"`+org+`"`))
}

// headBytes is what the log has before each record.
const headBytes = 16

// before is the last sequence that an organisation has before the entry that
// ends with another. The key it may have since an earlier start claims its stretch.
func (r *recovery) before(org string, last uint64) (uint64, error) {
	if before, seen := r.last[org]; seen {
		return before, nil
	}
	before, p, err := r.db.keyBefore(org, last)
	if err != nil {
		return 0, err
	}
	r.last[org] = before
	for i := range r.bad {
		if before > 0 && r.bad[i].Place == p {
			r.bad[i].claimed = true
			r.db.meetEntry(org, before, p)
		}
	}
	return before, nil
}

// lose gives an entry that is damaged its key, and says so.
func (r *recovery) lose(org string, last uint64, p logfile.Place) error {
	r.db.meet(damaged{org, last}, persistence.Damage{Org: org, First: r.last[org] + 1, Last: last, Detail: r.db.where(p)})
	return r.index(org, last, p)
}

// index gives an entry its key.
func (r *recovery) index(org string, last uint64, p logfile.Place) error {
	r.last[org] = max(r.last[org], last)
	if r.db.options.ReadOnly {
		if r.db.unindexed == nil {
			r.db.unindexed = map[string][]unindexed{}
		}
		r.db.unindexed[org] = append(r.db.unindexed[org], unindexed{last, p})
		return nil
	}
	index(r.batch, org, last, p)
	if p.At >= r.newest.At {
		r.newest = p
	}
	if r.batch.Len() < batchBytes {
		return nil
	}
	return r.commit()
}

// finish gives what is left of damaged records their keys. It says how far the
// keys go in the batch that is the last: until then another start does it all again.
func (r *recovery) finish() error {
	if len(r.bad) > 0 {
		if err := r.settle(); err != nil {
			return err
		}
	}
	if r.db.options.ReadOnly {
		return nil
	}
	if err := r.fence(); err != nil {
		return err
	}
	if r.newest.Size == 0 && r.batch.Empty() {
		return nil
	}
	set(r.batch, metaKey(metaIndexed), appendPlace(nil, r.newest))
	return r.commit()
}

// settle finds whose the stretches were that no later record claims.
func (r *recovery) settle() error {
	err := r.db.each(spaceFence, func(org string) error {
		_, err := r.before(org, math.MaxUint64)
		return err
	})
	for i := 0; i < len(r.bad) && err == nil; i++ {
		p := r.bad[i].Place
		if r.bad[i].claimed {
			continue
		}
		var org string
		var last uint64
		if org, last, err = r.guess(r.db.log.Remains(p)); err != nil {
			break
		}
		if org != "" {
			err = r.lose(org, last, p)
		} else {
			r.db.unclaim(r.batch, p)
		}
	}
	return err
}

// fence raises epochs that the database does not have, for it may be a new one:
// what is appended from now on is above all that was.
func (r *recovery) fence() error {
	for org, epoch := range r.epochs {
		raw, err := get(r.db.pebble, orgKey(spaceFence, org))
		if err != nil {
			return err
		}
		if known, _ := binary.Uvarint(raw); known < epoch {
			set(r.batch, orgKey(spaceFence, org), binary.AppendUvarint(nil, epoch))
		}
	}
	return nil
}

var (
	organisationIn = regexp.MustCompile(`"organization_id":"([A-Za-z0-9_-]{1,64})"`)
	sequenceIn     = regexp.MustCompile(`\{"event":\{"seq":(\d{1,19}),`)
)

// guess reads from what is left of a record whose it was; "" = nobody knows. It
// must be the next one of its organisation: then no other can be meant.
func (r *recovery) guess(left []byte) (org string, last uint64, err error) {
	if len(left) < headBytes {
		return "", 0, nil
	}
	if e, err := readRecord(left[headBytes:]); err == nil {
		if before, err := r.before(e.Org, math.MaxUint64); err != nil || e.First == before+1 {
			return e.Org, e.Last, err
		}
	}
	var sequences []uint64
	for _, m := range sequenceIn.FindAllSubmatch(left, -1) {
		if n, err := strconv.ParseUint(string(m[1]), 10, 64); err == nil {
			sequences = append(sequences, n)
		}
	}
	for _, m := range organisationIn.FindAllSubmatch(left, -1) {
		before, err := r.before(string(m[1]), math.MaxUint64)
		if err != nil {
			return "", 0, err
		}
		if n := len(sequences); n > 0 && before > 0 && sequences[0] == before+1 && sequences[n-1]-sequences[0] == uint64(n-1) {
			return string(m[1]), sequences[n-1], nil
		}
	}
	return "", 0, nil
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
// in its newest file were made again before. Documents are made of what was
// durable: where they have more than the log, it was damaged, and it goes on
// behind what is known to have been.
func (r *recovery) cut(known logfile.Place) error {
	if _, files := r.db.log.Size(); files == 0 {
		return fmt.Errorf("the log is gone: %w", logfile.ErrDamaged)
	}
	var taken [][]byte
	err := r.db.each(spaceFence, func(org string) error {
		keys, err := r.cutOne(org, r.db.log.End())
		taken = append(taken, keys...)
		return err
	})
	if errors.Is(err, logfile.ErrDamaged) {
		r.db.events.log.Error("the log ends too early", "error", err)
		r.newest = known
		return r.db.log.Skip(known)
	}
	if err != nil {
		return err
	}
	for _, key := range taken {
		remove(r.batch, key)
	}
	if r.newest.Size == 0 {
		r.newest.At = r.db.log.Newest()
	}
	r.db.events.log.Warn("a power cut took the newest orders of --durability fast")
	return nil
}

func (r *recovery) cutOne(org string, end uint64) (taken [][]byte, err error) {
	mark, _, err := readMarkOf(r.db.pebble, org)
	if err != nil {
		return nil, err
	}
	it, err := r.db.pebble.NewIter(span(orgKey(spaceJournal, org)))
	if err != nil {
		return nil, err
	}
	defer it.Close()
	for it.Last(); it.Valid(); it.Prev() {
		p, is, err := readPlace(it.Value())
		if err != nil {
			return nil, err
		}
		if !is || p.At < end {
			break
		}
		if last := lastOf(org, it.Key()); last <= mark.through.Seq {
			return nil, fmt.Errorf("the log ends at %d, entry %d of %s at %d was durable: %w", end, last, org, p.At, logfile.ErrDamaged)
		}
		taken = append(taken, bytes.Clone(it.Key()))
	}
	return taken, it.Error()
}
