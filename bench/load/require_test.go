package load

import (
	"slices"
	"strings"
	"testing"
)

// measured is a run with a figure of every part.
func measured() Result {
	l := Latency{N: 900, Min: 400, Mean: 1500, P50: 1200, P90: 2000, P95: 2500, P99: 4800, P999: 9000, Max: 12_000}
	return Result{
		Label: "all", Requests: 1000, Errors: 3, PerSecond: 4500, LateStarts: 20, Seconds: 2, Latency: l, FromSend: l,
		Operations: []Operation{{"create", 4500, l}}, Generator: Usage{MicrosEach: 40}, Server: &Usage{MicrosEach: 90, ResidentMost: 100 << 20},
		Screens: &Screens{Delivered: 50, Latency: l}, Back: &Back{LastMS: 3_000_000}, Sockets: &Sockets{BytesEach: 5000},
		Restarted: &Restarted{FirstAnswer: 900_000}, Replayed: &Replayed{RevenueMinor: 5},
	}
}

func TestRequirementsAreMetOrMissed(t *testing.T) {
	r := measured()
	v := &Versus{PerSecond: Interval{Mean: 0.5, Low: 0.4, High: 0.6}}
	for text, met := range map[string]bool{
		"p99<5ms": true, "p99<4.8ms": false, "p99<=4.8ms": true, "p99<5": true, "p99>5ms": false, "p99=4800us": true, "p99<0.0049s": true,
		"p99.9<9ms": false, "max>=12ms": true, " p50 < 2 ms ": true, "good>4000": true, "good>4500/s": false, "errors=0": false, "errors=3": true,
		"errors<0.3%": false, "errors<=0.3%": true, "late<1%": false, "unsent=0": true, "n>=1000": true, "orders>=0": true,
		"latency_from_send_ms.p99<5ms": true, "operations.create.latency_ms.p99<4ms": false, "server.cpu_us_each<0.1ms": true,
		"server.rss_most_bytes<=100MiB": true, "server.rss_most_bytes<100MB": false, "seconds=2s": true, "screens.latency_ms.n=900": true,
		"back.last_ms<=3s": true, "sockets.rss_bytes_each<5KiB": true, "restarted.first_answer_ms<1s": true, "replayed.revenue_minor=5": true,
		"versus.good_per_second_ratio.low>0.39": true, "versus.good_per_second_ratio.high<0.6": false,
	} {
		required, err := ParseRequirement(text, Names(r, v))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		report := Report{Runs: []Result{r}, Versus: v}
		if report.Judge([]Requirement{required}, nil); report.Required[0].Met != met || (len(report.Missed()) == 0) != met {
			t.Errorf("%s: %+v", text, report.Required)
		}
	}
}

// TestEveryFigureOfTheReportCanBeRequired: what stands in the JSON as a number,
// outside lists of points, has a name.
func TestEveryFigureOfTheReportCanBeRequired(t *testing.T) {
	r := measured()
	names := Names(r, &Versus{})
	for _, name := range []string{"good_per_second", "planned_per_second", "worst_late_ms", "generator.cores", "server.cpu_seconds", "operations.create.good_per_second",
		"screens.due", "back.missed_events", "sockets.closed", "restarted.missing", "replayed.lines", "versus.p99_ratio.mean"} {
		if !slices.Contains(names, name) {
			t.Errorf("no %s in %q", name, names)
		}
	}
	if len(names) < 80 {
		t.Errorf("%d names", len(names))
	}
}

func TestRequirementsThatMakeNoSenseAreRefused(t *testing.T) {
	r := measured()
	for text, want := range map[string]string{
		"": "want a figure", "p99": "want a figure", "p99<": "want a figure", "p99!5ms": "want a figure", "p99<5ms 3": "want a figure", "p99<-": "want a figure", "<5": "want a figure",
		"p98<5ms": "no figure p98", "label=1": "no figure label", "versus.p99_ratio.mean<1": "no figure versus", "p99<5kg": "kg is no unit of p99, which is in m, ms, s, us, µs",
		"errors<5ms": "no unit of errors, which is in plain numbers, % of the requests", "good>5%": "no unit of good, which is in /s", "server.rss_most_bytes<1PB": "is in B, GB, GiB,",
	} {
		if _, err := ParseRequirement(text, Names(r, nil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestWhatWasNotMeasuredIsMissed: a run without a good answer has no latency that
// could be low.
func TestWhatWasNotMeasuredIsMissed(t *testing.T) {
	known := Names(measured(), nil)
	for _, text := range []string{"p99<5ms", "server.cpu_us_each<5ms", "operations.create.latency_ms.p50<1s"} {
		required, err := ParseRequirement(text, known)
		if err != nil {
			t.Fatal(err)
		}
		report := Report{Runs: []Result{{Requests: 5, Errors: 5, Operations: []Operation{{Name: "create"}}}}}
		if report.Judge([]Requirement{required}, nil); len(report.Missed()) != 1 || !strings.Contains(report.Missed()[0], "not measured") {
			t.Errorf("%s: %+v", text, report.Required)
		}
	}
}

// TestRequirementsOfTwoReports are of how the second differs, or of the second.
func TestRequirementsOfTwoReports(t *testing.T) {
	before, now := measured(), measured()
	now.Latency.P99, now.PerSecond, before.Errors, now.Errors = 5760, 4050, 0, 1 // +20 %, -10 %
	for text, met := range map[string]bool{
		"p99<+20%": false, "p99<=+20%": true, "p99<+25%": true, "good>-10%": false, "good>=-10%": true, "good>-5%": false, "p50=+0%": true,
		"errors<=+1000%": false, "p99<6ms": true, "p99<5ms": false,
	} {
		required, err := ParseRequirement(text, Names(now, nil))
		if err != nil {
			t.Fatal(err)
		}
		b := Report{Runs: []Result{now}}
		if b.Judge([]Requirement{required}, &Report{Runs: []Result{before}}); b.Required[0].Met != met {
			t.Errorf("%s: %+v", text, b.Required)
		}
	}
}

// TestRequirementsAreOfEveryRunThatIsOurs: of each round; not of the other side,
// and of a curve at its peak alone.
func TestRequirementsAreOfEveryRunThatIsOurs(t *testing.T) {
	slow := measured()
	slow.Label, slow.Latency.P99 = "round 2", 50_000
	required, err := ParseRequirement("p99<5ms", Names(slow, nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		report Report
		want   int
	}{
		"rounds": {Report{Kind: Killed, Runs: []Result{measured(), slow}}, 2},
		"sides":  {Report{Versus: &Versus{}, Runs: []Result{measured(), slow}}, 1},
		"curve":  {Report{Kind: Curved, Runs: []Result{measured(), slow}}, 1},
	} {
		c.report.Judge([]Requirement{required}, nil)
		if len(c.report.Required) != c.want || len(c.report.Missed()) != c.want-1 {
			t.Errorf("%s: %+v", name, c.report.Required)
		}
	}
	rounds := Report{Kind: Killed, Runs: []Result{measured(), slow}}
	rounds.Judge([]Requirement{required}, nil)
	if got := rounds.Missed(); len(got) != 1 || got[0] != "round 2: p99<5ms: it is 50ms" {
		t.Errorf("%q", got)
	}
}

// TestAPlanIsHeldOrNot: what was never sent, or mostly late, is not as planned. A
// curve is meant to go beyond.
func TestAPlanIsHeldOrNot(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		run  Result
		held bool
	}{
		"on time":    {Open, Result{Rate: 100, Requests: 100, LateStarts: 50}, true},
		"late":       {Open, Result{Rate: 100, Requests: 100, LateStarts: 51}, false},
		"never sent": {Open, Result{Rate: 100, Requests: 100, Unsent: 1}, false},
		"closed":     {Closed, Result{Requests: 100, LateStarts: 100}, true},
		"curve":      {Curved, Result{Rate: 100, Requests: 100, Unsent: 1}, true},
		"cut short":  {Open, Result{Rate: 100, Requests: 100, LateStarts: 60, Partial: true}, true},
	} {
		if r := (Report{Kind: c.kind, Runs: []Result{c.run}}); r.Held() != c.held {
			t.Errorf("%s: held %v", name, r.Held())
		}
	}
}
