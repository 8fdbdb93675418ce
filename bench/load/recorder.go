package load

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// lateAfter is the delay behind its plan from which a start counts as late.
	lateAfter = time.Millisecond
	// maxPoints bounds the course of a run over time.
	maxPoints   = 120
	minInterval = 100 * time.Millisecond
)

// A recorder takes what the workers saw. Only requests planned after the warm-up
// count.
type recorder struct {
	start, measured time.Time // of the load, of what counts
	interval        time.Duration

	mu         sync.Mutex
	done       int // warm-up included
	lastGood   time.Time
	requests   int64
	errors     int64
	never      int64
	late       int64
	worst      time.Duration
	all, sent  timing // from the planned moment, from the moment it was sent
	operations []timing
	names      []string
	faults     faults
	course     []Point
}

func newRecorder(operations []string, start time.Time, o Options) *recorder {
	r := &recorder{
		start: start, measured: start.Add(o.Warmup), lastGood: start, names: operations,
		interval: max(minInterval, (o.Duration / maxPoints).Round(minInterval)),
		all:      newTiming(), sent: newTiming(), operations: make([]timing, len(operations)),
	}
	for i := range r.operations {
		r.operations[i] = newTiming()
	}
	return r
}

// send lets a worker send a request now, and records it. What fails because the run was cut short is not counted.
func (r *recorder) send(ctx context.Context, w Worker, turn Turn, sent time.Time) {
	operation, err := w.Send(turn)
	answered := time.Now()
	if err != nil && ctx.Err() != nil {
		return
	}
	r.record(operation, turn.Planned, sent, answered, err)
	if f, ok := errors.AsType[*Fault](err); err != nil && !(ok && f.Answered) {
		select {
		case <-ctx.Done():
		case <-time.After(errorPause):
		}
	}
}

func (r *recorder) record(operation int, planned, sent, answered time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if err == nil {
		r.lastGood = answered
	}
	if planned.Before(r.measured) {
		return
	}
	r.requests++
	if behind := sent.Sub(planned); behind > lateAfter {
		r.late++
		r.worst = max(r.worst, behind)
	}
	p := r.at(answered)
	if err != nil {
		r.errors++
		r.faults.add(err)
		p.Errors++
		return
	}
	p.Good++
	r.all.add(answered.Sub(planned))
	r.sent.add(answered.Sub(sent))
	r.operations[operation].add(answered.Sub(planned))
}

// unsent records a planned request that found no free connection at all. It
// would have taken at least until now.
func (r *recorder) unsent(planned, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if planned.Before(r.measured) {
		return
	}
	r.never++
	r.all.add(now.Sub(planned))
}

// at is the point of the course a moment falls into. What is answered long after
// the end belongs to the last.
func (r *recorder) at(moment time.Time) *Point {
	i := min(max(0, int(moment.Sub(r.measured)/r.interval)), 2*maxPoints)
	for len(r.course) <= i {
		r.course = append(r.course, Point{})
	}
	return &r.course[i]
}

func (r *recorder) sofar() (done int, lastGood time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done, r.lastGood
}
