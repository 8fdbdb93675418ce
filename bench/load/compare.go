package load

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Compare prints two reports of one scenario side by side. Reports of other
// scenarios or kinds are refused; other differences are said above the table.
func Compare(w io.Writer, a, b Report) error {
	if a.Scenario != b.Scenario || a.Kind != b.Kind {
		return fmt.Errorf("%s (%s) and %s (%s) cannot be compared", a.Scenario, a.Kind, b.Scenario, b.Kind)
	}
	fmt.Fprintf(w, "%s, %s\nA: %s, %s, %s\nB: %s, %s, %s\n", a.Scenario, a.Kind, a.Started, a.Client, a.Engine, b.Started, b.Client, b.Engine)
	for _, d := range differences(a, b) {
		fmt.Fprintln(w, "DIFFERENT", d)
	}
	for i, r := range []Report{a, b} {
		name := "AB"[i : i+1]
		if failed, of := r.Failed(); failed > 0 {
			fmt.Fprintf(w, "ERRORS in %s: %d of %d\n", name, failed, of)
		}
		if r.Problem != "" {
			fmt.Fprintf(w, "PARTIAL %s: %s\n", name, r.Problem)
		}
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tA\tB\tB against A\t")
	for i := range a.Runs {
		for j := range b.Runs {
			if a.Runs[i].step() == b.Runs[j].step() {
				compareRuns(table, &a.Runs[i], &b.Runs[j])
			}
		}
	}
	return table.Flush()
}

// step names a run by its place in a curve: its label, unless that is its plan.
func (r *Result) step() string {
	if r.Label == r.planText() {
		return ""
	}
	return r.Label
}

func differences(a, b Report) (texts []string) {
	differ := func(what string, x, y any) {
		if x != y {
			texts = append(texts, fmt.Sprintf("%s: %v and %v", what, x, y))
		}
	}
	differ("connections", a.Runs[0].Connections, b.Runs[0].Connections)
	differ("processors", a.Processors, b.Processors)
	differ("organisations", a.Organisations, b.Organisations)
	differ("duration, s", a.DurationS, b.DurationS)
	differ("warm-up, s", a.WarmupS, b.WarmupS)
	differ("seed", a.Seed, b.Seed)
	if a.Kind == Open {
		differ("planned requests per second", a.Runs[0].Rate, b.Runs[0].Rate)
	}
	return texts
}

func compareRuns(w io.Writer, a, b *Result) {
	row := func(name string, x, y float64, format string) {
		change := "-"
		if x > 0 {
			change = fmt.Sprintf("%+.1f %%", (y/x-1)*100)
		}
		fmt.Fprintf(w, "%s\t"+format+"\t"+format+"\t%s\t\n", a.step()+" "+name, x, y, change)
	}
	row("good/s", a.PerSecond, b.PerSecond, "%.1f")
	row("errors", float64(a.Errors), float64(b.Errors), "%.0f")
	for _, l := range []struct {
		name string
		x, y MS
	}{
		{"p50 ms", a.Latency.P50, b.Latency.P50}, {"p90 ms", a.Latency.P90, b.Latency.P90}, {"p99 ms", a.Latency.P99, b.Latency.P99},
		{"p99.9 ms", a.Latency.P999, b.Latency.P999}, {"max ms", a.Latency.Max, b.Latency.Max},
	} {
		row(l.name, float64(l.x)/1000, float64(l.y)/1000, "%.3f")
	}
	row("generator CPU µs", a.Generator.MicrosEach, b.Generator.MicrosEach, "%.1f")
	if a.Server != nil && b.Server != nil {
		row("server CPU µs", a.Server.MicrosEach, b.Server.MicrosEach, "%.1f")
		row("server MiB, most", float64(a.Server.ResidentMost)/(1<<20), float64(b.Server.ResidentMost)/(1<<20), "%.1f")
	}
	if a.Sockets != nil && b.Sockets != nil {
		row("bytes a socket", float64(a.Sockets.BytesEach), float64(b.Sockets.BytesEach), "%.0f")
	}
}
