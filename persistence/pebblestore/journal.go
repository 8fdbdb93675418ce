package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/logfile"
)

// Acquire implements persistence.Journal.
func (db *DB) Acquire(ctx context.Context, org string, floor uint64) (persistence.Lease, error) {
	lease, err := db.acquire(ctx, org, floor)
	if err != nil {
		return persistence.Lease{}, fmt.Errorf("acquire %s: %w", org, err)
	}
	return lease, nil
}

func (db *DB) acquire(ctx context.Context, org string, floor uint64) (none persistence.Lease, err error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return none, err
	}
	if err := db.enter(ctx); err != nil {
		return none, err
	}
	defer db.leave()
	s := &db.fences[stripeOf(org)]
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := db.fence(org)
	if err == nil {
		err = db.suspects(org)
	}
	if err != nil {
		return none, err
	}
	epoch := max(f.epoch, floor)
	if epoch == math.MaxUint64 {
		return none, fmt.Errorf("no epoch is left above %d", epoch)
	}
	epoch++
	if db.options.ReadOnly && db.options.Leases { // nobody can append under it, and nobody else has the folder
		f.epoch = epoch
		return persistence.Lease{Epoch: epoch, Last: f.last}, nil
	}
	b := db.pebble.NewBatch()
	defer b.Close()
	set(b, orgKey(spaceFence, org), binary.AppendUvarint(nil, epoch))
	if err := db.commitDurably(b); err != nil {
		return none, err
	}
	f.epoch = epoch
	return persistence.Lease{Epoch: epoch, Last: f.last}, nil
}

// Lease implements persistence.Journal.
func (db *DB) Lease(ctx context.Context, org string) (persistence.Lease, error) {
	lease, err := db.lease(ctx, org)
	if err != nil {
		return persistence.Lease{}, fmt.Errorf("lease of %s: %w", org, err)
	}
	return lease, nil
}

func (db *DB) lease(ctx context.Context, org string) (none persistence.Lease, err error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return none, err
	}
	if err := db.enter(ctx); err != nil {
		return none, err
	}
	defer db.leave()
	s := &db.fences[stripeOf(org)]
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := db.fence(org)
	if err == nil {
		err = db.suspects(org)
	}
	if err != nil {
		return none, err
	}
	return persistence.Lease{Epoch: f.epoch, Last: f.last}, nil
}

// Append implements persistence.Journal: one write, one sync. Once it has begun
// it does not look at ctx, because a sync cannot be called off. With
// Options.Late it returns before the sync.
func (db *DB) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	domain.Assert(len(out) == len(entries), "%d outcomes for %d entries", len(out), len(entries))
	clear(out)
	if err := db.append(ctx, entries, out); err != nil {
		return fmt.Errorf("append %d entries: %w", len(entries), err)
	}
	return nil
}

func (db *DB) append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	if err := db.enter(ctx); err != nil {
		return err
	}
	defer db.leave()
	defer db.unlockStripes(db.lockStripes(entries))

	g := group{db: db, entries: entries, fences: make([]*fence, len(entries)), verdicts: make([]persistence.Outcome, len(entries))}
	defer g.release()
	if err := g.judge(); err != nil {
		return err
	}
	if err := g.write(); err != nil {
		return err
	}
	for i, f := range g.fences {
		if g.verdicts[i] == persistence.Appended {
			f.last = entries[i].Last
		}
	}
	copy(out, g.verdicts) // only now: before the sync nothing is definite
	return nil
}

// group is one Append under way. Its stripes are locked.
type group struct {
	db       *DB
	entries  []persistence.Entry
	fences   []*fence
	verdicts []persistence.Outcome
}

func (g *group) judge() error {
	for i := range g.entries {
		e := &g.entries[i]
		f, err := g.db.fence(e.Org)
		if err != nil {
			return err
		}
		if g.verdicts[i], err = g.db.verdict(f, e); err != nil {
			return err
		}
		if g.verdicts[i] == persistence.Appended {
			f.taken, g.fences[i] = true, f
		}
	}
	return nil
}

func (g *group) release() {
	for _, f := range g.fences {
		if f != nil {
			f.taken = false
		}
	}
}

// write puts the entries into the log, then their places into the database.
func (g *group) write() error {
	records := make([]logfile.Record, 0, len(g.entries))
	for i := range g.entries {
		if g.verdicts[i] == persistence.Appended {
			records = append(records, logfile.Record{Head: recordHead(nil, &g.entries[i]), Body: g.entries[i].Data})
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := g.db.writable(); err != nil {
		return err
	}
	g.db.writing.Lock()
	defer g.db.writing.Unlock()
	places := make([]logfile.Place, len(records))
	if err := g.db.log.Append(records, places); err != nil {
		g.db.fuse.blow(err)
		return g.db.fuse.check()
	}
	g.db.quiet.written()
	b := g.db.pebble.NewBatch()
	defer b.Close()
	set(b, metaKey(metaIndexed), appendPlace(nil, places[len(places)-1]))
	for i := range g.entries {
		if g.verdicts[i] == persistence.Appended {
			index(b, g.entries[i].Org, g.entries[i].Last, places[0])
			places = places[1:]
		}
	}
	return g.db.commit(b, pebble.NoSync)
}

func (db *DB) verdict(f *fence, e *persistence.Entry) (persistence.Outcome, error) {
	switch {
	case e.Epoch == 0 || e.Epoch != f.epoch:
		return persistence.Fenced, nil
	case f.taken || e.First == 0 || e.Last < e.First:
		return persistence.Gap, nil
	case e.First == f.last+1:
		return persistence.Appended, nil
	case e.Last > f.last:
		return persistence.Gap, nil
	}
	return db.repeated(e)
}

// repeated tells a repeat from another entry under the same numbers: taking the
// second for the first would answer for something that was never written.
func (db *DB) repeated(e *persistence.Entry) (persistence.Outcome, error) {
	stored, err := db.entryEnding(e.Org, e.Last)
	if errors.Is(err, persistence.ErrNotFound) {
		return persistence.Gap, nil
	}
	if err != nil {
		return persistence.Unknown, fmt.Errorf("read entry %d of %s: %w: %w", e.Last, e.Org, persistence.ErrUnavailable, err)
	}
	if stored.Epoch == e.Epoch && stored.First == e.First && bytes.Equal(stored.Data, e.Data) {
		return persistence.Duplicate, nil
	}
	return persistence.Gap, nil
}

// Trim does nothing: the journal is its own archive.
func (db *DB) Trim(context.Context, string, uint64) error { return nil }
