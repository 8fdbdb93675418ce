package load

import (
	"math"
	"time"
)

// A Result is what a load came to. Requests that failed have no latency: their
// number stands beside.
type Result struct {
	Label       string  `json:"label"`
	Connections int     `json:"connections"`
	Rate        float64 `json:"planned_per_second,omitempty"` // 0 = closed loop
	Burst       int     `json:"burst,omitempty"`              // requests planned for one moment
	Seconds     float64 `json:"seconds"`                      // from the end of the warm-up to the last answer
	Partial     bool    `json:"partial,omitempty"`            // it ended before its time

	Sent       int64        `json:"sent"` // warm-up included
	Requests   int64        `json:"requests"`
	Errors     int64        `json:"errors"`
	Unsent     int64        `json:"unsent"`      // planned, but every connection was busy to the end
	LateStarts int64        `json:"late_starts"` // sent over 1 ms after they were planned
	WorstLate  MS           `json:"worst_late_ms"`
	FirstFault []FaultCount `json:"first_errors,omitempty"`
	PerSecond  float64      `json:"good_per_second"`
	OrdersEach int          `json:"orders_each,omitempty"` // of a request that is a batch
	// OrdersPerSecond is PerSecond in orders, of batches.
	OrdersPerSecond float64 `json:"orders_per_second,omitempty"`

	// Latency counts from the planned moment. In a closed loop that is when it was
	// sent; unsent requests are in it with the time they had waited in vain.
	Latency    Latency     `json:"latency_ms"`
	FromSend   Latency     `json:"latency_from_send_ms"`
	Operations []Operation `json:"operations"`
	Quantiles  []Quantile  `json:"quantiles"`
	Course     Course      `json:"course"`

	Generator Usage  `json:"generator"`
	Server    *Usage `json:"server,omitempty"`
	// Sockets is set where the load is open sockets and not requests.
	Sockets *Sockets `json:"sockets,omitempty"`
	Screens *Screens `json:"screens,omitempty"` // of fanout
	Back    *Back    `json:"back,omitempty"`    // of reconnect

	Replayed  *Replayed  `json:"replayed,omitempty"`
	Restarted *Restarted `json:"restarted,omitempty"`

	timed *timed // what the latencies above were read from
}

// timed are the latencies of a run, to be added to those of another.
type timed struct {
	all, sent  timing
	operations []timing // by their place in the job
	names      []string
}

// An Operation is one kind of request of a load.
type Operation struct {
	Name      string  `json:"name"`
	PerSecond float64 `json:"good_per_second"`
	Latency   Latency `json:"latency_ms"`
}

// A Course is the run over time, from the end of the warm-up.
type Course struct {
	IntervalMS int64   `json:"interval_ms"`
	Points     []Point `json:"points"`
}

// Whole are the points of whole intervals of a run of so many seconds: the rest of
// one would look as if the rate had collapsed. A run shorter than one has all.
func (c *Course) Whole(seconds float64) []Point {
	if c.IntervalMS > 0 {
		if n := int(1000*seconds/float64(c.IntervalMS) + 1e-9); n > 0 && n < len(c.Points) {
			return c.Points[:n]
		}
	}
	return c.Points
}

// A Point counts the answers of one interval.
type Point struct {
	Good   int64 `json:"good"`
	Errors int64 `json:"errors"`
}

// Usage is what a process needed while the load was measured.
type Usage struct {
	PID           int     `json:"pid,omitempty"`
	CPUSeconds    float64 `json:"cpu_seconds"`
	Cores         float64 `json:"cores"`           // processors kept busy, on average
	MicrosEach    float64 `json:"cpu_us_each"`     // per request
	ResidentBytes int64   `json:"rss_bytes"`       // when the measuring began
	ResidentMost  int64   `json:"rss_most_bytes"`  // at most
	Unknown       string  `json:"error,omitempty"` // why it could not be measured
}

// Sockets are what an idle load held open.
type Sockets struct {
	Opened    int   `json:"opened"`
	Closed    int   `json:"closed"` // by the server, before the end
	Frames    int64 `json:"frames"`
	BytesEach int64 `json:"rss_bytes_each,omitempty"` // of the server's memory
}

func (r *recorder) result(o Options, ended time.Time, w *watcher, partial bool) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	took := max(0, ended.Sub(r.measured))
	if !partial && o.Burst == 0 {
		took = max(took, o.Duration) // the last request was planned before the end
	}
	result := Result{
		Label: o.Label, Connections: o.Connections, Rate: o.mean(), Burst: o.Burst,
		Seconds: took.Seconds(), Partial: partial,
		Sent: int64(r.done), Requests: r.requests, Errors: r.errors, Unsent: r.never, FirstFault: r.faults,
		LateStarts: r.late, WorstLate: milliseconds(r.worst),
		Course:    Course{r.interval.Milliseconds(), r.course},
		Generator: w.own.usage(took, r.requests),
		timed:     &timed{r.all, r.sent, r.operations, r.names},
	}
	if result.Label == "" {
		result.Label = result.planText()
	}
	if w.server != nil {
		server := w.target.usage(took, r.requests)
		server.PID, server.ResidentBytes, server.ResidentMost = w.server.PID, w.residents[0], w.residents[1]
		result.Server = &server
	}
	return result
}

// mean is the rate of a plan, on average.
func (o *Options) mean() float64 {
	if len(o.Plan) > 0 && o.Duration > 0 {
		return math.Round(100*float64(len(o.Plan))/o.Duration.Seconds()) / 100
	}
	return o.Rate
}

// sumUp reads the figures of latency and rate out of what was timed.
func (r *Result) sumUp() {
	r.PerSecond = perSecond(r.timed.sent.n, r.Seconds)
	r.OrdersPerSecond = r.PerSecond * float64(r.OrdersEach)
	r.Latency, r.FromSend, r.Quantiles = r.timed.all.latency(), r.timed.sent.latency(), r.timed.all.quantiles()
	r.Operations = nil
	for i, name := range r.timed.names {
		if t := &r.timed.operations[i]; t.n > 0 {
			r.Operations = append(r.Operations, Operation{name, perSecond(t.n, r.Seconds), t.latency()})
		}
	}
}

func perSecond(n int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

func (m *meter) usage(took time.Duration, requests int64) Usage {
	if m.wrong != nil {
		return Usage{Unknown: m.wrong.Error()}
	}
	u := Usage{CPUSeconds: m.spent().Seconds()}
	if took > 0 {
		u.Cores = m.spent().Seconds() / took.Seconds()
	}
	if requests > 0 {
		u.MicrosEach = float64(m.spent().Microseconds()) / float64(requests)
	}
	return u
}
