package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrSilent ends a run whose target gives no good answer any more.
var ErrSilent = errors.New("no good answer")

// A watcher follows a run from the side: it measures processors from the end of
// the warm-up, shows the progress, and ends what has no hope.
type watcher struct {
	done    chan struct{}
	stopped sync.WaitGroup

	began     bool // what counts has begun
	server    *Process
	own       meter
	target    meter
	residents [2]int64 // bytes when the measuring began, and at most
}

// meter is processor time at the beginning and at the end of what counts.
type meter struct {
	from, to time.Duration
	wrong    error
}

func (m *meter) spent() time.Duration { return m.to - m.from }

func watch(ctx context.Context, cancel context.CancelCauseFunc, job Job, r *recorder, o Options) *watcher {
	w := &watcher{done: make(chan struct{}), server: o.Server}
	w.stopped.Go(func() {
		warm := time.NewTimer(o.Warmup)
		defer warm.Stop()
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		if o.Warmup == 0 {
			w.begin()
		}
		var abandon <-chan time.Time
		cut := ctx.Done()
		for {
			select {
			case <-w.done:
				return
			case <-warm.C:
				if o.Warmup > 0 {
					w.begin()
				}
			case <-cut:
				cut, abandon = nil, time.After(abandonAfter)
			case <-abandon:
				if job.Abandon != nil {
					job.Abandon()
				}
			case now := <-ticker.C:
				w.look(now, cancel, r, o)
			}
		}
	})
	return w
}

func (w *watcher) begin() {
	w.began = true
	w.own.from = ownCPU()
	if w.server != nil {
		w.target.from, w.target.wrong = w.server.CPU()
		w.target.to = w.target.from
		w.residents[0], _ = w.server.ResidentBytes() // the processor's error says it
		w.residents[1] = w.residents[0]
	}
}

func (w *watcher) look(now time.Time, cancel context.CancelCauseFunc, r *recorder, o Options) {
	done, lastGood := r.sofar()
	if o.Silence > 0 && now.Sub(lastGood) > o.Silence {
		cancel(fmt.Errorf("%w for %v", ErrSilent, o.Silence))
	}
	if w.server != nil {
		if bytes, err := w.server.ResidentBytes(); err == nil {
			w.residents[1] = max(w.residents[1], bytes)
		}
		if used, err := w.server.CPU(); err == nil && w.began {
			w.target.to = used // it may be killed before the end
		}
	}
	if o.Progress != nil && done > 0 {
		o.Progress(done, max(done, o.expected(done, now.Sub(r.start))))
	}
}

// silent is an error where a whole run had no good answer.
func (r *Result) silent() error {
	if r.timed.sent.n > 0 {
		return nil
	}
	text := "nothing was sent"
	if len(r.FirstFault) > 0 {
		text = r.FirstFault[0].First
	}
	return fmt.Errorf("%w in a whole run: %s", ErrSilent, text)
}

// expected is how many requests there will be: those planned, or as many in the
// whole time as there were until now.
func (o *Options) expected(done int, elapsed time.Duration) int {
	if n, _ := o.planned(); n > 0 {
		return n
	}
	return int(float64(done) * float64(o.Warmup+o.Duration) / float64(elapsed))
}

func (w *watcher) stop() {
	close(w.done)
	w.stopped.Wait()
	if !w.began {
		return
	}
	w.own.to = ownCPU()
	if w.server != nil && w.target.wrong == nil {
		if used, err := w.server.CPU(); err == nil {
			w.target.to = used
		} else if w.target.to == w.target.from {
			w.target.wrong = err
		}
		if bytes, err := w.server.ResidentBytes(); err == nil {
			w.residents[1] = max(w.residents[1], bytes)
		}
	}
}
