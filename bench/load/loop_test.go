package load

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// target answers as a test says; its time is the bubble's.
type target func() error

func (t target) Send(Turn) (int, error) { return 0, t() }

func job(t target) Job {
	return Job{Operations: []string{"ask"}, Worker: func(int) Worker { return t }}
}

// within runs a load in fake time.
func within(t *testing.T, run func()) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { run() })
}

func options(connections int) Options {
	return Options{Connections: connections, Duration: 10 * time.Second, sleep: time.Sleep}
}

// stalling answers after a millisecond, but gives no answer in the third second.
func stalling(start time.Time) target {
	return func() error {
		if at := time.Since(start); at >= 2*time.Second && at < 3*time.Second {
			time.Sleep(3*time.Second - at)
		}
		time.Sleep(time.Millisecond)
		return nil
	}
}

// TestOnlyTheOpenLoopSeesAStall is about coordinated omission: a tenth of the
// time nobody was served, so a tenth of all who would have come waited.
func TestOnlyTheOpenLoopSeesAStall(t *testing.T) {
	within(t, func() {
		o := options(4)
		closed, err := Run(context.Background(), job(stalling(time.Now())), o)
		if err != nil {
			t.Fatal(err)
		}
		if l := closed.Latency; l.P999 != 1000 || l.Max != 1001_000 {
			t.Errorf("closed loop: %+v, want all of 1 ms but the four that were under way", l)
		}
		o.Rate = 100
		open, err := Run(context.Background(), job(stalling(time.Now())), o)
		if err != nil {
			t.Fatal(err)
		}
		l := open.Latency
		if l.N != 1000 || open.Requests != 1000 || open.PerSecond != 100 {
			t.Errorf("open loop: %d of %d at %v a second, want 1000", l.N, open.Requests, open.PerSecond)
		}
		if l.P50 != 1000 || l.P95 < 450_000 || l.P95 > 600_000 || l.P99 < 880_000 || l.P99 > 960_000 || l.Max != 1001_000 {
			t.Errorf("open loop: %+v, want p95 of half a stall and p99 of nine tenths", l)
		}
		if open.FromSend.P99 > 2000 {
			t.Errorf("open loop from send: %+v, want the stall hidden", open.FromSend)
		}
		if open.LateStarts < 90 || open.LateStarts > 130 || open.WorstLate < 950_000 {
			t.Errorf("%d late starts, the worst by %v ms; a hundred were due in the stall", open.LateStarts, open.WorstLate)
		}
	})
}

func TestABurstIsTimedFromItsStartAndFromSending(t *testing.T) {
	within(t, func() {
		o := options(100)
		o.Burst = 1000
		r, err := Run(context.Background(), job(func() error { time.Sleep(10 * time.Millisecond); return nil }), o)
		if err != nil {
			t.Fatal(err)
		}
		// Ten waves of a hundred: the average is 5.5 times one request's time.
		if r.Latency.N != 1000 || r.Latency.Mean != 55_000 || r.Latency.Min != 10_000 || r.Latency.Max != 100_000 {
			t.Errorf("from the start: %+v", r.Latency)
		}
		if r.FromSend.Mean != 10_000 || r.FromSend.Max != 10_000 {
			t.Errorf("from sending: %+v", r.FromSend)
		}
		if r.Seconds != 0.1 || r.PerSecond != 10_000 {
			t.Errorf("%v s, %v a second", r.Seconds, r.PerSecond)
		}
	})
}

func TestWarmupDoesNotCount(t *testing.T) {
	for _, rate := range []float64{0, 50} {
		within(t, func() {
			start := time.Now()
			o := options(2)
			o.Warmup, o.Rate = time.Second, rate
			r, err := Run(context.Background(), job(func() error {
				if time.Since(start) < 900*time.Millisecond {
					time.Sleep(30 * time.Millisecond)
					return errors.New("cold")
				}
				time.Sleep(5 * time.Millisecond)
				return nil
			}), o)
			if err != nil || r.Errors != 0 || r.Latency.N != r.Requests || r.Seconds < 10 || r.Seconds > 10.01 {
				t.Errorf("rate %v: %v, %d errors, %d of %d, %v s", rate, err, r.Errors, r.Latency.N, r.Requests, r.Seconds)
			}
			if r.Latency.Min != 5000 || r.Latency.Max != 5000 {
				t.Errorf("rate %v: %+v", rate, r.Latency)
			}
			if want := max(int64(rate*10), 1); r.Requests < want {
				t.Errorf("rate %v: %d requests", rate, r.Requests)
			}
		})
	}
}

// TestARunIsNeverAllWarmup: a request of the warm-up that takes longer than the
// run is followed by one that counts.
func TestARunIsNeverAllWarmup(t *testing.T) {
	within(t, func() {
		o := options(2)
		o.Warmup, o.Duration = 10*time.Millisecond, 100*time.Millisecond
		r, err := Run(context.Background(), job(func() error { time.Sleep(time.Second); return nil }), o)
		if err != nil || r.Requests != 2 || r.Latency.Max != 1_000_000 || r.Seconds != 1.99 || r.silent() != nil {
			t.Errorf("%v: %d requests in %v s, %+v", err, r.Requests, r.Seconds, r.Latency)
		}
	})
}

// TestWhatWasNeverSentIsSaid has one connection that hangs: the plan goes on
// without it.
func TestWhatWasNeverSentIsSaid(t *testing.T) {
	within(t, func() {
		o := options(1)
		o.Rate, o.Duration = 100, time.Second
		r, err := Run(context.Background(), job(func() error { time.Sleep(time.Minute); return nil }), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests != 1 || r.Unsent != 99 || r.Latency.N != 100 {
			t.Errorf("%d sent, %d not, %d in the figures; want 1, 99, 100", r.Requests, r.Unsent, r.Latency.N)
		}
		if r.Latency.Min < 5_000_000 {
			t.Errorf("least %v ms, but none waited less than the five seconds after the plan", r.Latency.Min)
		}
	})
}

func TestASilentTargetEndsTheRun(t *testing.T) {
	within(t, func() {
		o := options(4)
		o.Duration, o.Silence = time.Hour, 2*time.Second
		start := time.Now()
		r, err := Run(context.Background(), job(func() error {
			if time.Since(start) < time.Second {
				time.Sleep(10 * time.Millisecond)
				return nil
			}
			return &Fault{Kind: "connection refused"}
		}), o)
		if !errors.Is(err, ErrSilent) || !r.Partial {
			t.Errorf("%v, partial %v", err, r.Partial)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("ended after %v", took)
		}
		if r.Latency.N != 400 || r.Errors < 400 || r.Errors > 1000 {
			t.Errorf("%d good, %d errors: want what came before, and no storm of repeats", r.Latency.N, r.Errors)
		}
		if len(r.FirstFault) != 1 || r.FirstFault[0].First != "connection refused" || r.FirstFault[0].Count != r.Errors {
			t.Errorf("%+v", r.FirstFault)
		}
	})
}

// TestACutRunKeepsWhatItHas hangs until it is abandoned; what fails by that is no
// fault of the target.
func TestACutRunKeepsWhatItHas(t *testing.T) {
	for _, rate := range []float64{0, 100} {
		within(t, func() {
			ctx, cancel := context.WithCancel(context.Background())
			var sent atomic.Int64
			hung := make(chan struct{})
			j := job(func() error {
				time.Sleep(20 * time.Millisecond)
				if sent.Add(1) > 10 {
					<-hung
					return errors.New("cut")
				}
				return nil
			})
			j.Abandon = func() { close(hung) }
			time.AfterFunc(3*time.Second, cancel)
			o := options(2)
			o.Rate, o.Duration = rate, time.Hour
			start := time.Now()
			r, err := Run(ctx, j, o)
			if !errors.Is(err, context.Canceled) || !r.Partial || r.Errors != 0 || r.Latency.N != 10 {
				t.Errorf("rate %v: %v, %+v", rate, err, r)
			}
			if took := time.Since(start); took != 3*time.Second+abandonAfter {
				t.Errorf("rate %v: returned after %v", rate, took)
			}
		})
	}
}

func TestTheCurveBendsAtThePeak(t *testing.T) {
	within(t, func() {
		o := options(4)
		var shown []int
		o.Progress = func(done, total int) {
			if total != 1000*(1+len(Shares)) {
				t.Errorf("progress of %d", total)
			}
			shown = append(shown, done)
		}
		runs, err := Curve(context.Background(), job(func() error { time.Sleep(10 * time.Millisecond); return nil }), o)
		if err != nil || len(runs) != 1+len(Shares) {
			t.Fatalf("%d runs, %v", len(runs), err)
		}
		if runs[0].Label != "peak" || runs[0].PerSecond != 400 {
			t.Errorf("peak %q %v a second, want 400 of four connections at 10 ms", runs[0].Label, runs[0].PerSecond)
		}
		for i, r := range runs[1:] {
			if want := fmt.Sprintf("%d %%", Shares[i]); r.Label != want || r.Rate != float64(4*Shares[i]) {
				t.Errorf("%q at %v, want %q", r.Label, r.Rate, want)
			}
			if below := Shares[i] <= 100; below && r.Latency.Max > 20_000 || !below && r.Latency.P99 < 500_000 {
				t.Errorf("%s: %+v", r.Label, r.Latency)
			}
		}
		if len(shown) < 100 || shown[len(shown)-1] < 12_000 {
			t.Errorf("progress %v", shown)
		}
	})
}

func TestACurveWithoutAPeakEnds(t *testing.T) {
	within(t, func() {
		runs, err := Curve(context.Background(), job(func() error { return errors.New("no") }), options(2))
		if err == nil || len(runs) != 1 || runs[0].Errors == 0 {
			t.Errorf("%d runs, %v", len(runs), err)
		}
	})
}

func TestTheCourseIsBounded(t *testing.T) {
	within(t, func() {
		o := options(1)
		o.Duration = time.Hour
		r, err := Run(context.Background(), job(func() error { time.Sleep(time.Second); return nil }), o)
		if err != nil {
			t.Fatal(err)
		}
		var good int64
		for _, p := range r.Course.Points {
			good += p.Good
		}
		if good != 3600 || len(r.Course.Points) > maxPoints+1 || r.Course.IntervalMS != 30_000 {
			t.Errorf("%d in %d points of %d ms", good, len(r.Course.Points), r.Course.IntervalMS)
		}
	})
}

func TestAnAbsurdPlanIsRefused(t *testing.T) {
	o := options(1)
	o.Rate, o.Duration = 1e6, time.Hour
	if _, err := Run(context.Background(), job(func() error { return nil }), o); err == nil {
		t.Error("3.6 billion requests were planned")
	}
}
