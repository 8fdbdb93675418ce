package load

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// writeText prints what the pairs came to: the mean of each side, and the ratio
// with its interval.
func (v *Versus) writeText(w io.Writer) error {
	fmt.Fprintf(w, "%s against %s (%s): %d pairs in ABBA order; each side: mean of its runs; ratio: geometric mean of the pairs, and its 95 %% interval by Student's t\n\n",
		v.Ours, v.Theirs, v.Says, len(v.Pairs))
	if len(v.Pairs) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\t%s\t%s\tratio\t\n", v.Ours, v.Theirs)
	row := func(name, format string, ratio Interval, figure func(Figures) float64) {
		a, b := 0.0, 0.0
		for _, p := range v.Pairs {
			a, b = a+figure(p.Ours), b+figure(p.Theirs)
		}
		n := float64(len(v.Pairs))
		fmt.Fprintf(table, "%s\t"+format+"\t"+format+"\t%s\t\n", name, a/n, b/n, ratio.text("%.3f"))
	}
	row(v.plural(), "%.0f", v.PerSecond, func(f Figures) float64 { return f.PerSecond })
	row("p50 ms", "%.3f", v.P50, func(f Figures) float64 { return float64(f.P50) / 1000 })
	row("p99 ms", "%.3f", v.P99, func(f Figures) float64 { return float64(f.P99) / 1000 })
	if v.ServerCPU.Pairs > 0 {
		row("server CPU µs a "+v.Unit, "%.1f", v.ServerCPU, func(f Figures) float64 { return f.ServerMicros })
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if v.Beyond.Pairs > 0 {
		fmt.Fprintf(w, "server CPU beyond %s's: %s µs a %s\n", v.Theirs, v.Beyond.text("%.1f"), v.Unit)
	}
	fmt.Fprintln(w)
	return nil
}

func (v *Versus) plural() string {
	if v.Unit == "delivery" {
		return "deliveries/s"
	}
	return "good/s"
}
