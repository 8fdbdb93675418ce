package rest

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// latency keeps how long requests took in the last minute: a ring of windows,
// each a histogram with 32 steps to a doubling, so that a percentile is at most
// 3 % off. Recording takes no lock.
type latency struct {
	mu      sync.Mutex // of starting a window
	windows [windowCount]window
}

const (
	windowSeconds = 10
	windowCount   = 7 // six complete ones and the one being filled
	stepBits      = 5
	stepCount     = (32 - stepBits + 1) << stepBits // up to 2^32 µs, 71 minutes
)

type window struct {
	number atomic.Int64 // seconds since 1970 / windowSeconds
	counts [stepCount]atomic.Uint32
}

// Latency is the last minute's requests. Percentiles are in ms.
type Latency struct {
	Requests      uint64
	P50, P90, P99 float64
}

func (l *latency) record(at time.Time, took time.Duration) {
	number := at.Unix() / windowSeconds
	w := &l.windows[number%windowCount]
	if w.number.Load() != number && !l.begin(w, number) {
		return
	}
	w.counts[step(uint64(max(took.Microseconds(), 0)))].Add(1)
}

// begin empties a window for a new time; false when it is newer already, after
// the clock was set back. Records that race with it may be lost or counted a
// minute late: this is a summary, not a ledger.
func (l *latency) begin(w *window, number int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.number.Load() >= number {
		return w.number.Load() == number
	}
	for i := range w.counts {
		w.counts[i].Store(0)
	}
	w.number.Store(number)
	return true
}

func step(us uint64) int {
	us = min(us, 1<<32-1)
	if us < 1<<stepBits {
		return int(us)
	}
	shift := bits.Len64(us) - 1 - stepBits
	return (shift+1)<<stepBits + int(us>>shift) - 1<<stepBits
}

// upper is the largest value of a step, µs.
func upper(step int) uint64 {
	if step < 1<<stepBits {
		return uint64(step)
	}
	shift := step>>stepBits - 1
	return (uint64(step&(1<<stepBits-1))+1<<stepBits+1)<<shift - 1
}

func (l *latency) summary(now time.Time) Latency {
	number := now.Unix() / windowSeconds
	var sum [stepCount]uint64
	var s Latency
	for i := range l.windows {
		w := &l.windows[i]
		if age := number - w.number.Load(); age < 0 || age >= windowCount {
			continue
		}
		for j := range w.counts {
			n := uint64(w.counts[j].Load())
			sum[j] += n
			s.Requests += n
		}
	}
	s.P50, s.P90, s.P99 = percentile(&sum, s.Requests, 50), percentile(&sum, s.Requests, 90), percentile(&sum, s.Requests, 99)
	return s
}

func percentile(sum *[stepCount]uint64, total, percent uint64) float64 {
	if total == 0 {
		return 0
	}
	rank := (total*percent + 99) / 100
	for i, n := range sum {
		if rank <= n {
			return float64(upper(i)) / 1000
		}
		rank -= n
	}
	return float64(upper(stepCount-1)) / 1000
}

// Latency summarises the requests of the last minute.
func (s *Server) Latency() Latency { return s.latency.summary(time.Now()) }
