package replay

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// placeAll sends all orders. Workers take them in order, so an order waits only
// while every worker is busy with an earlier one.
func (r *Replay) placeAll(ctx context.Context) {
	var next atomic.Int64
	var workers sync.WaitGroup
	started := time.Now()
	for range min(r.options.Concurrency, len(r.orders)) {
		workers.Go(func() {
			p := r.Placer()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(r.orders) {
					return
				}
				due := time.Now()
				if r.options.Speed > 0 {
					due = started.Add(r.orders[i].due)
					if sleep(ctx, time.Until(due)) != nil {
						return
					}
				}
				if _, isFault := errors.AsType[*Fault](p.Place(ctx, i, due)); !isFault && ctx.Err() != nil {
					return
				}
			}
		})
	}
	workers.Wait()
}

// A Placer places one order at a time.
type Placer struct {
	replay   *Replay
	exchange exchange
}

// Placer makes one; at most Concurrency of them may be at work at once.
func (r *Replay) Placer() *Placer { return &Placer{r, exchange{client: r.client}} }

// Place places order i, whose latency counts from the moment it was due, and
// reports what was wrong with it: a *Fault, which the report has, too, or that
// ctx ended.
func (p *Placer) Place(ctx context.Context, i int, due time.Time) error {
	r := p.replay
	o := &r.orders[i]
	answer, err := p.exchange.place(ctx, o, r.organisations[o.organisation].authorization, r.currency)
	if err == nil {
		return r.tally.accept(i, answer, time.Since(due))
	}
	if wrong, ok := errors.AsType[*Fault](err); ok {
		r.tally.reject(wrong)
	}
	return err
}
