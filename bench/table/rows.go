package main

import (
	"fmt"

	"heard/bench/load"
)

// A row of the table.
type row struct {
	name    string
	goal    goal
	command string // as a reader would type it
	measure func(*measuring) (measurement, error)
}

var rows = []row{
	{"durable creates over HTTP, 64 connections, of a bare handler's rate", atLeast(0.5, 0.7, ""), "heard bench create --duration 1s --vs bare",
		func(m *measuring) (measurement, error) { return m.ofBare("create", 64) }},
	{"the same, 256 connections", atLeast(0.5, 0.7, ""), "heard bench create --duration 1s --vs bare --connections 256",
		func(m *measuring) (measurement, error) { return m.ofBare("create", 256) }},
	{"server CPU of a durable create beyond the bare handler's", atMost(15, 8, " µs"), "heard bench create --duration 1s --vs bare", (*measuring).beyond},
	{"create at half of that rate, open loop: p50", atMost(1, 1, " ms"), "heard bench create --duration 1s --rate … --vs fsync",
		func(m *measuring) (measurement, error) {
			return m.half(func(l load.Latency) load.MS { return l.P50 })
		}},
	{"its p99", atMost(5, 5, " ms"), "the same run", func(m *measuring) (measurement, error) {
		return m.half(func(l load.Latency) load.MS { return l.P99 })
	}},
	{"its p99 over that of an fsync in the same run", atMost(4, 4, " ×"), "the same run", (*measuring).ofFsync},
	{"p99 at 90 % of the peak over p99 at 10 %", atMost(10, 4, " ×"), "heard bench create --curve --duration 2s --warmup 500ms", (*measuring).bend},
	{"GET of an open order, of a bare handler's rate", atLeast(0.7, 0.9, ""), "heard bench get --duration 1s --vs bare",
		func(m *measuring) (measurement, error) { return m.ofBare("get", 64) }},
	{"creates in the process, no HTTP, log in memory, per second and core", atLeast(300_000, 1e6, ""),
		"go test -run '^$' -bench 'Commands/create$' -cpu 1 ./actors, by processor time", (*measuring).inProcess},
	{"batches of 100, durable orders per second", atLeast(50_000, 150_000, ""), "heard bench batch --duration 5s", (*measuring).batch},
	{"bill of 10 lines, 2 components", atMost(400, 150, " ns"), "go test -run '^$' -bench 'ComputeTenLines$' -cpu 1 ./domain/billing, by processor time", (*measuring).bill},
	{"POST to 1,000 screens of 20 organisations, 20,000 frames/s, p99", atMost(10, 10, " ms"), "heard bench fanout --orgs 20", (*measuring).fanout},
	{"server memory of an idle socket", atMost(8.5, 5, " KiB"), "heard bench idle --sockets 5000 --duration 2s", (*measuring).idle},
	{"kill -9 with 100,000 orders in the log (the goal: with 1,000,000), to the first answer", atMost(5, 1, " s"), "heard bench restart --fill 100000 --restarts 1 --duration 2s", (*measuring).restart},
	{"durable creates over creates with `--durability fast`, 64 connections", atLeast(0.6, 0.9, ""), "heard bench create --vs URL", (*measuring).fast},
}

// ofBare is the ratio of rates, with its interval.
func (m *measuring) ofBare(scenario string, connections int) (measurement, error) {
	r, err := m.bench(scenario, "--vs", "bare", "--connections", fmt.Sprint(connections), "--duration", "1s")
	if err != nil {
		return measurement{}, err
	}
	if scenario == "create" && connections == 64 {
		m.creates = r
	}
	v := r.Versus
	return measurement{fmt.Sprintf("%.0f/s, %.2f (%.2f to %.2f)", r.Runs[0].PerSecond, v.PerSecond.Mean, v.PerSecond.Low, v.PerSecond.High), v.PerSecond.Mean}, nil
}

func (m *measuring) beyond() (measurement, error) {
	if m.creates.Versus == nil {
		return measurement{}, errNoCreates
	}
	b := m.creates.Versus.Beyond
	return measurement{fmt.Sprintf("%.0f µs (%.0f to %.0f)", b.Mean, b.Low, b.High), b.Mean}, nil
}

// half runs the open loop once and is one of its latencies.
func (m *measuring) half(of func(load.Latency) load.MS) (measurement, error) {
	if err := m.loadHalf(); err != nil {
		return measurement{}, err
	}
	run := m.open.Runs[0]
	ms := float64(of(run.Latency)) / 1000
	return measurement{fmt.Sprintf("%.1f ms at %.0f/s%s", ms, run.Rate, late(run)), ms}, nil
}

func (m *measuring) ofFsync() (measurement, error) {
	if err := m.loadHalf(); err != nil {
		return measurement{}, err
	}
	r := m.open.Versus.P99
	return measurement{fmt.Sprintf("%.1f × (%.1f to %.1f) of %.1f ms", r.Mean, r.Low, r.High, float64(m.open.Runs[1].Latency.P99)/1000), r.Mean}, nil
}

func (m *measuring) bend() (measurement, error) {
	r, err := m.bench("create", "--curve", "--duration", "2s", "--warmup", "500ms")
	if err != nil {
		return measurement{}, err
	}
	at := map[string]load.Result{}
	for _, run := range r.Runs {
		at[run.Label] = run
	}
	low, high := float64(at["10 %"].Latency.P99)/1000, float64(at["90 %"].Latency.P99)/1000
	if low == 0 {
		return measurement{}, fmt.Errorf("no answers at 10 %%")
	}
	return measurement{fmt.Sprintf("%.1f × (%.1f ms, %.1f ms%s)", high/low, high, low, late(at["90 %"])), high / low}, nil
}

// late says that a plan was not held.
func late(r load.Result) string {
	if r.Unsent > 0 || r.LateStarts*2 > r.Requests {
		return ", rate not held"
	}
	return ""
}

func (m *measuring) batch() (measurement, error) {
	r, err := m.bench("batch", "--duration", "5s")
	if err != nil {
		return measurement{}, err
	}
	perSecond := r.Runs[0].OrdersPerSecond
	return measurement{fmt.Sprintf("%.0f/s", perSecond), perSecond}, nil
}

func (m *measuring) fanout() (measurement, error) {
	r, err := m.bench("fanout", "--orgs", "20", "--screens", "50", "--rate", "400")
	if err != nil {
		return measurement{}, err
	}
	s := r.Runs[0].Screens
	p99 := float64(s.Latency.P99) / 1000
	return measurement{fmt.Sprintf("p50 %v ms, p99 %.1f ms%s", s.Latency.P50, p99, late(r.Runs[0])), p99}, nil
}

func (m *measuring) idle() (measurement, error) {
	r, err := m.bench("idle", "--sockets", "5000", "--duration", "2s")
	if err != nil {
		return measurement{}, err
	}
	kib := float64(r.Runs[0].Sockets.BytesEach) / 1024
	return measurement{fmt.Sprintf("%.1f KiB", kib), kib}, nil
}

func (m *measuring) restart() (measurement, error) {
	r, err := m.bench("restart", "--fill", "100000", "--restarts", "1", "--duration", "2s", "--timeout", "60s")
	if err != nil {
		return measurement{}, err
	}
	c := r.Runs[0].Restarted
	seconds := float64(c.FirstAnswer) / 1e6
	return measurement{fmt.Sprintf("%.2f s, %d of %d acknowledged orders missing", seconds, c.Missing, c.Acknowledged), seconds}, nil
}
