package limits

import (
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"heard/bench/screen"
)

// BenchmarkBroadcast asks whether one large organisation makes others wait: 100
// organisations of 10 screens get an order a second each, and a client reads an
// order by REST 200 times a second; first alone, then while 4 orders a second
// are handed to 5,000 screens of another organisation.
func BenchmarkBroadcast(b *testing.B) {
	const small, screens = 100, 10
	p, _, _, admin := engine(b)
	few, crowd := newWall(b, p, false), newWall(b, p, true)
	tokens, large := mintAll(b, "small", small), mintAll(b, "large", 1)
	look := screen.Look{Latency: newHistogram()}
	for _, token := range tokens {
		look.Path = "/ws?token=" + token
		dial(b, few, screens, look)
	}
	dial(b, crowd, 5000, screen.Look{Path: "/ws?token=" + large[0], Latency: newHistogram()})
	orders := &Plan{URL: p.URL, Tokens: tokens, PerSecond: small, For: warmUp}
	sent := place(b, orders).Orders
	deliver(b, few, sent*screens)
	reads := &Plan{URL: p.URL, Tokens: []string{admin}, Read: "/api/orders/" + orderID(b, p, admin), PerSecond: 200}

	measure := func(d time.Duration, beside func()) (read, latency *hdrhistogram.Histogram) {
		look.Latency.Reset()
		few.Measure()
		orders.For, reads.For = d, d
		var wg sync.WaitGroup
		wg.Go(func() { sent += place(b, orders).Orders })
		wg.Go(func() { read = place(b, reads).Answered })
		beside()
		wg.Wait()
		deliver(b, few, sent*screens)
		return read, hdrhistogram.Import(look.Latency.Export())
	}
	readAlone, alone := measure(5*time.Second, func() {})
	use := begin(b, p)
	var readBeside, beside *hdrhistogram.Histogram
	for b.Loop() {
		readBeside, beside = measure(10*time.Second, func() {
			n := place(b, &Plan{URL: p.URL, Tokens: large, PerSecond: 4, For: 10 * time.Second}).Orders
			deliver(b, crowd, n*5000)
		})
	}
	use.report(b, crowd.Delivered.Load()+look.Latency.TotalCount(), "delivery")
	b.ReportMetric(0, "ns/op")
	report(b, readAlone, "read-alone-")
	report(b, readBeside, "read-")
	report(b, alone, "small-alone-")
	report(b, beside, "small-")
}
