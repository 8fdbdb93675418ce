package actors

import (
	"context"
	"fmt"
	"time"

	"heard/domain"
)

// stays is nil, or why nothing may be written to this store any more.
func (e *Engine) stays(ctx context.Context) error {
	if e.movedAway == nil {
		return nil
	}
	reason, err := e.movedAway(ctx)
	if err != nil {
		return fmt.Errorf("read whether everything was moved away: %w", storeError{err})
	}
	if refusal := e.move(reason); refusal != nil {
		return movedError{refusal}
	}
	return nil
}

type movedError struct{ refusal *domain.Error }

func (e movedError) Error() string { return e.refusal.Error() }

// move notes whether the store is, or was, moved away: then nobody is served
// from it, and screens are sent away, since what they show ends here.
func (e *Engine) move(reason string) *domain.Error {
	var refusal *domain.Error
	if reason != "" {
		refusal = domain.Refuse(domain.JournalUnavailable, reason)
	}
	before := e.moved.Swap(refusal)
	switch {
	case before == nil && refusal != nil:
		e.log.Error("nothing is served any more", "reason", reason)
		for _, o := range e.organisations() {
			e.feed.moved(o.id)
		}
	case before != nil && refusal == nil:
		e.log.Warn("served again: nothing was moved away")
	}
	return refusal
}

// watchMove looks once a second, for organisations that nobody writes to. A
// store that does not answer moves nowhere.
func (e *Engine) watchMove() {
	if e.movedAway == nil {
		return
	}
	e.every(time.Second, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if reason, err := e.movedAway(ctx); err == nil {
			e.move(reason)
		}
	})
}
