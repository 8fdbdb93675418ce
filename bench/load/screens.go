package load

import (
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Screens are what a load came to at those who watch.
type Screens struct {
	Screens    int        `json:"screens"`
	Due        int64      `json:"due"`       // good orders, times the screens of their organisation
	Delivered  int64      `json:"delivered"` // of them
	PerSecond  float64    `json:"delivered_per_second"`
	MicrosEach float64    `json:"server_cpu_us_each,omitempty"` // per delivery
	Latency    Latency    `json:"latency_ms"`                   // from the planned moment of the order
	Quantiles  []Quantile `json:"quantiles"`

	seen timing
	all  int64 // delivered, warm-up included
}

// Watched adds what screens saw: latencies in µs, and deliveries with those of
// the warm-up.
func (r *Result) Watched(screens int, due int64, seen *hdrhistogram.Histogram, all int64) {
	r.Screens = &Screens{Screens: screens, Due: due, seen: timingOf(seen), all: all}
	r.Screens.sumUp(r)
}

func (s *Screens) sumUp(r *Result) {
	s.Delivered, s.Latency, s.Quantiles = s.seen.n, s.seen.latency(), s.seen.quantiles()
	s.PerSecond = perSecond(s.Delivered, r.Seconds)
	if r.Server != nil && s.Delivered > 0 {
		s.MicrosEach = r.Server.CPUSeconds * 1e6 / float64(s.Delivered)
	}
}

func (s *Screens) merge(next *Screens, of *Result) {
	s.Due, s.all = s.Due+next.Due, s.all+next.all
	s.seen.merge(&next.seen)
	s.sumUp(of)
}

func (s *Screens) details(w io.Writer) {
	fmt.Fprintf(w, "%d screens: %d of %d frames delivered, %.0f a second", s.Screens, s.Delivered, s.Due, s.PerSecond)
	if s.MicrosEach > 0 {
		fmt.Fprintf(w, ", %.1f µs of the server's processor each", s.MicrosEach)
	}
	fmt.Fprintln(w)
}

// Back is what a crowd of sockets came to that was cut and came back.
type Back struct {
	Sockets int     `json:"sockets"`
	WithinS float64 `json:"within_s"`      // from the first to the last that was due
	Resumed bool    `json:"resumed"`       // from where they were; else with a snapshot
	Missed  int     `json:"missed_events"` // by each of those that resumed
	LastMS  MS      `json:"last_ms"`       // from the start until all were back
}

// CameBack replaces the latencies by those of sockets, in µs from the moment each
// was due until it had its snapshot, or what it had missed.
func (r *Result) CameBack(b Back, seen *hdrhistogram.Histogram, last time.Duration) {
	b.LastMS = milliseconds(last)
	r.Back, r.Label = &b, "back"
	r.timed.all = timingOf(seen)
	r.timed.operations[0] = r.timed.all
	r.sumUp()
	r.PerSecond = perSecond(r.timed.all.n, r.Seconds) // not of those that were only connected
}

func (b *Back) details(w io.Writer) {
	if b.Sockets == 0 {
		fmt.Fprintln(w, "no socket came back")
		return
	}
	until := "its snapshot"
	if b.Resumed {
		until = fmt.Sprintf("the %d events it had missed", b.Missed)
	}
	fmt.Fprintf(w, "%d sockets came back within %.3g s; each is timed from when it was due until it had %s; the last had it after %v ms\n", b.Sockets, b.WithinS, until, b.LastMS)
}
