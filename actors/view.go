package actors

import (
	"sort"
	"sync"

	"heard/domain/outlet"
	"heard/persistence"
)

// view is an organisation's committed state for readers. The actor publishes
// into it after each append; readers never go through the mailbox.
type view struct {
	mu     sync.RWMutex
	outlet *outlet.Outlet
	orders map[string]*entry       // the actor's too: it alone changes them, under mu
	sorted []*persistence.Document // by number; nil = has left
	gaps   int                     // nils in sorted
	active int                     // open orders
	tail   []*drainWork            // what the Store does not have yet
	seq    uint64                  // of the newest committed record,
	atMS   int64                   // and its time
	number uint64                  // of the newest order
}

// publish makes a batch visible: all of it or nothing.
func (v *view) publish(o *outlet.Outlet, changes []change, w *drainWork) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.outlet, v.seq, v.atMS = o, w.entry.Last, w.atMS
	v.tail = append(v.tail, w)
	for i := range changes {
		v.put(changes[i].entry, changes[i].doc)
	}
}

// enter adds an order that readers see nothing of yet.
func (v *view) enter(e *entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.orders[e.id] = e
}

func (v *view) put(e *entry, d *persistence.Document) {
	if e.seen == nil {
		v.insert(d)
	} else {
		v.sorted[v.position(d.Number)] = d
		v.active -= active(e.seen)
	}
	e.seen = d
	v.active += active(d)
	v.number = max(v.number, d.Number)
}

func active(d *persistence.Document) int {
	if d.Active {
		return 1
	}
	return 0
}

// insert keeps sorted by number. An order that comes back from the Store is
// older than others here; its place may be a gap.
func (v *view) insert(d *persistence.Document) {
	if n := len(v.sorted); n == 0 || v.sorted[n-1] != nil && v.sorted[n-1].Number < d.Number {
		v.sorted = append(v.sorted, d)
		return
	}
	v.compact()
	i := sort.Search(len(v.sorted), func(i int) bool { return v.sorted[i].Number >= d.Number })
	v.sorted = append(v.sorted, nil)
	copy(v.sorted[i+1:], v.sorted[i:])
	v.sorted[i] = d
}

// position finds an order that is there, among gaps.
func (v *view) position(number uint64) int {
	low, high := 0, len(v.sorted)
	for low < high {
		mid := (low + high) / 2
		at := mid
		for at < high && v.sorted[at] == nil {
			at++
		}
		switch {
		case at == high:
			high = mid
		case v.sorted[at].Number == number:
			return at
		case v.sorted[at].Number < number:
			low = at + 1
		default:
			high = mid
		}
	}
	panic("invariant: an order of the view is not in its list")
}

func (v *view) compact() {
	if v.gaps == 0 {
		return
	}
	kept := make([]*persistence.Document, 0, len(v.sorted)-v.gaps)
	for _, d := range v.sorted {
		if d != nil {
			kept = append(kept, d)
		}
	}
	v.sorted, v.gaps = kept, 0
}

// leave takes an order out: a closed one that the Store has, or one that nobody
// has seen.
func (v *view) leave(e *entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.orders, e.id)
	if e.seen == nil {
		return
	}
	v.sorted[v.position(e.seen.Number)] = nil
	v.gaps++
	if v.gaps > 64 && v.gaps*2 > len(v.sorted) {
		v.compact()
	}
}

// drained forgets the entries that the Store has now.
func (v *view) drained(through uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for n < len(v.tail) && v.tail[n].entry.Last <= through {
		n++
	}
	if n > 0 {
		v.tail = append([]*drainWork(nil), v.tail[n:]...)
	}
}

func (v *view) order(id string) (*persistence.Document, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	e := v.orders[id]
	if e == nil || e.seen == nil {
		return nil, false
	}
	return e.seen, true
}

// end is where the log stands: its newest record and that one's time.
func (v *view) end() (seq uint64, atMS int64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.seq, v.atMS
}

func (v *view) state() *outlet.Outlet {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.outlet
}

// newest calls fn for orders below a number (0 = all), newest first, until it
// answers false.
func (v *view) newest(below uint64, fn func(*persistence.Document) bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for i := len(v.sorted) - 1; i >= 0; i-- {
		if d := v.sorted[i]; d != nil && (below == 0 || d.Number < below) && !fn(d) {
			return
		}
	}
}

// undrained are the entries the Store may not have yet, oldest first.
func (v *view) undrained() []*drainWork {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.tail[:len(v.tail):len(v.tail)]
}
