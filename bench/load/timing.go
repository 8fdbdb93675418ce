package load

import (
	"fmt"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	maxLatency         = 10 * time.Minute
	significantFigures = 3
)

// A timing holds latencies to the microsecond up to 2 ms and to a thousandth
// above; least, most and mean are exact.
type timing struct {
	latencies   *hdrhistogram.Histogram // microseconds
	n           int64
	sum         time.Duration
	least, most time.Duration
}

func newTiming() timing { return timing{latencies: NewHistogram()} }

// NewHistogram makes one for latencies in µs, as a load's own are.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, maxLatency.Microseconds(), significantFigures)
}

// timingOf is of latencies, in µs, that were taken elsewhere; least, most and
// mean are as exact as these.
func timingOf(h *hdrhistogram.Histogram) timing {
	micros := func(v float64) time.Duration { return time.Duration(v * float64(time.Microsecond)) }
	n := h.TotalCount()
	if n == 0 {
		return newTiming()
	}
	return timing{latencies: hdrhistogram.Import(h.Export()), n: n, sum: micros(h.Mean() * float64(n)), least: micros(float64(h.Min())), most: micros(float64(h.Max()))}
}

func (t *timing) add(latency time.Duration) {
	latency = min(max(latency, time.Microsecond), maxLatency)
	// Cannot fail: the value was brought into the histogram's range.
	_ = t.latencies.RecordValue(latency.Microseconds())
	if t.n++; t.n == 1 {
		t.least = latency
	}
	t.sum += latency
	t.least, t.most = min(t.least, latency), max(t.most, latency)
}

// merge adds the latencies of another run.
func (t *timing) merge(other *timing) {
	if other.n == 0 {
		return
	}
	t.latencies.Merge(other.latencies)
	if t.least = min(t.least, other.least); t.n == 0 {
		t.least = other.least
	}
	t.most = max(t.most, other.most)
	t.n, t.sum = t.n+other.n, t.sum+other.sum
}

// A Latency sums up a timing; all in milliseconds.
type Latency struct {
	N    int64 `json:"n"`
	Min  MS    `json:"min"`
	Mean MS    `json:"mean"`
	P50  MS    `json:"p50"`
	P90  MS    `json:"p90"`
	P95  MS    `json:"p95"`
	P99  MS    `json:"p99"`
	P999 MS    `json:"p99.9"`
	Max  MS    `json:"max"`
}

// MS is a time in microseconds that is written in milliseconds.
type MS int64

func (m MS) String() string { return fmt.Sprintf("%d.%03d", m/1000, m%1000) }

// MarshalJSON writes 1500 as 1.500.
func (m MS) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON reads 1.500 as 1500.
func (m *MS) UnmarshalJSON(text []byte) error {
	ms, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("%s is no time in milliseconds", text)
	}
	*m = MS(ms*1000 + 0.5)
	return nil
}

func milliseconds(d time.Duration) MS { return MS(d.Microseconds()) }

func (t *timing) latency() Latency {
	if t.n == 0 {
		return Latency{}
	}
	return Latency{
		N: t.n, Min: milliseconds(t.least), Mean: milliseconds(t.sum / time.Duration(t.n)), Max: milliseconds(t.most),
		P50: t.quantile(50), P90: t.quantile(90), P95: t.quantile(95), P99: t.quantile(99), P999: t.quantile(99.9),
	}
}

func (t *timing) quantile(percent float64) MS {
	return min(MS(t.latencies.ValueAtQuantile(percent)), milliseconds(t.most))
}

// A Quantile says that Percent of the requests took at most MS.
type Quantile struct {
	Percent float64 `json:"percent"`
	MS      MS      `json:"ms"`
}

// quantiles is the curve of percentiles, closer together towards the tail and no
// finer than there are requests.
func (t *timing) quantiles() []Quantile {
	if t.n == 0 {
		return nil
	}
	var curve []Quantile
	for tail := 100.0; tail*float64(t.n) >= 100; tail /= 1.25 {
		curve = append(curve, Quantile{100 - tail, t.quantile(100 - tail)})
	}
	return append(curve, Quantile{100, milliseconds(t.most)})
}
