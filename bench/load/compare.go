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
	if a.against() != b.against() {
		return fmt.Errorf("%s and %s cannot be compared", a.against(), b.against())
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

// against says what a report's load was held against.
func (r *Report) against() string {
	if r.Versus == nil {
		return r.Scenario + " by itself"
	}
	return r.Scenario + " against " + r.Versus.Theirs
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
	differ("orders a request", a.Runs[0].OrdersEach, b.Runs[0].OrdersEach)
	differ("screens", a.Runs[0].screens(), b.Runs[0].screens())
	differ("sockets", a.Runs[0].sockets(), b.Runs[0].sockets())
	return texts
}

func (r *Result) screens() int {
	if r.Screens == nil {
		return 0
	}
	return r.Screens.Screens
}

func (r *Result) sockets() int {
	switch {
	case r.Sockets != nil:
		return r.Sockets.Opened
	case r.Back != nil:
		return r.Back.Sockets
	}
	return 0
}

func compareRuns(w io.Writer, a, b *Result) {
	row := func(name string, x, y float64, format string) {
		against := "-"
		if x > 0 {
			against = fmt.Sprintf("%+.1f %%", change(x, y))
		}
		fmt.Fprintf(w, "%s\t"+format+"\t"+format+"\t%s\t\n", a.step()+" "+name, x, y, against)
	}
	row("good/s", a.PerSecond, b.PerSecond, "%.1f")
	row("errors", float64(a.Errors), float64(b.Errors), "%.0f")
	ms := func(name string, x, y MS) { row(name, float64(x)/1000, float64(y)/1000, "%.3f") }
	latency := func(of string, x, y Latency) {
		ms(of+"p50 ms", x.P50, y.P50)
		ms(of+"p90 ms", x.P90, y.P90)
		ms(of+"p99 ms", x.P99, y.P99)
		ms(of+"p99.9 ms", x.P999, y.P999)
		ms(of+"max ms", x.Max, y.Max)
	}
	latency("", a.Latency, b.Latency)
	if a.Screens != nil && b.Screens != nil {
		row("deliveries/s", a.Screens.PerSecond, b.Screens.PerSecond, "%.1f")
		latency("at the screens ", a.Screens.Latency, b.Screens.Latency)
	}
	if a.Restarted != nil && b.Restarted != nil {
		ms("first answer after ms", a.Restarted.FirstAnswer, b.Restarted.FirstAnswer)
		ms("first durable write after ms", a.Restarted.FirstWrite, b.Restarted.FirstWrite)
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
