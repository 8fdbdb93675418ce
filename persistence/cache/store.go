package cache

import (
	"context"
	"strconv"
	"time"

	"heard/domain"
	"heard/persistence"
)

// Store is a persistence.Store whose reads of orders, timelines and lists go
// through a Cache. It is for the engine, whose owner of an organisation lays what
// it holds in memory over what it reads; see Orders for the one promise that
// is weaker than a Store's. Documents, lists and timelines are shared: they must
// not be changed, though appending to a list is safe.
//
// An order that was applied before a read began is never read in an older
// version: Apply drops the order from L1 after the Store has it and before it
// answers, and a load that runs meanwhile is discarded and repeated (otter does
// so for an entry that is invalidated while it loads). Dropping it before the
// Store's Apply as well would change nothing: until Apply has answered either
// version is right, and the owner has the order in memory. For L2 see shared.
type Store struct {
	persistence.Store
	cache *Cache
}

// Over puts the cache in front of a store. One cache is for one store.
func (c *Cache) Over(inner persistence.Store) *Store { return &Store{Store: inner, cache: c} }

// Apply implements persistence.Store. Whoever applies to an organisation applies
// all of its windows, one after the other, as a drainer does: that is how a
// window is known to touch all that changed since the watermark before it.
func (s *Store) Apply(ctx context.Context, windows []persistence.Window) error {
	err := s.Store.Apply(ctx, windows)
	turns := turnsOf(windows)
	if err == nil {
		s.follow(ctx, turns)
	}
	// After a failure some of it may be in the Store. L2's head is where it was, and
	// so is the pages' generation: the owner keeps all of it in memory until it is applied.
	for i := range turns {
		for id := range turns[i].touched {
			s.cache.memory.drop(turns[i].org, id)
		}
	}
	return err
}

func (s *Store) follow(ctx context.Context, turns []turn) {
	c := s.cache
	for i := range turns {
		t := &turns[i]
		if was, known := c.positions.through(t.org); known {
			t.from, t.to.through = strconv.FormatUint(was, 10), max(was, t.to.through)
		}
	}
	if c.shared != nil { // it is done, so L2 has to know, whether or not the caller still waits
		c.advance(context.WithoutCancel(ctx), turns)
	}
	for i := range turns {
		c.positions.moved(turns[i].org, turns[i].to)
	}
}

// turnsOf says for each organisation what its windows touch.
func turnsOf(windows []persistence.Window) []turn {
	at := make(map[string]int, len(windows))
	turns := make([]turn, 0, len(windows))
	for i := range windows {
		w := &windows[i]
		n, seen := at[w.Org]
		if !seen {
			n = len(turns)
			at[w.Org] = n
			turns = append(turns, turn{org: w.Org, touched: make(map[string]uint64, len(w.Orders))})
		}
		turns[n].add(w)
	}
	return turns
}

func (t *turn) add(w *persistence.Window) {
	t.to.through = max(t.to.through, w.Through.Seq)
	for i := range w.Orders {
		d := &w.Orders[i]
		t.touched[d.ID] = max(t.touched[d.ID], d.Version)
		if !d.Active {
			t.to.generation = max(t.to.generation, w.Through.Seq)
		}
	}
	for _, e := range w.Events {
		t.touched[e.Order] = max(t.touched[e.Order], e.Version)
	}
}

// Load implements persistence.Store. It is how a node takes an organisation over,
// so what this node kept of it is dropped: another node may have applied to it
// and its news may not have come here.
func (s *Store) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	r, err := s.Store.Load(ctx, org)
	if err == nil {
		s.cache.positions.moved(org, position{r.Through.Seq, r.Through.Seq})
	}
	s.cache.memory.forget(org)
	return r, err
}

// Order implements persistence.Store. Active orders are read from the store: they
// change all the time, and their owner has them in memory.
func (s *Store) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	if !domain.ValidID(org) || !domain.ValidID(id) {
		return s.Store.Order(ctx, org, id)
	}
	k := key{kind: kindOrder, org: org, id: id, life: s.cache.memory.life(org)}
	h, ok := s.cache.memory.get(k)
	if !ok {
		var err error
		if h, err = s.entry(ctx, k, s.loadOrder); err != nil {
			return persistence.Document{}, err
		}
	}
	return h.documents[0], nil
}

func (s *Store) loadOrder(ctx context.Context, k *key) (*held, error) {
	d, err := s.Store.Order(ctx, k.org, k.id)
	if err != nil {
		return nil, err
	}
	h := holdDocuments(d)
	h.version, h.fleeting = d.Version, d.Active || d.Lost
	return h, nil
}

// Timeline implements persistence.Store. It is kept and dropped with its order.
func (s *Store) Timeline(ctx context.Context, org, id string) ([]persistence.Event, error) {
	if !domain.ValidID(org) || !domain.ValidID(id) {
		return s.Store.Timeline(ctx, org, id)
	}
	k := key{kind: kindTimeline, org: org, id: id, life: s.cache.memory.life(org)}
	h, ok := s.cache.memory.get(k)
	if !ok {
		var err error
		if h, err = s.entry(ctx, k, s.loadTimeline); err != nil {
			return nil, err
		}
	}
	return h.events, nil
}

func (s *Store) loadTimeline(ctx context.Context, k *key) (*held, error) {
	events, err := s.Store.Timeline(ctx, k.org, k.id)
	if err != nil {
		return nil, err
	}
	h := holdEvents(events)
	h.fleeting = len(events) == 0 // an order that is not known yet
	return h, nil
}

// entry finds an entry of an organisation that L1 does not have.
func (s *Store) entry(ctx context.Context, k key, load func(context.Context, *key) (*held, error)) (*held, error) {
	c := s.cache
	return c.find(ctx, k, func(ctx context.Context) (*held, error) {
		h, t := s.fromShared(ctx, &k)
		if h != nil {
			return h, nil
		}
		began := time.Now()
		h, err := load(ctx, &k)
		c.loaded(began)
		if err == nil && !h.fleeting && t != (ticket{}) {
			c.shared.fill(ctx, &k, t, h.version, encode(h))
		}
		return h, err
	})
}

// fromShared looks in L2: what it finds, or what a fill of it needs.
func (s *Store) fromShared(ctx context.Context, k *key) (*held, ticket) {
	if s.cache.shared == nil {
		return nil, ticket{}
	}
	at, ok := s.cache.positions.of(ctx, s.Store, k.org)
	if !ok {
		return nil, ticket{}
	}
	value, t, found := s.cache.shared.read(ctx, k, at.through)
	if !found {
		return nil, t
	}
	return s.cache.decode(value, k), t
}
