package load

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPairsTakeTurns has one side of 2 ms and one of 1 ms: the order is A B, B A,
// the ratio is exact and so is its interval.
func TestPairsTakeTurns(t *testing.T) {
	within(t, func() {
		var order []string
		side := func(name string, takes time.Duration) Side {
			return Side{Name: name, Says: "a target", Options: options(1), Job: job(func() error {
				if len(order) == 0 || order[len(order)-1] != name {
					order = append(order, name)
				}
				time.Sleep(takes)
				return nil
			})}
		}
		ours, theirs := side("ours", 2*time.Millisecond), side("theirs", time.Millisecond)
		ours.Options.Duration, theirs.Options.Duration = time.Second, time.Second
		v, runs, err := Against(context.Background(), ours, theirs, 4)
		if err != nil {
			t.Fatal(err)
		}
		// Two runs of one side in a row are one entry.
		if !slices.Equal(order, []string{"ours", "theirs", "ours", "theirs", "ours"}) {
			t.Errorf("order %v", order)
		}
		for n, p := range v.Pairs {
			if p.OursFirst != (n%2 == 0) || p.Ours.PerSecond != 500 || p.Theirs.PerSecond != 1000 {
				t.Errorf("pair %d: %+v", n, p)
			}
		}
		if r := v.PerSecond; r.Pairs != 4 || math.Abs(r.Mean-0.5) > 1e-9 || math.Abs(r.Low-0.5) > 1e-9 || math.Abs(r.High-0.5) > 1e-9 {
			t.Errorf("ratio of rates %+v", r)
		}
		if math.Abs(v.P50.Mean-2) > 1e-9 || v.ServerCPU.Pairs != 0 || v.Beyond.Pairs != 0 {
			t.Errorf("p50 %+v, processor of nobody %+v %+v", v.P50, v.ServerCPU, v.Beyond)
		}
		if len(runs) != 2 || runs[0].Label != "ours" || runs[0].Requests != 2000 || runs[1].Requests != 4000 ||
			runs[0].Seconds != 4 || runs[0].PerSecond != 500 || runs[0].Latency.N != 2000 || runs[0].Latency.Max != 2000 || runs[1].Latency.P50 != 1000 {
			t.Errorf("%+v", runs)
		}
	})
}

// TestPairsThatEndEarlyKeepWhatWasMeasured when the other side falls silent.
func TestPairsThatEndEarlyKeepWhatWasMeasured(t *testing.T) {
	within(t, func() {
		start := time.Now()
		o := options(1)
		o.Duration, o.Silence = time.Second, 500*time.Millisecond
		good := job(func() error { time.Sleep(time.Millisecond); return nil })
		dying := job(func() error {
			time.Sleep(time.Millisecond)
			if time.Since(start) > 4*time.Second {
				return &Fault{Kind: "connection refused"}
			}
			return nil
		})
		v, runs, err := Against(context.Background(), Side{Name: "ours", Job: good, Options: o}, Side{Name: "theirs", Job: dying, Options: o}, 12)
		if !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "theirs") {
			t.Errorf("error %v", err)
		}
		if strings.Contains(err.Error(), "whole run") || len(v.Pairs) < 1 || len(v.Pairs) > 3 || v.PerSecond.Pairs != len(v.Pairs) || len(runs) != 2 || runs[1].Errors == 0 || !runs[1].Partial {
			t.Errorf("%d pairs, %+v", len(v.Pairs), runs)
		}
	})
}

// TestARunWithoutAnyAnswerEndsThePairs: each run is shorter than the patience
// within one, and a dead target would be asked for hours.
func TestARunWithoutAnyAnswerEndsThePairs(t *testing.T) {
	within(t, func() {
		o := options(1)
		o.Duration, o.Silence = 100*time.Millisecond, time.Minute
		good := job(func() error { time.Sleep(time.Millisecond); return nil })
		dead := job(func() error { return &Fault{Kind: "connection refused"} })
		start := time.Now()
		_, runs, err := Against(context.Background(), Side{Name: "ours", Job: good, Options: o}, Side{Name: "theirs", Job: dead, Options: o}, 1000)
		if !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "theirs: no good answer in a whole run: connection refused") || len(runs) != 2 {
			t.Errorf("%v, %d runs", err, len(runs))
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

// TestServerTimeBetweenRunsCounts: what a server does behind its answers is its
// cost, too. The server here is this process, and works only between the runs.
func TestServerTimeBetweenRunsCounts(t *testing.T) {
	var calls int
	o := Options{Connections: 1, Duration: 50 * time.Millisecond, Server: &Process{PID: os.Getpid()}}
	o.sleep = func(time.Duration) {
		calls++
		for from := ownCPU(); ownCPU()-from < 30*time.Millisecond; { // busy for so long
		}
	}
	idle := job(func() error { time.Sleep(10 * time.Millisecond); return nil })
	v, _, err := Against(context.Background(), Side{Name: "a", Job: idle, Options: o}, Side{Name: "b", Job: idle, Options: o}, 2)
	if err != nil || calls != 4 {
		t.Fatalf("%v, %d pauses", err, calls)
	}
	for _, p := range v.Pairs {
		if least := 60_000.0 / 6; p.Ours.ServerMicros < least { // at most 6 requests in 50 ms
			t.Errorf("%v µs a request, want at least %v", p.Ours.ServerMicros, least)
		}
	}
}

// TestIntervals against figures worked out by hand: mean 2, deviation 1, so
// 4.303 × 1/√3 to either side.
func TestIntervals(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) < 0.001 }
	d := difference([]float64{11, 12, 13}, []float64{10, 10, 10})
	if d.Pairs != 3 || !near(d.Mean, 2) || !near(d.Low, 2-2.4841) || !near(d.High, 2+2.4841) {
		t.Errorf("difference %+v", d)
	}
	r := ratio([]float64{2, 8, 0}, []float64{1, 2, 5}) // the third pair has no figure
	if r.Pairs != 2 || !near(r.Mean, math.Sqrt(8)) || r.Low >= r.Mean || r.High <= r.Mean {
		t.Errorf("ratio %+v", r)
	}
	back := ratio([]float64{1, 2}, []float64{2, 8})
	if !near(back.Mean*r.Mean, 1) || !near(back.Low*r.High, 1) {
		t.Errorf("b over a is %+v, a over b %+v", back, r)
	}
	if one, none := ratio([]float64{3}, []float64{2}), ratio(nil, nil); one.text("%.1f") != "1.5 (one pair)" || none.text("%.1f") != "-" {
		t.Errorf("%q %q", one.text("%.1f"), none.text("%.1f"))
	}
}

func TestMergedRunsAreOne(t *testing.T) {
	within(t, func() {
		run := func(takes time.Duration, wrong error) Result {
			o := options(1)
			o.Duration = time.Second
			n := 0
			r, err := Run(context.Background(), job(func() error {
				if n++; wrong != nil && n == 1 {
					return wrong
				}
				time.Sleep(takes)
				return nil
			}), o)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		var all Result
		all.merge(run(time.Millisecond, nil))
		all.merge(run(100*time.Millisecond, &Fault{Kind: "503", Answered: true}))
		all.merge(run(100*time.Millisecond, &Fault{Kind: "503", Answered: true}))
		if all.Latency.N != 1020 || all.Latency.Min != 1000 || all.Latency.Max != 100_000 || all.Latency.P50 != 1000 || all.Latency.P99 != 100_000 {
			t.Errorf("%+v", all.Latency)
		}
		if all.Errors != 2 || len(all.FirstFault) != 1 || all.FirstFault[0].Count != 2 || all.Seconds != 3 || all.PerSecond != 340 {
			t.Errorf("%+v", all)
		}
		if len(all.Operations) != 1 || all.Operations[0].Latency.N != 1020 {
			t.Errorf("%+v", all.Operations)
		}
	})
}

func TestVersusStandsInTheText(t *testing.T) {
	r := sample()
	r.Runs = append(r.Runs, r.Runs[0])
	r.Runs[0].Label, r.Runs[1].Label = "engine", "bare"
	r.Versus = &Versus{Ours: "engine", Theirs: "bare", Says: "a handler", Unit: "request", Pairs: []Pair{
		{Ours: Figures{100, 2000, 9000, 50}, Theirs: Figures{400, 1000, 3000, 10}},
		{Ours: Figures{100, 2000, 9000, 52}, Theirs: Figures{400, 1000, 3000, 12}},
	}}
	r.Versus.sumUp()
	said := strings.Join(strings.Fields(text(t, r)), " ")
	wantLines(t, said, "engine against bare (a handler): 2 pairs in ABBA order", "good/s 100 400 0.250 (0.250 to 0.250)",
		"p99 ms 9.000 3.000 3.000", "server CPU µs a request 51.0 11.0", "server CPU beyond bare's: 40.0 (40.0 to 40.0) µs a request")
}
