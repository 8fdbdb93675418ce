package limits

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"heard/bench/screen"
)

// BenchmarkPeers compares the processor time of the server for each frame that
// a screen gets with that of a bare loop of write(2), of a loop over gorilla's
// sockets and of centrifuge, which are handed the very bytes to send. The
// engine's includes all that makes an order: the peers have no rules, no log
// and no disk.
func BenchmarkPeers(b *testing.B) {
	for _, c := range []struct {
		organisations, screens int
		ordersPerSecond        float64
	}{
		{1, 1000, 20}, {20, 50, 400}, {1, 4000, 2},
	} {
		b.Run(fmt.Sprintf("organisations=%d/screens=%d/orders=%g", c.organisations, c.screens, c.ordersPerSecond), func(b *testing.B) {
			comparePeers(b, c.organisations, c.screens, c.ordersPerSecond)
		})
	}
}

// competitor is a server with its screens.
type competitor struct {
	name    string
	server  *Process
	wall    *screen.Wall
	plan    *Plan
	latency *hdrhistogram.Histogram
	orders  int
	costs   []float64 // µs of a delivery
}

func comparePeers(b *testing.B, organisations, screens int, perSecond float64) {
	p, _, _, _ := engine(b)
	ours := newRival(b, "heard", p, mintAll(b, "org", organisations), screens, nil)
	ours.plan.PerSecond = perSecond
	ours.run(b, time.Second, screens)
	again := screen.Again(*ours.wall.Sample.Load())
	names := make([]string, organisations)
	for i := range names {
		names[i] = fmt.Sprintf("org-%d", i)
	}
	rivals := []*competitor{ours}
	for _, name := range []string{"bare", "gorilla"} {
		rivals = append(rivals, newRival(b, name, startPeer(b, os.Args[0], peerEnv+"="+name), names, screens, nil))
	}
	if centrifuge := startCentrifuge(b); centrifuge != nil {
		rivals = append(rivals, newRival(b, "centrifuge", centrifuge, names, screens, []byte(`{"id":1,"connect":{}}`)))
	}
	for _, r := range rivals[1:] {
		r.plan.PerSecond, r.plan.Body = perSecond, func(_ int, sentMicros int64) []byte { return again(sentMicros) }
		r.run(b, time.Second, screens)
	}
	for b.Loop() {
		for round := range 4 {
			for i := range rivals {
				if round%2 == 1 {
					i = len(rivals) - 1 - i
				}
				rivals[i].wall.Measure()
				rivals[i].costs = append(rivals[i].costs, rivals[i].run(b, 3*time.Second, screens))
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, r := range rivals {
		b.ReportMetric(median(r.costs), r.name+"-µs/delivery")
		b.ReportMetric(float64(r.latency.ValueAtQuantile(99))/1000, r.name+"-p99-ms")
	}
}

func newRival(b *testing.B, name string, server *Process, tokens []string, screens int, hello []byte) *competitor {
	b.Helper()
	r := &competitor{name: name, server: server, wall: newWall(b, server, false), latency: newHistogram(), plan: &Plan{URL: server.URL, Tokens: tokens}}
	for _, token := range tokens {
		dial(b, r.wall, screens, screen.Look{Path: "/ws?token=" + token, Hello: hello, Latency: r.latency})
	}
	return r
}

// run places orders for some time and returns the server's µs for each delivery.
func (r *competitor) run(b *testing.B, d time.Duration, screens int) float64 {
	b.Helper()
	before, _ := r.server.CPU()
	r.plan.For = d
	n := place(b, r.plan).Orders
	r.orders += n
	deliver(b, r.wall, r.orders*screens)
	after, err := r.server.CPU()
	if err != nil {
		b.Fatal(err)
	}
	return float64((after - before).Microseconds()) / float64(n*screens)
}

// startCentrifuge builds the peer, a module of its own; nil when it cannot be.
func startCentrifuge(b *testing.B) *Process {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "peer")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = "peer"
	if out, err := build.CombinedOutput(); err != nil {
		b.Logf("SKIP centrifuge: it cannot be built: %v\n%s", err, out)
		return nil
	}
	return startPeer(b, binary, "")
}

func startPeer(b *testing.B, binary, env string) *Process {
	b.Helper()
	p, err := StartProcess(binary, []string{env})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Kill() })
	return p
}
