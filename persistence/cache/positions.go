package cache

import (
	"context"
	"sync"

	"heard/persistence"
)

// position is how far the Store is known to have followed an organisation's log.
type position struct {
	through    uint64 // the watermark
	generation uint64 // of history pages: the newest window with a closed order
}

// maxPositions bounds what is remembered: about 130,000 organisations, 20 MB.
const maxPositions = 1 << 17

// positions remembers them. What is dropped is asked for again.
type positions struct {
	mu      sync.RWMutex
	known   map[string]position
	dropped uint64 // times something was forgotten
}

// of finds an organisation's position; one that is not remembered is where the
// Store's watermark is. false = cannot be had now.
func (p *positions) of(ctx context.Context, store persistence.Store, org string) (position, bool) {
	const tries = 3
	for range tries {
		p.mu.RLock()
		at, ok := p.known[org]
		dropped := p.dropped
		p.mu.RUnlock()
		if ok {
			return at, true
		}
		mark, err := store.Watermark(ctx, org)
		if err != nil {
			return position{}, false
		}
		// Were an Apply's position dropped while the watermark was on its way, the
		// older one must not take its place: hence the count.
		if at, ok := p.adopt(org, mark.Seq, dropped); ok {
			return at, true
		}
	}
	return position{}, false
}

func (p *positions) adopt(org string, through, dropped uint64) (position, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dropped != dropped {
		return position{}, false
	}
	return p.raise(org, position{through, through}), true
}

// moved remembers that the Store has come further. Generation 0 = no page has changed.
func (p *positions) moved(org string, to position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.known[org]; !known {
		to.generation = to.through // pages of the time before are not known
	}
	p.raise(org, to)
}

func (p *positions) raise(org string, to position) position {
	at, known := p.known[org]
	if !known && len(p.known) >= maxPositions {
		for other := range p.known {
			delete(p.known, other)
			break
		}
		p.dropped++
	}
	if p.known == nil {
		p.known = make(map[string]position)
	}
	at = position{max(at.through, to.through), max(at.generation, to.generation)}
	p.known[org] = at
	return at
}

// through is how far an organisation is known to be; false = not known.
func (p *positions) through(org string) (uint64, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	at, ok := p.known[org]
	return at.through, ok
}
