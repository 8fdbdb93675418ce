package limits

import (
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"heard/bench/screen"
)

// BenchmarkReconnect cuts 10,000 screens of 20 organisations with 500 open
// orders each, has all of them come back at random moments within 3 s as the
// legacy client does, and times until the last has its snapshot.
func BenchmarkReconnect(b *testing.B) {
	const organisations, screens, openOrders, within = 20, 500, 500, 3 * time.Second
	p, _, _, admin := engine(b)
	tokens := mintAll(b, "org", organisations)
	place(b, &Plan{URL: p.URL, Tokens: tokens, PerSecond: 2500, For: organisations * openOrders * time.Second / 2500, Connections: 64})
	first := newWall(b, p, false)
	for _, token := range tokens {
		dial(b, first, screens, screen.Look{Path: "/ws?token=" + token, Latency: newHistogram()})
	}
	idle, _ := p.ResidentBytes()
	before := stats(b, p, admin).Websocket
	use := begin(b, p)
	var last time.Duration
	took := newHistogram()
	for b.Loop() {
		first.Close()
		second := newWall(b, p, false)
		start := time.Now()
		for i, at := range moments(organisations*screens, within) {
			time.Sleep(time.Until(start.Add(at)))
			if err := second.Dial(screen.Look{Path: "/ws?token=" + tokens[i%organisations], Latency: newHistogram(), UntilSnapshot: took}); err != nil {
				b.Fatal(err)
			}
		}
		await(b, second, &second.Ready, organisations*screens)
		last = time.Since(start)
	}
	use.report(b, organisations*screens, "screen")
	after := stats(b, p, admin).Websocket
	most, err := p.MostResidentBytes()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(last.Seconds(), "s-to-last-snapshot")
	b.ReportMetric(float64(took.ValueAtQuantile(50))/1000, "p50-ms")
	b.ReportMetric(float64(took.ValueAtQuantile(99))/1000, "p99-ms")
	b.ReportMetric(float64(took.Max())/1000, "max-ms")
	b.ReportMetric(float64(after.Pages-before.Pages), "pages-encoded")
	b.ReportMetric(float64(after.Shared-before.Shared), "pages-shared")
	b.ReportMetric(float64(idle)/(1<<20), "RSS-MiB-before")
	b.ReportMetric(float64(most)/(1<<20), "RSS-MiB-most")
}

// moments are random within a span, in order.
func moments(n int, within time.Duration) []time.Duration {
	m := make([]time.Duration, n)
	for i := range m {
		m[i] = rand.N(within)
	}
	sort.Slice(m, func(i, j int) bool { return m[i] < m[j] })
	return m
}
