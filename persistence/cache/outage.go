package cache

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// outage is the breaker in front of L2. The first call that fails opens it, so
// that one reader waits for the time-out and not all of them; then nobody asks
// L2 until a look at it, in the background, succeeds.
type outage struct {
	down    atomic.Bool
	tripped chan struct{}
	ended   chan struct{}
}

func newOutage(ctx context.Context, pause time.Duration, probe func(context.Context) error, log *slog.Logger) *outage {
	o := &outage{tripped: make(chan struct{}, 1), ended: make(chan struct{})}
	go o.run(ctx, pause, probe, log)
	return o
}

// trip says that L2 did not answer as it should.
func (o *outage) trip(err error, log *slog.Logger) {
	if o.down.CompareAndSwap(false, true) {
		log.Warn("the shared cache does not answer; reads do without it", "error", err)
		o.tripped <- struct{}{} // has room: the last one was taken before down was cleared
	}
}

func (o *outage) run(ctx context.Context, pause time.Duration, probe func(context.Context) error, log *slog.Logger) {
	defer close(o.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.tripped:
		}
		for {
			if !sleep(ctx, pause) {
				return
			}
			if probe(ctx) == nil {
				break
			}
		}
		log.Info("the shared cache answers again")
		o.down.Store(false)
	}
}

func (o *outage) wait() { <-o.ended }

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
