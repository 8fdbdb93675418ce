package actors

import (
	"context"
	"time"

	"heard/domain"
	"heard/persistence"
)

// Ownership is what an engine needs that shares its journal with others. Where
// organisations are placed is somebody else's business; who may write is the
// journal's.
type Ownership struct {
	Fences persistence.Fences

	// Owns reports whether this engine should have an organisation now. It is
	// asked under a lock and must not wait.
	Owns func(org string) bool

	// Moving reports whether the engine that had an organisation may be giving it
	// up at this moment: then a little patience saves both from the fence.
	Moving func(org string) bool
}

const (
	// freshness is how long an answer that appends nothing may rest on one look at
	// the fence.
	freshness = time.Second

	// silence is how long a new owner answers nothing, unless the old one gave the
	// organisation up: what the old one last knew has run out by then, with a margin
	// for clocks that run at different speeds.
	silence = freshness + 200*time.Millisecond

	// handover is how long a new owner waits for the old one to give up.
	handover = 800 * time.Millisecond
)

var errElsewhere = domain.Refuse(domain.NotLeader, "Another node has the organisation; repeat the request")

// refuses answers an organisation that this engine should not have.
func (e *Engine) refuses(id string) *domain.Error {
	if e.shared != nil && !e.shared.Owns(id) {
		return errElsewhere
	}
	return nil
}

// elapsed is time that no clock setting moves, since the engine was made.
func (e *Engine) elapsed() time.Duration { return time.Since(e.made) }

// awaitRelease gives the engine that had an organisation the time to finish what
// it accepted, and returns who holds it.
func (e *Engine) awaitRelease(ctx context.Context, id string) (persistence.Holder, error) {
	var held [1]persistence.Holder
	if e.shared == nil {
		return held[0], nil
	}
	for end := e.elapsed() + handover; ; time.Sleep(15 * time.Millisecond) {
		err := e.shared.Fences.Holders(ctx, []string{id}, held[:])
		if err != nil || held[0].Free || !e.shared.Moving(id) || e.elapsed() > end {
			return held[0], err
		}
	}
}

// keepSilent waits until nobody can still answer under an older epoch.
func (e *Engine) keepSilent(r *recovered) {
	if e.shared == nil || r.err != nil || r.before.Free && r.epoch == r.before.Epoch+1 {
		return
	}
	e.stats.silences.Add(1)
	select {
	case <-time.After(r.acquired + silence - e.elapsed()):
	case <-e.stop:
		r.err = errDraining
	}
}

// CatchUp brings the Store to where the log is, for organisations of this engine
// that nobody asks for after a restart or a move. It returns when all are read
// back.
func (e *Engine) CatchUp() {
	after := ""
	for {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeoutMS*time.Millisecond)
		ids, err := e.journal.Undrained(ctx, after, 64)
		cancel()
		if err != nil {
			e.log.Error("organisations to drain cannot be listed", "error", err)
			return
		}
		if len(ids) == 0 {
			return
		}
		var woken []*org
		for _, id := range ids {
			if o, refusal := e.organisation(id); refusal == nil {
				woken = append(woken, o)
			}
			after = id
		}
		for _, o := range woken {
			select {
			case <-o.ready:
			case <-e.stop:
				return
			}
		}
	}
}

// Position is the sequence an organisation's log stands at; false when it is not
// in memory here.
func (e *Engine) Position(id string) (seq uint64, here bool) {
	e.mu.RLock()
	o := e.orgs[id]
	e.mu.RUnlock()
	if o == nil || o.epoch.Load() == 0 {
		return 0, false
	}
	o.view.mu.RLock()
	defer o.view.mu.RUnlock()
	return o.view.seq, true
}
