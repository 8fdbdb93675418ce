package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
)

// checkEvery is after how many candidates a list looks whether it is still wanted.
const checkEvery = 512

// Orders implements persistence.Store. All indexes run from the newest number
// down, so a filter is the intersection of theirs: nobody has to guess which is
// the most selective, because the sparsest one sets the pace.
func (db *DB) Orders(ctx context.Context, s persistence.Selection) ([]persistence.Document, error) {
	rows, err := db.list(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("list orders of %s: %w", s.Org, blame(s.Org, err))
	}
	return rows, nil
}

func (db *DB) list(ctx context.Context, s persistence.Selection) ([]persistence.Document, error) {
	if err := persistence.CheckID("organisation", s.Org); err != nil {
		return nil, err
	}
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	snap := db.pebble.NewSnapshot()
	defer snap.Close()
	l := listing{snap: snap, s: s, text: []byte(strings.ToLower(s.Filter.Text)), images: images{db: db, org: s.Org}}
	defer l.close()
	if err := l.open(); err != nil {
		return nil, err
	}
	return l.page(ctx)
}

// listing is one call of Orders.
type listing struct {
	snap    *pebble.Snapshot
	s       persistence.Selection
	text    []byte
	low     uint64 // numbers outside low..high cannot match
	high    uint64
	headers *stream
	all     []walker // every index that applies, the headers last
	images  images
	opened  []*stream
}

// open finds the range of numbers, then an index for each field of the filter.
func (l *listing) open() error {
	f := &l.s.Filter
	l.low, l.high = 1, math.MaxUint64
	if f.Before > 0 {
		l.high = f.Before - 1
	}
	if err := l.narrow(); err != nil {
		return fmt.Errorf("find created times: %w", err)
	}
	if l.s.Active {
		l.all = append(l.all, l.active())
	} else if err := l.closed(); err != nil {
		return err
	}
	l.headers = l.stream(orgKey(spaceHeader, l.s.Org))
	l.all = append(l.all, l.headers)
	return nil
}

func (l *listing) active() *stream { return l.stream(orgKey(spaceActive, l.s.Org)) }

// closed finds an index for each field of the filter. Active orders have none:
// each of them is a candidate.
func (l *listing) closed() error {
	f := &l.s.Filter
	for _, x := range [...]struct {
		kind   indexKind
		values []string
	}{{byTable, []string{f.TableID}}, {byWaiter, []string{f.WaiterID}}, {byType, []string{f.OrderType}}, {byStatus, f.Status}} {
		if len(x.values) == 0 || x.values[0] == "" {
			continue
		}
		u := union{l.active()}
		for _, value := range x.values {
			u = append(u, l.stream(indexPrefix(l.s.Org, x.kind, value)))
		}
		l.all = append(l.all, u)
	}
	if f.UpdatedMS > 0 {
		recent, ok, err := l.recent(f.UpdatedMS)
		if err != nil {
			return fmt.Errorf("find updated orders: %w", err)
		}
		if ok {
			l.all = append(l.all, recent)
		}
	}
	return nil
}

// narrow turns created times into numbers, which rise with them.
func (l *listing) narrow() error {
	f := &l.s.Filter
	if f.CreatedFromMS > 0 {
		n, err := l.lastBefore(f.CreatedFromMS)
		if err != nil {
			return err
		}
		l.low = n + 1
	}
	if f.CreatedToMS > 0 {
		n, err := l.lastBefore(f.CreatedToMS)
		if err != nil {
			return err
		}
		l.high = min(l.high, n)
	}
	return nil
}

// lastBefore finds the highest number created before a moment, 0 = none, by halving.
func (l *listing) lastBefore(ms int64) (uint64, error) {
	it, err := l.snap.NewIter(span(orgKey(spaceHeader, l.s.Org)))
	if err != nil {
		return 0, err
	}
	defer it.Close()
	if !it.First() {
		return 0, it.Error()
	}
	low, high := uint64(0), numberOf(it.Key())+1
	for high-low > 1 {
		middle := low + (high-low)/2
		if !it.SeekGE(orderKey(spaceHeader, l.s.Org, middle)) {
			low = middle // nothing at or below it
			continue
		}
		h, err := readHeader(it.Value())
		if err != nil {
			return 0, err
		}
		if h.createdMS < ms {
			low = middle
		} else {
			high = h.number
		}
	}
	return low, it.Error()
}

func (l *listing) page(ctx context.Context) (rows []persistence.Document, err error) {
	number := l.high
	for seen := 1; len(rows) < l.s.Filter.LimitRows && number >= l.low; seen++ {
		var ok bool
		if number, ok = intersect(l.all, number); !ok {
			break
		}
		if seen%checkEvery == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", persistence.ErrUnavailable, ctx.Err())
		}
		h, err := readHeader(l.headers.it.Value())
		if err != nil {
			return nil, fmt.Errorf("order number %d: %w", number, err)
		}
		if l.match(&h) {
			d, err := l.document(&h)
			if err != nil {
				return nil, fmt.Errorf("order number %d: %w", number, err)
			}
			rows = append(rows, d)
		}
		number--
	}
	return rows, l.failed()
}

// match checks all of the filter again: an index narrows, it does not decide.
func (l *listing) match(h *header) bool {
	f := &l.s.Filter
	return (!l.s.Active || h.active) &&
		(len(f.Status) == 0 || slices.Contains(f.Status, string(h.status))) &&
		(f.TableID == "" || string(h.table) == f.TableID) &&
		(f.WaiterID == "" || string(h.waiter) == f.WaiterID) &&
		(f.OrderType == "" || string(h.kind) == f.OrderType) &&
		(f.CreatedFromMS == 0 || h.createdMS >= f.CreatedFromMS) &&
		(f.CreatedToMS == 0 || h.createdMS < f.CreatedToMS) &&
		h.updatedMS >= f.UpdatedMS &&
		(len(l.text) == 0 || bytes.Contains(h.text, l.text))
}

func (l *listing) document(h *header) (d persistence.Document, err error) {
	d = h.document()
	if h.image.entry > 0 {
		d.Body, err = l.images.of(h.image)
		if errors.Is(err, persistence.ErrDamaged) {
			d.Lost, err = true, nil
		}
		return d, err
	}
	raw, closer, err := l.snap.Get(orderKey(spaceOf(h.active), l.s.Org, h.number))
	if err != nil {
		return persistence.Document{}, err
	}
	defer closer.Close()
	d.Body, err = readBody(raw)
	return d, err
}
