package limits

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"heard/bench/screen"
)

// BenchmarkScreens places orders on a plan while many screens watch, and checks
// that every screen of every organisation gets exactly the log: each sequence
// once, in order, to the last. The latency is from the moment an order is sent
// to the moment a screen has read it; this process is all the screens.
func BenchmarkScreens(b *testing.B) {
	for _, c := range []struct {
		organisations, screens int
		ordersPerSecond        float64
	}{
		{20, 50, 400}, {200, 50, 400}, {1, 1000, 5}, {1, 10_000, 1},
	} {
		b.Run(fmt.Sprintf("organisations=%d/screens=%d/orders=%g", c.organisations, c.screens, c.ordersPerSecond), func(b *testing.B) {
			watch(b, c.organisations, c.screens, c.ordersPerSecond, 10*time.Second)
		})
	}
}

const (
	warmUp   = 2 * time.Second
	patience = 30 * time.Second
)

func watch(b *testing.B, organisations, screens int, perSecond float64, d time.Duration) {
	p, _, _, admin := engine(b)
	tokens := mintAll(b, "org", organisations)
	before, _ := p.ResidentBytes()
	w, latency := newWall(b, p, false), newHistogram()
	for _, token := range tokens {
		dial(b, w, screens, screen.Look{Path: "/ws?token=" + token, Latency: latency})
	}
	idle, _ := p.ResidentBytes()
	plan := &Plan{URL: p.URL, Tokens: tokens, PerSecond: perSecond, For: warmUp}
	orders := place(b, plan).Orders
	deliver(b, w, orders*screens)
	w.Measure()
	plan.For = d
	use := begin(b, p)
	for b.Loop() {
		sent := place(b, plan)
		orders += sent.Orders
		b.ReportMetric(float64(sent.Late.ValueAtQuantile(99))/1000, "client-late-p99-ms")
	}
	deliver(b, w, orders*screens)
	use.report(b, latency.TotalCount(), "delivery")
	report(b, latency, "")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(stats(b, p, admin).Journal.FsyncP99MS, "fsync-p99-ms")
	b.ReportMetric(float64(latency.TotalCount())/d.Seconds(), "deliveries/s")
	if sockets := organisations * screens; sockets >= 10_000 { // of fewer the heap's own steps would be told
		b.ReportMetric(float64(idle-before)/float64(sockets), "RSS-bytes/idle-socket")
	}
}

func mintAll(b *testing.B, name string, n int) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = mint(b, fmt.Sprintf("%s-%d", name, i), "waiter")
	}
	return tokens
}

func newWall(b *testing.B, p *Process, humble bool) *screen.Wall {
	b.Helper()
	w, err := screen.NewWall(p.URL, humble)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Close)
	return w
}

func dial(b *testing.B, w *screen.Wall, n int, l screen.Look) {
	b.Helper()
	if err := w.Fill(b.Context(), n, l, patience); err != nil {
		b.Fatal(err)
	}
}

func await(b *testing.B, w *screen.Wall, counter *atomic.Int64, n int) {
	b.Helper()
	if err := w.Await(b.Context(), counter, int64(n), patience); err != nil {
		b.Fatal(err)
	}
}

func place(b *testing.B, plan *Plan) *Sent {
	b.Helper()
	sent, err := plan.Run()
	if err != nil {
		b.Fatal(err)
	}
	return sent
}

// deliver waits until screens have got so many orders in all.
func deliver(b *testing.B, w *screen.Wall, frames int) {
	b.Helper()
	await(b, w, &w.Delivered, frames)
	if n := w.Delivered.Load(); n != int64(frames) {
		b.Fatalf("%d orders delivered, %d were due", n, frames)
	}
}

func report(b *testing.B, latency *hdrhistogram.Histogram, of string) {
	b.ReportMetric(float64(latency.ValueAtQuantile(50))/1000, of+"p50-ms")
	b.ReportMetric(float64(latency.ValueAtQuantile(99))/1000, of+"p99-ms")
	b.ReportMetric(float64(latency.Max())/1000, of+"max-ms")
}

// use is what processors were used for.
type use struct {
	server      *Process
	machine     Machine
	serverUsed  time.Duration
	ourselvesAt time.Duration
}

func begin(b *testing.B, server *Process) *use {
	b.Helper()
	u := &use{server: server}
	u.machine, u.serverUsed, u.ourselvesAt = u.read(b)
	return u
}

func (u *use) read(b *testing.B) (Machine, time.Duration, time.Duration) {
	m, err := Now()
	if err != nil {
		b.Fatal(err)
	}
	server, err := u.server.CPU()
	if err != nil {
		b.Fatal(err)
	}
	ourselves, err := CPUOf(os.Getpid())
	if err != nil {
		b.Fatal(err)
	}
	return m, server, ourselves
}

// report tells the server's time for each of something, and how many processors
// were taken by others: above 0.3 the latencies are not the server's.
func (u *use) report(b *testing.B, n int64, of string) {
	m, server, ourselves := u.read(b)
	took := m.at.Sub(u.machine.at).Seconds()
	b.ReportMetric(float64((server-u.serverUsed).Microseconds())/float64(n), "server-µs/"+of)
	b.ReportMetric((server-u.serverUsed).Seconds()/took, "server-cores")
	b.ReportMetric((ourselves-u.ourselvesAt).Seconds()/took, "client-cores")
	b.ReportMetric(m.Cores(u.machine)-(server-u.serverUsed+ourselves-u.ourselvesAt).Seconds()/took, "other-cores")
}
