package pebblestore

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
)

// fenceStripes is how many organisations can be acquired at once while groups
// are appended. Stripes are always locked in rising order.
const fenceStripes = 256

// stripe holds the fences of the organisations that hash to it.
type stripe struct {
	mu   sync.Mutex
	orgs map[string]*fence // every organisation used since the start: some 150 bytes each
}

// fence is what decides whether an entry may be appended. It changes only after
// the change is durable.
type fence struct {
	epoch uint64
	last  uint64 // sequence of the newest record
	taken bool   // an entry of the Append under way has it
}

// stripeSet has a bit for each stripe.
type stripeSet [fenceStripes / 64]uint64

func stripeOf(org string) int {
	h := uint32(2166136261) // FNV-1a
	for i := range len(org) {
		h = (h ^ uint32(org[i])) * 16777619
	}
	return int((h ^ h>>16) % fenceStripes)
}

func (s *stripeSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s *stripeSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (db *DB) lockStripes(entries []persistence.Entry) (s stripeSet) {
	for i := range entries {
		s.add(stripeOf(entries[i].Org))
	}
	for i := range db.fences {
		if s.has(i) {
			db.fences[i].mu.Lock()
		}
	}
	return s
}

func (db *DB) unlockStripes(s stripeSet) {
	for i := range db.fences {
		if s.has(i) {
			db.fences[i].mu.Unlock()
		}
	}
}

// fence returns an organisation's fence, read from the database the first time.
// Its stripe must be locked.
func (db *DB) fence(org string) (*fence, error) {
	s := &db.fences[stripeOf(org)]
	if f := s.orgs[org]; f != nil {
		return f, nil
	}
	if persistence.CheckID("organisation", org) != nil {
		return new(fence), nil // never acquired, so whatever it wants is fenced
	}
	f, err := db.loadFence(org)
	if err != nil {
		return nil, fmt.Errorf("read fence of %s: %w: %w", org, persistence.ErrUnavailable, err)
	}
	if s.orgs == nil {
		s.orgs = make(map[string]*fence)
	}
	s.orgs[org] = f
	return f, nil
}

func (db *DB) loadFence(org string) (*fence, error) {
	raw, err := get(db.pebble, orgKey(spaceFence, org))
	if err != nil {
		return nil, err
	}
	f := new(fence)
	if raw != nil {
		f.epoch, _ = binary.Uvarint(raw)
	}
	f.last, err = db.lastEntry(org)
	return f, err
}

// span bounds an iterator to the keys that begin with a prefix ending in zero.
func span(prefix []byte) *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)}
}
