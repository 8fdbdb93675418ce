package pebblestore

import "heard/persistence"

// fresh says which orders of a window cannot be stored yet, so that nobody looks
// for them: two lookups are more than writing the order.
type fresh struct {
	// Orders created after the watermark, for documents and watermark are one
	// batch; nil = the event stands with the order's number.
	ids   map[string]*persistence.Event
	above uint64 // numbers up to here may belong to orders that are stored
}

// has reports whether an order is new by its id and by its number. What the same
// window wrote is for the caller to know.
func (f *fresh) has(d *persistence.Document) bool {
	_, created := f.ids[d.ID]
	return created && d.Number > f.above
}

// lookAhead finds the new orders of a window.
func (a *application) lookAhead(w *persistence.Window, m *mark) error {
	a.fresh = fresh{ids: make(map[string]*persistence.Event, len(w.Orders))}
	for i := range w.Events {
		if e := &w.Events[i]; e.Version == 1 && e.Seq > m.through.Seq {
			a.fresh.ids[e.Order] = e
		}
	}
	var err error
	a.fresh.above, err = a.db.newestNumber(w.Org)
	return err
}

// newestNumber is the highest number that an organisation's stored orders have,
// or more: what was applied since is added before it is known to be stored.
// Only Apply asks, with its lock.
func (db *DB) newestNumber(org string) (uint64, error) {
	if n, known := db.newest[org]; known {
		return n, nil
	}
	it, err := db.pebble.NewIter(span(orgKey(spaceHeader, org)))
	if err != nil {
		return 0, err
	}
	var n uint64
	if it.First() {
		n = numberOf(it.Key())
	}
	if err := it.Close(); err != nil {
		return 0, err
	}
	db.newest[org] = n
	return n, nil
}
