package persistence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// lookEveryMS is the pause between two looks at a server, and the time limit of
// each. They go on while nobody uses it: an idle node must not be sent clients
// that it would have to refuse.
const lookEveryMS = 1000

// maxSilentLooks bounds the looks in a row that bring no answer before callers
// are refused: one alone may have met a pause. A lost history needs no second look.
const maxSilentLooks = 3

// breaker keeps callers from a server that is away: nobody waits for what cannot
// be. It opens when a caller gave up or looks find nothing, and closes when one
// succeeds.
type breaker struct {
	who     string                      // "the journal"
	trouble string                      // "takes no writes"
	probe   func(context.Context) error // nil = never opens
	log     *slog.Logger
	ctx     context.Context
	reason  atomic.Pointer[error] // nil = closed
	opened  atomic.Uint64         // times
	asking  atomic.Bool           // a doubt is being looked into
}

// newBreaker looks at a server until ctx ends.
func newBreaker(ctx context.Context, who, trouble string, probe func(context.Context) error, log *slog.Logger) *breaker {
	b := &breaker{who: who, trouble: trouble, probe: probe, log: log, ctx: ctx}
	if probe != nil {
		go b.watch()
	}
	return b
}

// down says why callers are refused; nil = they are let through.
func (b *breaker) down() error {
	if reason := b.reason.Load(); reason != nil {
		return *reason
	}
	return nil
}

func (b *breaker) open(err error) {
	if b.probe == nil || b.ctx.Err() != nil {
		return
	}
	reason := fmt.Errorf("%s %s: %w", b.who, b.trouble, err)
	if before := b.reason.Swap(&reason); before == nil {
		b.opened.Add(1)
		b.log.Error(b.who+" "+b.trouble, "error", err)
	}
}

// doubt opens it if a look fails, too: one call that took too long may have
// asked for too much.
func (b *breaker) doubt() {
	if b.probe == nil || b.down() != nil || !b.asking.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer b.asking.Store(false)
		if err := b.look(); err != nil {
			b.open(err)
		}
	}()
}

// watch looks at the server until the breaker's owner ends.
func (b *breaker) watch() {
	ticker := time.NewTicker(lookEveryMS * time.Millisecond)
	defer ticker.Stop()
	var silent int      // looks in a row that failed
	since := time.Now() // the last one that did not
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-ticker.C:
		}
		err := b.look()
		if err == nil {
			if b.reason.Swap(nil) != nil {
				b.log.Warn(b.who+" is back", "after", time.Since(since))
			}
			silent, since = 0, time.Now()
			continue
		}
		silent++
		if silent >= maxSilentLooks || errors.Is(err, ErrHistoryLost) || b.down() != nil {
			b.open(err) // the newest reason counts
		}
	}
}

func (b *breaker) look() error {
	ctx, cancel := context.WithTimeout(b.ctx, lookEveryMS*time.Millisecond)
	defer cancel()
	return b.probe(ctx)
}
