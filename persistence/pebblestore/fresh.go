package pebblestore

import "heard/persistence"

// fewFresh is how many new orders a window has that are looked up one by one:
// that is cheaper than to find out where the numbers stand.
const fewFresh = 4

// fresh says which orders of a window cannot be stored yet, so that nobody looks
// for them: two lookups are more than writing the order.
type fresh struct {
	ids   map[string]struct{} // created after the watermark; documents and watermark are one batch
	above uint64              // numbers up to here may belong to orders that are stored
}

// has reports whether an order is new by its id and by its number. What the same
// Apply wrote is for the caller to know.
func (f *fresh) has(d *persistence.Document) bool {
	_, created := f.ids[d.ID]
	return created && d.Number > f.above
}

// lookAhead finds the new orders of a window.
func (a *application) lookAhead(w *persistence.Window, m *mark) error {
	a.fresh = fresh{}
	if len(w.Orders) <= fewFresh {
		return nil
	}
	ids := make(map[string]struct{}, len(w.Orders))
	for i := range w.Events {
		if e := &w.Events[i]; e.Version == 1 && e.Seq > m.through.Seq {
			ids[e.Order] = struct{}{}
		}
	}
	if len(ids) <= fewFresh {
		return nil
	}
	it, err := a.db.pebble.NewIter(span(orgKey(spaceHeader, w.Org)))
	if err != nil {
		return err
	}
	if it.First() { // the newest
		a.fresh.above = numberOf(it.Key())
	}
	a.fresh.ids = ids
	return it.Close()
}
