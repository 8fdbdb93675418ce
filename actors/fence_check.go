package actors

import (
	"context"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/persistence"
)

// An answer that appends nothing is not judged by the journal, so a node that
// lost an organisation without noticing could still give it. Each such answer
// rests on a look at the fence that began less than a second ago. Looks are
// batched: one call for all organisations that need one; an append is one, too.
const (
	checkInterval = 400 * time.Millisecond
	checkPatience = 800 * time.Millisecond
	checkTries    = 3
	checkedIdleMS = 2_000 // organisations that nobody asks for are not looked at
)

var errUnconfirmed = domain.Refuse(domain.JournalUnavailable, "It is not certain that this node still has the organisation; repeat the request")

// fenceCheck gathers the organisations of the next look.
type fenceCheck struct {
	mu     sync.Mutex
	wanted map[*org]struct{}
	round  chan struct{} // closed when the look at what is wanted is over
	kick   chan struct{}
}

func newFenceCheck() *fenceCheck {
	return &fenceCheck{wanted: map[*org]struct{}{}, round: make(chan struct{}), kick: make(chan struct{}, 1)}
}

func (f *fenceCheck) want(o *org) (done <-chan struct{}) {
	f.mu.Lock()
	f.wanted[o] = struct{}{}
	done = f.round
	f.mu.Unlock()
	select {
	case f.kick <- struct{}{}:
	default:
	}
	return done
}

func (f *fenceCheck) take() (orgs []*org, round chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for o := range f.wanted {
		orgs = append(orgs, o)
	}
	round = f.round
	f.wanted, f.round = map[*org]struct{}{}, make(chan struct{})
	return orgs, round
}

// confirm makes sure that this engine had the organisation less than a second
// ago. The error is errMoved when another has it.
func (e *Engine) confirm(ctx context.Context, o *org) *domain.Error {
	if e.shared == nil {
		return nil
	}
	for try := 0; ; try++ {
		switch {
		case o.gone.Load():
			return errMoved
		case e.elapsed()-time.Duration(o.confirmedNS.Load()) < freshness:
			return nil
		case try == checkTries:
			return errUnconfirmed
		}
		select {
		case <-e.checks.want(o):
		case <-ctx.Done():
			return errUnconfirmed
		case <-e.stop:
			return errDraining
		}
	}
}

// checkLoop looks at the fences of organisations in use, and at once when an
// answer waits for it.
func (e *Engine) checkLoop() {
	t := time.NewTicker(checkInterval)
	defer t.Stop()
	for {
		select {
		case <-e.checks.kick:
		case <-t.C:
			e.wantBusy()
		case <-e.stop:
			return
		}
		orgs, round := e.checks.take()
		if len(orgs) > 0 {
			e.check(orgs)
		}
		close(round)
	}
}

// wantBusy keeps the organisations that are asked for confirmed, so that their
// answers need not wait.
func (e *Engine) wantBusy() {
	used, old := e.nowMS()-checkedIdleMS, e.elapsed()-checkInterval
	for _, o := range e.organisations() {
		if o.usedMS.Load() > used && time.Duration(o.confirmedNS.Load()) < old && o.epoch.Load() > 0 {
			e.checks.want(o)
		}
	}
}

func (e *Engine) check(orgs []*org) {
	began := e.elapsed()
	ids, held := make([]string, len(orgs)), make([]persistence.Holder, len(orgs))
	for i, o := range orgs {
		ids[i] = o.id
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkPatience)
	defer cancel()
	e.stats.checks.Add(1)
	if err := e.shared.Fences.Holders(ctx, ids, held); err != nil {
		e.log.Debug("fences cannot be looked at", "organisations", len(ids), "error", err)
		return
	}
	for i, o := range orgs {
		switch epoch := o.epoch.Load(); {
		case held[i].Epoch == epoch:
			o.confirmed(began)
		case held[i].Epoch > epoch:
			e.system.Root.Send(o.pid, &superseded{held[i].Epoch})
		}
	}
}

// confirmed notes that the organisation was this engine's at a moment.
func (o *org) confirmed(at time.Duration) {
	for {
		before := o.confirmedNS.Load()
		if int64(at) <= before || o.confirmedNS.CompareAndSwap(before, int64(at)) {
			return
		}
	}
}

// superseded says that another engine acquired the organisation.
type superseded struct{ epoch uint64 }

// superseded ends the activation, unless a batch is in flight: its answer says
// the same, and whether it is durable.
func (a *orgActor) superseded(c actor.Context, m *superseded) {
	if !a.ready || m.epoch <= a.epoch || a.flight != nil {
		return
	}
	a.fenced(c)
}

// rests reports whether an answer says something about the organisation, rather
// than that none can be given.
func rests(err *domain.Error) bool {
	if err == nil {
		return true
	}
	switch err.Code {
	case domain.NotLeader, domain.OutcomeUnknown, domain.Overloaded, domain.JournalUnavailable, domain.StoreUnavailable, domain.Draining, domain.Internal:
		return false
	}
	return true
}
