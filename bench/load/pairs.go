package load

import (
	"context"
	"fmt"
	"time"
)

const (
	// MinPairs is the fewest pairs a comparison takes: with fewer the interval says
	// little on a machine that does other things, too.
	MinPairs = 12
	MaxPairs = 1000
	// settle follows each run, so that what a server does behind its answers falls
	// on none of the next one's. Its processor time is counted nevertheless.
	settle = 200 * time.Millisecond
)

// A Side is one of two loads that are held against each other.
type Side struct {
	Name    string
	Says    string // what it is, in a line
	Job     Job
	Options Options
	// Run runs it once; nil is Run of the job.
	Run func(context.Context, Options) (Result, error)
}

func (s *Side) run(ctx context.Context, o Options) (Result, error) {
	if s.Run != nil {
		return s.Run(ctx, o)
	}
	return Run(ctx, s.Job, o)
}

// A Pair is what both sides came to, one right after the other.
type Pair struct {
	OursFirst bool    `json:"ours_first"`
	Ours      Figures `json:"ours"`
	Theirs    Figures `json:"theirs"`
}

// Figures are what is compared of one run.
type Figures struct {
	PerSecond float64 `json:"good_per_second"`
	P50       MS      `json:"p50_ms"`
	P99       MS      `json:"p99_ms"`
	// ServerMicros is the processor time of the server during the whole pair, what
	// it did behind its answers included, for each request of the pair, warm-up
	// included; 0 = not measured.
	ServerMicros float64 `json:"server_cpu_us_each"`
}

// A Versus is a load held against another in one run: pairs in ABBA order.
type Versus struct {
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	Says   string `json:"says"` // what the other is
	Unit   string `json:"unit"` // what is counted: a request, or a delivery to a screen
	Pairs  []Pair `json:"pairs"`

	PerSecond Interval `json:"good_per_second_ratio"`
	P50       Interval `json:"p50_ratio"`
	P99       Interval `json:"p99_ratio"`
	ServerCPU Interval `json:"server_cpu_ratio"`
	Beyond    Interval `json:"server_cpu_us_beyond"` // ours less theirs, µs a request
}

// Against runs both sides in turns, A B, B A, A B, …, after a warm-up of both
// that nothing counts of. It returns each side's runs as one result, and what
// was measured before an error with it.
func Against(ctx context.Context, ours, theirs Side, pairs int) (Versus, []Result, error) {
	v := Versus{Ours: ours.Name, Theirs: theirs.Name, Says: theirs.Says, Unit: "request"}
	sides := [2]Side{ours, theirs}
	results := make([]Result, 2)
	warmup := ours.Options.Warmup
	for i := range sides {
		o := &sides[i].Options
		o.Label = sides[i].Name
		o.Warmup = min(warmup, o.Duration/10) // none of a burst
	}
	progress := ours.Options.Progress
	rest := time.Sleep
	if ours.Options.sleep != nil {
		rest = ours.Options.sleep
	}
	step := func(run int) {
		if progress != nil {
			p := func(done, expected int) { progress(1000*run+1000*done/expected, 1000*2*(pairs+1)) }
			sides[0].Options.Progress, sides[1].Options.Progress = p, p
		}
	}
	if warmup > 0 {
		for i, side := range sides {
			step(i)
			o := side.Options
			o.Warmup, o.Duration = 0, warmup
			if r, err := side.run(ctx, o); err != nil {
				return v, []Result{r}, fmt.Errorf("warming up %s: %w", side.Name, err)
			}
		}
	}
	for n := range pairs {
		p := Pair{OursFirst: n%2 == 0}
		before, from := p.cpu(sides)
		got := [2]Result{}
		for i := range sides {
			which := (n + i) % 2
			step(2 + 2*n + i)
			r, err := sides[which].run(ctx, sides[which].Options)
			got[which] = r
			if r.Screens != nil {
				v.Unit = "delivery"
			}
			results[which].merge(r)
			if err == nil {
				err = r.silent() // a run is shorter than the patience within one
			}
			if err != nil {
				v.sumUp()
				return v, reported(results), fmt.Errorf("%s: %w", sides[which].Name, err)
			}
			rest(settle)
		}
		after, to := p.cpu(sides)
		for i, figures := range []*Figures{&p.Ours, &p.Theirs} {
			var of int64
			if *figures, of = got[i].figures(); from[i] && to[i] && of > 0 {
				figures.ServerMicros = float64(after[i]-before[i]) / float64(time.Microsecond) / float64(of)
			}
		}
		v.Pairs = append(v.Pairs, p)
	}
	v.sumUp()
	return v, reported(results), nil
}

// figures are those of the deliveries where screens watch. The number is of all
// that the server's processor worked for, warm-up included.
func (r *Result) figures() (f Figures, of int64) {
	if s := r.Screens; s != nil {
		return Figures{s.PerSecond, s.Latency.P50, s.Latency.P99, 0}, s.all
	}
	return Figures{r.PerSecond, r.Latency.P50, r.Latency.P99, 0}, r.Sent
}

// cpu is what both servers have used, where that is known.
func (*Pair) cpu(sides [2]Side) (used [2]time.Duration, known [2]bool) {
	for i := range sides {
		if server := sides[i].Options.Server; server != nil {
			var err error
			used[i], err = server.CPU()
			known[i] = err == nil
		}
	}
	return used, known
}

// reported leaves out a side that never ran.
func reported(results []Result) (ran []Result) {
	for _, r := range results {
		if r.timed != nil {
			ran = append(ran, r)
		}
	}
	return ran
}

func (v *Versus) sumUp() {
	of := func(figure func(Figures) float64) (a, b []float64) {
		for _, p := range v.Pairs {
			a, b = append(a, figure(p.Ours)), append(b, figure(p.Theirs))
		}
		return a, b
	}
	v.PerSecond = ratio(of(func(f Figures) float64 { return f.PerSecond }))
	v.P50 = ratio(of(func(f Figures) float64 { return float64(f.P50) }))
	v.P99 = ratio(of(func(f Figures) float64 { return float64(f.P99) }))
	cpu := func(f Figures) float64 { return f.ServerMicros }
	v.ServerCPU, v.Beyond = ratio(of(cpu)), difference(of(cpu))
}
