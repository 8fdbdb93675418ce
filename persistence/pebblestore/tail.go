package pebblestore

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
)

// A chunk of the journal is read, then handed out with no iterator open: an
// iterator held by a slow reader would keep deleted files on the disk.
const (
	chunkEntries = 256
	chunkBytes   = 1 << 20
)

// Tail implements persistence.Journal. It may show entries whose sync is under
// way, so it is for those who acquired the organisation: Acquire waits for them.
func (db *DB) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	return db.walk(ctx, org, after, ^uint64(0), fn)
}

// Archive implements persistence.Store with the entries of the journal.
func (db *DB) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	through, err := db.Watermark(ctx, org)
	if err != nil {
		return err
	}
	return db.walk(ctx, org, after, through.Seq, fn)
}

func (db *DB) walk(ctx context.Context, org string, after, through uint64, fn func(persistence.Entry) error) error {
	if err := persistence.CheckID("organisation", org); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	// Most callers want one entry, the others all of them: chunks grow.
	for most := 1; after < through; most = min(most*8, chunkEntries) {
		chunk, err := db.chunk(ctx, org, after, most)
		if err != nil {
			return fmt.Errorf("read log of %s after %d: %w", org, after, blame(org, err))
		}
		if len(chunk) == 0 {
			return nil
		}
		for _, e := range chunk {
			if e.First > through {
				return nil
			}
			if err := fn(e); err != nil {
				return err
			}
			after = e.Last
		}
	}
	return nil
}

func (db *DB) chunk(ctx context.Context, org string, seq uint64, most int) ([]persistence.Entry, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	it, err := db.pebble.NewIter(&pebble.IterOptions{
		LowerBound: journalKey(org, seq+1), // keys carry the last sequence: this is the entry that holds seq+1
		UpperBound: after(orgKey(spaceJournal, org)),
	})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var chunk []persistence.Entry
	size := 0
	add := func(e persistence.Entry) (more bool) {
		chunk, size = append(chunk, e), size+len(e.Data)
		seq = e.Last
		return len(chunk) < most && size < chunkBytes
	}
	for it.First(); it.Valid(); it.Next() {
		e, err := db.entryOrLost(it.Key(), it.Value())
		if err != nil {
			return nil, err
		}
		if !add(e) {
			return chunk, nil
		}
	}
	if err := it.Error(); err != nil {
		return nil, err
	}
	err = db.laterEntries(org, seq, add)
	return chunk, err
}

// Undrained implements persistence.Journal. It reads a few keys for every
// organisation there is: for starting and taking over, not for polling.
func (db *DB) Undrained(ctx context.Context, after string, most int) ([]string, error) {
	var found []string
	for len(found) < most {
		orgs, err := db.names(ctx, spaceFence, after, chunkEntries)
		if err != nil {
			return nil, fmt.Errorf("list undrained organisations: %w", err)
		}
		if len(orgs) == 0 {
			break
		}
		for _, org := range orgs {
			behind, err := db.behind(ctx, org)
			if err != nil {
				return nil, fmt.Errorf("list undrained organisations: %s: %w", org, err)
			}
			if behind && len(found) < most {
				found = append(found, org)
			}
		}
		after = orgs[len(orgs)-1]
	}
	return found, nil
}

func (db *DB) behind(ctx context.Context, org string) (bool, error) {
	if err := db.enter(ctx); err != nil {
		return false, err
	}
	defer db.leave()
	m, _, err := readMarkOf(db.pebble, org)
	if err != nil {
		return false, err
	}
	last, err := db.lastEntry(org)
	return last > m.through.Seq, err
}

// each calls fn for every organisation of a space that has one key for each.
func (db *DB) each(space byte, fn func(org string) error) error {
	for behind := ""; ; {
		orgs, err := db.names(context.Background(), space, behind, chunkEntries)
		if err != nil || len(orgs) == 0 {
			return err
		}
		for _, org := range orgs {
			if err := fn(org); err != nil {
				return err
			}
		}
		behind = orgs[len(orgs)-1]
	}
}

// names lists organisations of a space that has one key for each, in order.
func (db *DB) names(ctx context.Context, space byte, behind string, most int) ([]string, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	o := &pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}}
	if behind != "" {
		o.LowerBound = after(orgKey(space, behind))
	}
	it, err := db.pebble.NewIter(o)
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var names []string
	for it.First(); it.Valid() && len(names) < most; it.Next() {
		names = append(names, string(it.Key()[1:len(it.Key())-1]))
	}
	return names, it.Error()
}
