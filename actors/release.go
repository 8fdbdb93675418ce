package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// releaseTimeoutMS bounds the word to the journal; without it the next owner waits.
const releaseTimeoutMS = 1_000

// release asks an organisation to finish what it accepted and to give itself up.
type release struct{ done chan struct{} }

// Release gives up the organisations that another engine should have now: what
// was accepted is made durable and answered, then the journal is told, so that
// the new owner need not wait. It returns when all have ended, or with ctx.
func (e *Engine) Release(ctx context.Context, which func(org string) bool) {
	var waits []chan struct{}
	for _, o := range e.organisations() {
		if !which(o.id) {
			continue
		}
		done := make(chan struct{})
		waits = append(waits, done)
		e.system.Root.Send(o.pid, &release{done})
	}
	for _, done := range waits {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// release begins to give up. What has not been decided yet follows elsewhere.
func (a *orgActor) release(c actor.Context, m *release) {
	a.engine.forget(a.org)
	a.releasing = append(a.releasing, m.done)
	a.releaseWhenIdle(c)
}

// releaseWhenIdle ends the activation once nothing is pending any more.
func (a *orgActor) releaseWhenIdle(c actor.Context) {
	if len(a.releasing) == 0 || a.newest() != nil {
		return
	}
	if !a.ready { // not read back yet: the journal is not told, the next owner waits
		a.leave(c, errMoved)
		return
	}
	waits := a.releasing
	a.releasing = nil
	a.engine.stats.released.Add(1)
	a.leave(c, errMoved)
	a.giveUp(waits, true)
}

// giveUp tells the journal that this activation answers nothing any more, and
// then, where somebody else goes on, those who follow. The activation has left.
func (a *orgActor) giveUp(waits []chan struct{}, followed bool) {
	e, id, epoch := a.engine, a.org.id, a.epoch
	if e.shared == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), releaseTimeoutMS*time.Millisecond)
		defer cancel()
		if err := e.shared.Fences.Release(ctx, id, epoch); err != nil {
			e.log.Warn("organisation given up without a word to the journal; the next owner waits", "org", id, "error", err)
		}
		if followed {
			e.feed.moved(id)
		}
		for _, done := range waits {
			close(done)
		}
	}()
}

// releaseEnded lets those go on who wait for an activation that ended otherwise.
func (a *orgActor) releaseEnded() {
	for _, done := range a.releasing {
		close(done)
	}
	a.releasing = nil
}
