package load

import (
	"context"
	"sync"
	"time"
)

// runOpen sends on a plan. One goroutine watches the clock and hands each
// request over when it is due; one that finds every connection busy waits, and
// its latency counts from the planned moment: a stall of the target is seen by
// all who would have asked meanwhile, not only by those who were connected.
func runOpen(ctx context.Context, workers []Worker, r *recorder, o Options) {
	n, due := o.planned()
	handed := make(chan Turn)
	var clock sync.WaitGroup
	clock.Go(func() {
		defer close(handed)
		over := time.NewTimer(o.Warmup + o.Duration + drain)
		defer over.Stop()
		for i := range n {
			planned := r.start.Add(due(i))
			if !sleepUntil(ctx, planned, o.sleep) {
				return
			}
			select {
			case handed <- Turn{i, planned}:
			case <-ctx.Done():
				return
			case <-over.C:
				now := time.Now()
				for ; i < n; i++ {
					r.unsent(r.start.Add(due(i)), now)
				}
				return
			}
		}
	})
	each(workers, func(w Worker) {
		for turn := range handed {
			r.send(ctx, w, turn, time.Now())
		}
	})
	clock.Wait()
}

// fine is how long before a planned moment the exact sleep takes over.
const fine = 2 * time.Millisecond

// sleepUntil reports false when ctx ended before the moment came.
func sleepUntil(ctx context.Context, moment time.Time, sleep func(time.Duration)) bool {
	if coarse := time.Until(moment) - fine; coarse > 0 {
		timer := time.NewTimer(coarse)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
	}
	if rest := time.Until(moment); rest > 0 {
		sleep(rest)
	}
	return ctx.Err() == nil
}

// each runs a function for every worker and waits for all.
func each(workers []Worker, run func(Worker)) {
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() { run(w) })
	}
	all.Wait()
}
