package load

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sample is a report of one closed loop.
func sample() Report {
	return Report{
		Schema: Schema, Scenario: "create", Kind: Closed, URL: "http://there", Engine: "not ours", Client: "v1", Processors: 2,
		Started: "2026-01-02T03:04:05Z", Seed: 1, Organisations: 16, DurationS: 10, WarmupS: 2,
		Runs: []Result{{
			Label: "all", Connections: 64, Seconds: 10, Requests: 1000, PerSecond: 100,
			Latency:    Latency{1000, 900, 2500, 2000, 3000, 4000, 9000, 12_000, 20_000},
			FromSend:   Latency{1000, 900, 2500, 2000, 3000, 4000, 9000, 12_000, 20_000},
			Operations: []Operation{{"create", 100, Latency{N: 1000}}},
			Quantiles:  []Quantile{{0, 900}, {100, 20_000}}, Course: Course{1000, []Point{{100, 0}, {100, 0}}},
			Generator: Usage{CPUSeconds: 1, Cores: 0.1, MicrosEach: 25}, Server: &Usage{PID: 7, MicrosEach: 155, Cores: 0.5, ResidentMost: 100 << 20},
		}},
	}
}

func text(t *testing.T, r Report) string {
	t.Helper()
	var out strings.Builder
	if err := r.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wantLines(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func TestAReportComesBackFromJSON(t *testing.T) {
	var out bytes.Buffer
	if err := sample().WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	back, err := ReadReport(&out)
	if err != nil || !reflect.DeepEqual(back, sample()) {
		t.Errorf("%v\n got %+v\nwant %+v", err, back, sample())
	}
	for _, other := range []string{"", "{}", "[1]", `{"schema":99,"runs":[{}]}`, "no JSON"} {
		if _, err := ReadReport(strings.NewReader(other)); err == nil {
			t.Errorf("%q was read as a report", other)
		}
	}
}

func TestErrorsStandBesideTheNumber(t *testing.T) {
	r := sample()
	if said := text(t, r); strings.Contains(said, "ERRORS") || strings.Contains(said, "PARTIAL") {
		t.Errorf("a clean run says\n%s", said)
	}
	r.Runs[0].Errors, r.Runs[0].FirstFault = 3, []FaultCount{{First: "POST /api/orders: 503 OVERLOADED", Count: 3}}
	r.Problem = "no good answer for 10s"
	wantLines(t, text(t, r), "ERRORS all: 3 of 1000: 3 × POST /api/orders: 503 OVERLOADED", "PARTIAL: no good answer for 10s")
}

func TestTheTableHasTheFigures(t *testing.T) {
	wantLines(t, text(t, sample()), "2.000  3.000  9.000  12.000  20.000", "0.10 processors, 25.0 µs a request",
		"the server used 0.50 processors, 155.0 µs a request", "64 connections, 16 organisations, seed 1")
	r := sample()
	r.Organisations, r.Runs[0].Connections = 1, 1
	wantLines(t, text(t, r), "1 connection, 1 organisation, seed 1")
	r = sample()
	r.Runs[0].Rate, r.Runs[0].Label, r.Runs[0].LateStarts, r.Runs[0].Unsent = 500, "500/s planned", 600, 0
	wantLines(t, text(t, r), "500/s planned", "from send", "RATE NOT HELD 500/s planned: 600 of 1000 sent late")
	r.Runs[0].Unsent = 12
	wantLines(t, text(t, r), "12 planned requests were never sent")
	r = sample()
	r.Runs[0].Burst, r.Runs[0].Label = 1000, "1000 at once"
	wantLines(t, text(t, r), "as the old script counts, from the start of all: average 2.500 ms, min 0.900 ms, max 20.000 ms, p95 4.000 ms")
	r.Runs[0].Sockets = &Sockets{Opened: 1000, Closed: 2, Frames: 5, BytesEach: 6144}
	wantLines(t, text(t, r), "1000 sockets open, 2 closed by the server, 5 frames received, 6.0 KiB")
}

func TestCompareShowsTheChange(t *testing.T) {
	a, b := sample(), sample()
	b.Runs = []Result{b.Runs[0]}
	b.Runs[0].PerSecond, b.Runs[0].Latency.P99, b.Runs[0].Server = 150, 4500, &Usage{MicrosEach: 77.5}
	var out strings.Builder
	if err := Compare(&out, a, b); err != nil {
		t.Fatal(err)
	}
	wantLines(t, strings.Join(strings.Fields(out.String()), " "), "good/s 100.0 150.0 +50.0 %", "p99 ms 9.000 4.500 -50.0 %",
		"server CPU µs 155.0 77.5 -50.0 %", "p50 ms 2.000 2.000 +0.0 %")
	if strings.Contains(out.String(), "DIFFERENT") || strings.Contains(out.String(), "ERRORS") {
		t.Errorf("equal runs differ:\n%s", out.String())
	}
}

func TestCompareSaysWhatMakesItUnfair(t *testing.T) {
	a, b := sample(), sample()
	b.Runs = []Result{b.Runs[0]}
	b.Runs[0].Connections, b.Runs[0].Errors, b.Seed, b.Problem = 256, 4, 2, "interrupted"
	var out strings.Builder
	if err := Compare(&out, a, b); err != nil {
		t.Fatal(err)
	}
	wantLines(t, out.String(), "DIFFERENT connections: 64 and 256", "DIFFERENT seed: 1 and 2", "ERRORS in B: 4 of 1000", "PARTIAL B: interrupted")
	b.Scenario = "get"
	if err := Compare(&out, a, b); err == nil {
		t.Error("create was compared with get")
	}
	b = sample()
	b.Kind = Open
	if err := Compare(&out, a, b); err == nil {
		t.Error("a closed loop was compared with an open one")
	}
}

func TestNoAnswerHasNoLatency(t *testing.T) {
	r := sample()
	r.Runs[0].Errors, r.Runs[0].Latency = 1000, Latency{}
	wantLines(t, strings.Join(strings.Fields(text(t, r)), " "), "all 100 0 1000 - - - - - 0")
}

func TestTheCourseIsOfWholeIntervals(t *testing.T) {
	c := Course{IntervalMS: 100, Points: []Point{{Good: 1}, {Good: 2}, {Good: 3}}}
	for seconds, want := range map[float64]int{0: 3, 0.05: 3, 0.1: 1, 0.2: 2, 0.2999: 2, 0.3: 3, 5: 3} {
		if whole := c.Whole(seconds); len(whole) != want {
			t.Errorf("%d intervals in %g s, want %d", len(whole), seconds, want)
		}
	}
}

func TestCompareShowsWhatTheScenarioIsAbout(t *testing.T) {
	a, b := sample(), sample()
	a.Runs = []Result{a.Runs[0]}
	a.Runs[0].Screens, b.Runs[0].Screens = &Screens{Screens: 50, Latency: Latency{P99: 2000}}, &Screens{Screens: 80, Latency: Latency{P99: 3000}}
	a.Runs[0].Restarted, b.Runs[0].Restarted = &Restarted{FirstAnswer: 400_000}, &Restarted{FirstAnswer: 600_000}
	a.Runs[0].OrdersEach, b.Runs[0].OrdersEach = 100, 300
	var out strings.Builder
	if err := Compare(&out, a, b); err != nil {
		t.Fatal(err)
	}
	wantLines(t, strings.Join(strings.Fields(out.String()), " "), "DIFFERENT screens: 50 and 80", "DIFFERENT orders a request: 100 and 300",
		"at the screens p99 ms 2.000 3.000 +50.0 %", "first answer after ms 400.000 600.000 +50.0 %")
	b.Versus = &Versus{Theirs: "bare"}
	if err := Compare(&out, a, b); err == nil || !strings.Contains(err.Error(), "create by itself and create against bare") {
		t.Errorf("a load by itself was compared with one against a limit: %v", err)
	}
}

// TestSocketsThatDidNotComeBack count for nothing, though they were connected.
func TestSocketsThatDidNotComeBack(t *testing.T) {
	r := Result{Seconds: 3, timed: &timed{newTiming(), newTiming(), []timing{newTiming()}, []string{"back"}}}
	r.timed.sent.add(time.Millisecond)
	r.CameBack(Back{WithinS: 3}, NewHistogram(), 13*time.Second)
	report := sample()
	report.Runs = []Result{r}
	if said := text(t, report); r.PerSecond != 0 || !strings.Contains(said, "no socket came back") || strings.Contains(said, "the last had") {
		t.Errorf("%g a second\n%s", r.PerSecond, said)
	}
}
