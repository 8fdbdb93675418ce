package load

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Schema is the number of the report's form; a report of another is not compared.
const Schema = 1

// Kinds of load.
const (
	Closed = "closed loop"
	Open   = "open loop"
	Burst  = "burst"
	Curved = "curve"
	Idle   = "sockets"
	Killed = "kill -9"
)

// A Report is one call of the harness: what was run where, and what came of it.
type Report struct {
	Schema        int      `json:"schema"`
	Scenario      string   `json:"scenario"`
	Kind          string   `json:"kind"`
	URL           string   `json:"url"`
	Engine        string   `json:"engine"` // whose it was, and where its data lay
	Client        string   `json:"client"` // version of the harness
	Processors    int      `json:"processors"`
	Started       string   `json:"started"`
	Seed          uint64   `json:"seed"`
	Organisations int      `json:"organisations"`
	DurationS     float64  `json:"duration_s"`
	WarmupS       float64  `json:"warmup_s"`
	Problem       string   `json:"problem,omitempty"` // why it ended early
	Runs          []Result `json:"runs"`
	Versus        *Versus  `json:"versus,omitempty"` // the runs are of its two sides then

	Required []Judgement `json:"required,omitempty"`
}

// ReadReport reads what WriteJSON wrote.
func ReadReport(from io.Reader) (Report, error) {
	var r Report
	if err := json.UnmarshalRead(from, &r); err != nil {
		return Report{}, fmt.Errorf("not a report of heard bench --json: %w", err)
	}
	if r.Schema != Schema || len(r.Runs) == 0 {
		return Report{}, fmt.Errorf("not a report of heard bench --json: schema %d, %d runs", r.Schema, len(r.Runs))
	}
	return r, nil
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	if err := json.MarshalWrite(w, r, jsontext.WithIndent(" ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// Failed is the number of requests, or sockets, that went wrong.
func (r Report) Failed() (failed, of int64) {
	for i := range r.Runs {
		failed += r.Runs[i].Errors
		of += r.Runs[i].Requests
	}
	return failed, of
}

// Held reports whether every run kept to its plan. A curve goes beyond the peak, so
// its plans need not be kept.
func (r Report) Held() bool {
	return r.Kind == Curved || !slices.ContainsFunc(r.Runs, func(run Result) bool { return run.behind() != "" })
}

// WriteText prints the report for a reader.
func (r Report) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s, %s, %s, seed %d: %s (%s)\n\n", r.Scenario, r.Kind,
		counted(r.Runs[0].Connections, "connection"), counted(r.Organisations, "organisation"), r.Seed, r.URL, r.Engine)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tgood/s\tn\terrors\tp50 ms\tp90\tp99\tp99.9\tmax\tlate\t")
	for i := range r.Runs {
		r.Runs[i].rows(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if r.Versus != nil {
		if err := r.Versus.writeText(w); err != nil {
			return err
		}
	}
	last := &r.Runs[len(r.Runs)-1]
	if len(r.Runs) == 1 {
		last.details(w)
	}
	for i := range r.Runs {
		if came := r.Runs[i].Restarted; came != nil {
			came.details(w, r.Runs[i].Label)
		}
	}
	if r.Versus != nil {
		for i := range r.Runs {
			fmt.Fprintf(w, "%s: measured for %.2f s; the generator used %s\n", r.Runs[i].Label, r.Runs[i].Seconds, r.Runs[i].Generator)
		}
	}
	r.warnings(w)
	return r.WriteRequired(w)
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

func (r *Result) rows(w io.Writer) {
	row := func(name string, perSecond float64, l Latency, beside ...any) {
		if l.N == 0 {
			fmt.Fprintf(w, "%s\t%.0f\t0\t%v\t-\t-\t-\t-\t-\t%v\t\n", name, perSecond, beside[0], beside[1])
			return
		}
		fmt.Fprintf(w, "%s\t%.0f\t%d\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t\n", append([]any{name, perSecond, l.N},
			beside[0], l.P50, l.P90, l.P99, l.P999, l.Max, beside[1])...)
	}
	row(r.Label, r.PerSecond, r.Latency, r.Errors, r.LateStarts)
	if s := r.Screens; s != nil {
		row(r.Label+", at the screens", s.PerSecond, s.Latency, "", "")
	}
	if r.Label != r.planText() {
		return // a step of a curve
	}
	if (r.Rate > 0 || r.Burst > 0) && r.Back == nil {
		row("from send", r.PerSecond, r.FromSend, "", "")
	}
	if len(r.Operations) > 1 {
		for _, o := range r.Operations {
			row(o.Name, o.PerSecond, o.Latency, "", "")
		}
	}
}

// planText names the only run of a report.
func (r *Result) planText() string {
	switch {
	case r.Sockets != nil:
		return "connect"
	case r.Back != nil:
		return "back"
	case r.Burst > 0:
		return fmt.Sprintf("%d at once", r.Burst)
	case r.Rate > 0:
		return fmt.Sprintf("%g/s planned", r.Rate)
	}
	return "all"
}

func (r *Result) details(w io.Writer) {
	if r.Burst > 0 && r.Sockets == nil {
		for _, as := range []struct {
			text string
			l    Latency
		}{{"as the old script counts, from the start of all", r.Latency}, {"from the moment each was sent", r.FromSend}} {
			fmt.Fprintf(w, "%s: average %v ms, min %v ms, max %v ms, p95 %v ms\n", as.text, as.l.Mean, as.l.Min, as.l.Max, as.l.P95)
		}
	}
	if s := r.Sockets; s != nil {
		fmt.Fprintf(w, "%d sockets open, %d closed by the server, %d frames received", s.Opened, s.Closed, s.Frames)
		if s.BytesEach > 0 {
			fmt.Fprintf(w, ", %.1f KiB of the server's memory each", float64(s.BytesEach)/1024)
		}
		fmt.Fprintln(w)
	}
	if r.Screens != nil {
		r.Screens.details(w)
	}
	if r.Back != nil {
		r.Back.details(w)
	}
	if r.Replayed != nil {
		r.Replayed.details(w)
	}
	if r.OrdersEach > 0 {
		fmt.Fprintf(w, "%d orders a request: %.0f orders a second\n", r.OrdersEach, r.OrdersPerSecond)
	}
	fmt.Fprintf(w, "measured for %.2f s; the generator used %s\n", r.Seconds, r.Generator)
	if r.Server != nil {
		fmt.Fprintf(w, "the server used %s, memory %.0f MiB, at most %.0f MiB\n", r.Server,
			float64(r.Server.ResidentBytes)/(1<<20), float64(r.Server.ResidentMost)/(1<<20))
	}
}

func (u Usage) String() string {
	if u.Unknown != "" {
		return "unknown (" + u.Unknown + ")"
	}
	return fmt.Sprintf("%.2f processors, %.1f µs a request", u.Cores, u.MicrosEach)
}

// warnings say what a reader of the numbers must know.
func (r Report) warnings(w io.Writer) {
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Errors > 0 {
			texts := make([]string, len(run.FirstFault))
			for j, f := range run.FirstFault {
				texts[j] = fmt.Sprintf("%d × %s", f.Count, f.First)
			}
			fmt.Fprintf(w, "ERRORS %s: %d of %d: %s\n", run.Label, run.Errors, run.Requests, strings.Join(texts, "; "))
		}
		if behind := run.behind(); behind != "" {
			fmt.Fprintf(w, "RATE NOT HELD %s: %s\n", run.Label, behind)
		}
	}
	if r.Problem != "" {
		fmt.Fprintf(w, "PARTIAL: %s\n", r.Problem)
	}
}

// behind says how the plan was not kept; "" = it was.
func (r *Result) behind() string {
	switch {
	case r.Unsent > 0:
		return fmt.Sprintf("%d planned requests were never sent, every connection was busy", r.Unsent)
	case r.Rate > 0 && !r.Partial && r.LateStarts*2 > r.Requests:
		return fmt.Sprintf("%d of %d sent late, the worst by %v ms", r.LateStarts, r.Requests, r.WorstLate)
	}
	return ""
}
