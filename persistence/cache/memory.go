package cache

import (
	"hash/maphash"
	"math"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"heard/persistence"
)

// What the Store's side of the cache keeps.
const (
	kindOrder    persistence.CacheKind = "order"
	kindTimeline persistence.CacheKind = "timeline"
	kindPage     persistence.CacheKind = "page"
)

// key names an entry of L1.
type key struct {
	kind       persistence.CacheKind
	org        string // "" = the caller's own key
	id         string
	life       uint64 // of the organisation's entries
	generation uint64 // of a page
}

// held is a value in L1, decoded. It is shared by all readers and never changed.
type held struct {
	documents []persistence.Document // of a page; an order is a page of one
	events    []persistence.Event
	body      []byte
	version   uint64 // of the order
	bytes     int    // it takes, about
	fleeting  bool   // changes too soon to be kept
}

// What a value takes beside its texts and bytes.
const (
	documentBytes = 200
	eventBytes    = 64
)

func holdBody(body []byte) *held { return &held{body: body, bytes: len(body)} }

func holdDocuments(docs ...persistence.Document) *held {
	h := &held{documents: docs[:len(docs):len(docs)]}
	for i := range docs {
		d := &docs[i]
		h.bytes += documentBytes + len(d.ID) + len(d.Status) + len(d.TableID) + len(d.WaiterID) + len(d.Type) + len(d.Text) + len(d.Body)
	}
	return h
}

// holdEvents leaves no room behind the last event: a reader that appends to a
// shared timeline gets a copy.
func holdEvents(events []persistence.Event) *held {
	h := &held{events: events[:len(events):len(events)], bytes: eventBytes * len(events)}
	if len(events) > 0 {
		h.version = events[len(events)-1].Version
	}
	return h
}

// memory is L1.
type memory struct {
	entries   *otter.Cache[key, *held]
	most      int // entries
	mostBytes int64
	seed      maphash.Seed
	every     atomic.Uint64      // lives of all organisations
	lives     [512]atomic.Uint64 // of those that share a slot

	requests, hits, misses, timed, timedNS atomic.Int64
}

// largestShare is the part of L1 that one entry may take: a long page must not
// push everything else out.
const largestShare = 8

// newMemory bounds entries and bytes together, though otter bounds one weight:
// an entry weighs its bytes, but at least the bytes divided by the entries.
func newMemory(o *Options) (*memory, error) {
	share := min(max(o.MaxBytes/int64(o.MaxEntries), 1), math.MaxUint32)
	m := &memory{most: o.MaxEntries, mostBytes: max(o.MaxBytes/largestShare, share), seed: maphash.MakeSeed()}
	var err error
	m.entries, err = otter.New(&otter.Options[key, *held]{
		MaximumWeight: uint64(share) * uint64(o.MaxEntries),
		Weigher:       func(_ key, h *held) uint32 { return uint32(min(max(share, int64(h.bytes)), math.MaxUint32)) },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[key, *held]) time.Duration {
			return o.ttl(e.Key.kind)
		}),
		Clock: o.clock,
	})
	return m, err
}

func (m *memory) close() { m.entries.StopAllGoroutines() }

// timedHits is how many hits go by for one that is timed: two looks at the clock
// cost as much as the hit.
const timedHits = 64

// get looks in L1 and counts the request.
func (m *memory) get(k key) (*held, bool) {
	if m.requests.Add(1)%timedHits != 0 {
		return m.look(k)
	}
	began := time.Now()
	h, ok := m.look(k)
	if ok {
		m.timed.Add(1)
		m.timedNS.Add(time.Since(began).Nanoseconds())
	}
	return h, ok
}

func (m *memory) look(k key) (*held, bool) {
	h, ok := m.entries.GetIfPresent(k)
	if ok {
		m.hits.Add(1)
	} else {
		m.misses.Add(1)
	}
	return h, ok
}

// life is part of the keys of an organisation's entries. It only grows, and when
// it does, they are all out of reach, those that are being loaded too.
func (m *memory) life(org string) uint64 { return m.every.Load() + m.slot(org).Load() }

func (m *memory) slot(org string) *atomic.Uint64 {
	return &m.lives[maphash.String(m.seed, org)%uint64(len(m.lives))]
}

// forget drops what is kept of an organisation, and of a few others.
func (m *memory) forget(org string) { m.slot(org).Add(1) }

// forgetAll drops everything that belongs to an organisation, and frees it.
func (m *memory) forgetAll() {
	m.every.Add(1)
	m.entries.InvalidateAll()
}

// drop takes an order out, and makes a load of it that is under way be repeated.
func (m *memory) drop(org, id string) {
	life := m.life(org)
	m.entries.Invalidate(key{kind: kindOrder, org: org, id: id, life: life})
	m.entries.Invalidate(key{kind: kindTimeline, org: org, id: id, life: life})
}

// dropOlder is drop for an order that may be here in the version that is known.
func (m *memory) dropOlder(org, id string, version uint64) {
	life := m.life(org)
	for _, kind := range [...]persistence.CacheKind{kindOrder, kindTimeline} {
		k := key{kind: kind, org: org, id: id, life: life}
		if e, ok := m.entries.GetEntryQuietly(k); !ok || e.Value.version < version {
			m.entries.Invalidate(k)
		}
	}
}
