// Package load sends requests, one after another over each of a number of
// connections, and times them: in a closed loop, where each answer brings the
// next request, or on a plan that does not wait for answers. What a request is,
// a Job says. The package is a client: it may not import anything of the engine.
package load

import (
	"context"
	"fmt"
	"math"
	"time"
)

// A Worker sends over one connection, one request at a time.
type Worker interface {
	// Send sends the next request and waits for its answer. It returns which of
	// the job's operations that was, and what was wrong: nil for a good answer,
	// best a *Fault otherwise.
	Send(Turn) (operation int, err error)
}

// A Turn is a request's place in a load.
type Turn struct {
	Number  int       // 0, 1, 2… of the plan; in a closed loop, of the connection
	Planned time.Time // when it was due; in a closed loop, now
}

// A Job is what is sent.
type Job struct {
	Operations []string // their names
	// Worker makes the worker of a connection, 0, 1, 2…, before the clock starts.
	Worker     func(connection int) Worker
	OrdersEach int // of a request, where that is a batch; 0 = it is none
	// Abandon, when set, cuts what is still under way: those Sends return at once.
	Abandon func()
}

// A Plan is when requests are due, in order.
type Plan []time.Duration

// Options say how it is sent. Exactly one kind of load is meant: Rate 0 and
// Burst 0 and no Plan is the closed loop.
type Options struct {
	Label       string // "" = named by its plan
	Connections int
	Warmup      time.Duration // under the same load, before anything counts
	Duration    time.Duration // of what counts
	Rate        float64       // open loop: requests planned a second, at equal distances
	Burst       int           // so many requests planned for the first moment, and no more
	Plan        Plan          // when each request is due, after the start; nothing warms up then
	Silence     time.Duration // a run without a good answer for so long is over; 0 = never
	Server      *Process      // whose processor and memory are measured; nil = nobody's
	// Progress, when set, hears of the run every tenth of a second: requests done,
	// and how many they will be. Calls do not overlap.
	Progress func(done, expected int)

	// sleep is time.Sleep in tests, where time is not the machine's.
	sleep func(time.Duration)
}

const (
	// abandonAfter is how long answers are waited for once a run was cut short.
	abandonAfter = time.Second
	// drain is how long after its end an open loop still sends what was planned.
	drain = 5 * time.Second
	// errorPause follows a request without any answer: a target that refuses
	// connections would otherwise be asked a hundred thousand times a second.
	errorPause = 10 * time.Millisecond
	tick       = 100 * time.Millisecond
	// MaxPlanned bounds what one run may plan.
	MaxPlanned = 100_000_000
)

// Run sends until the time is up. When ctx ends early or the target stays
// silent, the result covers what was answered until then, and the error says why.
func Run(ctx context.Context, job Job, o Options) (Result, error) {
	if planned := o.Rate * (o.Warmup + o.Duration).Seconds(); planned > MaxPlanned {
		return Result{}, fmt.Errorf("%.0f requests planned, at most %d", planned, MaxPlanned)
	}
	workers := make([]Worker, o.Connections)
	for i := range workers {
		workers[i] = job.Worker(i)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if o.sleep == nil {
		alarm, err := newAlarm()
		if err != nil {
			return Result{}, err
		}
		defer alarm.close()
		o.sleep = alarm.sleep
	}
	if len(o.Plan) > 0 {
		o.Warmup, o.Duration = 0, o.Plan[len(o.Plan)-1]
	}
	start := time.Now()
	r := newRecorder(job.Operations, start, o)
	watching := watch(ctx, cancel, job, r, o)
	if o.Rate > 0 || o.Burst > 0 || len(o.Plan) > 0 {
		runOpen(ctx, workers, r, o)
	} else {
		runClosed(ctx, workers, r, o)
	}
	ended := time.Now()
	watching.stop()
	result := r.result(o, ended, watching, ctx.Err() != nil)
	result.OrdersEach = job.OrdersEach
	result.sumUp()
	return result, context.Cause(ctx)
}

// runClosed lets each connection send as fast as its answers come. One whose
// request of the warm-up took all the time sends another: it would else have
// measured nothing, as if the target had been silent.
func runClosed(ctx context.Context, workers []Worker, r *recorder, o Options) {
	end := r.start.Add(o.Warmup + o.Duration)
	each(workers, func(w Worker) {
		for n, counts := 0, false; ctx.Err() == nil; n++ {
			sent := time.Now()
			if counts && !sent.Before(end) {
				return
			}
			counts = !sent.Before(r.measured)
			r.send(ctx, w, Turn{n, sent}, sent)
		}
	})
}

// planned is how many requests the plan has and when each is due.
func (o *Options) planned() (n int, due func(i int) time.Duration) {
	if len(o.Plan) > 0 {
		return len(o.Plan), func(i int) time.Duration { return o.Plan[i] }
	}
	if o.Burst > 0 {
		return o.Burst, func(int) time.Duration { return 0 }
	}
	n = int(math.Ceil(o.Rate * (o.Warmup + o.Duration).Seconds()))
	return n, func(i int) time.Duration { return time.Duration(float64(i) / o.Rate * float64(time.Second)) }
}
