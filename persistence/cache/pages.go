package cache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"heard/domain"
	"heard/persistence"
)

// Orders implements persistence.Store, with one promise less: a page may lack
// what happened to active orders since the last order was closed. Its key is the
// selection and the generation: the watermark of the newest window with a closed
// order, which is the same on every node, for it comes from the log.
//
// That is right for the owner, who reads memory first and lets its word count:
//   - Every active order, and every order with an event that is not drained, is in
//     memory. A new order that the page lacks is found there, and an order that
//     the page shows as it was is replaced by memory's and filtered again, so
//     that one whose status no longer matches drops out, and one that was closed
//     when the page was read and is reopened since is shown as open.
//   - A closed order leaves memory only when the window that closed it is applied
//     (and some seconds later), and that window began a new generation. So all
//     closed orders that match are in the page, and they do not change within a
//     generation but by being reopened. What a page lacks is therefore in memory.
//   - A page that is short, because there was no more, is short for good: what
//     would make it longer is active. Rows that memory's word filters out are made
//     up for by reading on below the last row; that page may be of another moment
//     of the same generation, which does not differ in closed orders.
//   - Recovery reads the newest number ever given from here, with nothing in memory
//     yet. Load, before it, begins a generation at the watermark, so the page is at
//     least as new as that, and what came after it is in the journal's tail.
//
// Pages of active orders only are not kept.
func (s *Store) Orders(ctx context.Context, sel persistence.Selection) ([]persistence.Document, error) {
	if sel.Active || !domain.ValidID(sel.Org) {
		return s.Store.Orders(ctx, sel)
	}
	at, ok := s.cache.positions.of(ctx, s.Store, sel.Org)
	if !ok {
		return s.Store.Orders(ctx, sel)
	}
	k := key{kind: kindPage, org: sel.Org, id: digest(&sel), life: s.cache.memory.life(sel.Org), generation: at.generation}
	h, ok := s.cache.memory.get(k)
	if !ok {
		var err error
		if h, err = s.page(ctx, k, sel); err != nil {
			return nil, err
		}
	}
	return h.documents, nil
}

// page finds a page that L1 does not have.
func (s *Store) page(ctx context.Context, k key, sel persistence.Selection) (*held, error) {
	c := s.cache
	return c.find(ctx, k, func(ctx context.Context) (*held, error) {
		name := pageName(&k)
		if value, found := c.shared.get(ctx, name); found {
			if h := c.decode(value, &k); h != nil {
				return h, nil
			}
		}
		began := time.Now()
		docs, err := s.Store.Orders(ctx, sel)
		c.loaded(began)
		if err != nil {
			return nil, err
		}
		h := holdDocuments(docs...)
		h.fleeting = slices.ContainsFunc(docs, func(d persistence.Document) bool { return d.Lost })
		if c.shared != nil && !h.fleeting {
			c.shared.put(ctx, name, encode(h), c.options.ttl(kindPage))
		}
		return h, nil
	})
}

// digest names a selection by everything that it says.
func digest(s *persistence.Selection) string {
	f := &s.Filter
	b := make([]byte, 0, 256)
	b = binary.AppendUvarint(b, uint64(len(f.Status)))
	for _, status := range f.Status {
		b = appendText(b, status)
	}
	for _, text := range [...]string{s.Org, f.TableID, f.WaiterID, f.OrderType, f.Text} {
		b = appendText(b, text)
	}
	for _, n := range [...]int64{f.CreatedFromMS, f.CreatedToMS, f.UpdatedMS, f.UpdatedToMS, int64(f.LimitRows)} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, f.Before)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
