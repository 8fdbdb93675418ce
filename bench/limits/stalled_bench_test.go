package limits

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heard/bench/screen"
)

// BenchmarkStalledReaders compares the latency at 900 screens that read when
// another 100 of their organisation do not, with the same when all read: pairs
// in ABBA order, the median of the pairs' ratios and its interval.
func BenchmarkStalledReaders(b *testing.B) {
	const pairs = 6
	p, _, _, admin := engine(b)
	var ratios, calm, stalled []float64
	for b.Loop() {
		for pair := range pairs {
			var p99 [2]float64
			for i := range 2 {
				which := (pair + i) % 2 // A B, B A, …
				p99[which] = p99BesideStalled(b, p, admin, mint(b, fmt.Sprintf("run-%d-%d", pair, i), "waiter"), which == 1)
			}
			ratios = append(ratios, p99[1]/p99[0])
			calm, stalled = append(calm, p99[0]), append(stalled, p99[1])
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(calm), "p99-ms-all-read")
	b.ReportMetric(median(stalled), "p99-ms-beside-stalled")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(ratios[0], "ratio-least")      // sorted by now: six pairs have
	b.ReportMetric(ratios[pairs-1], "ratio-most") // their median between these by 97 %
}

// p99BesideStalled is in milliseconds, of the screens that read. Where others
// stall, it is measured when the server has noticed every one of them, and they
// still do at the end.
func p99BesideStalled(b *testing.B, p *Process, admin, token string, stall bool) float64 {
	const reading, others, perSecond = 900, 100, 20
	w, latency := newWall(b, p, false), newHistogram()
	defer w.Close()
	look := screen.Look{Path: "/ws?token=" + token, Latency: latency}
	dial(b, w, reading, look)
	readers := reading + others
	if look.Stalled = stall; stall {
		readers = reading
	}
	dial(b, w, others, look)
	fill := &Plan{URL: p.URL, Tokens: []string{token}, PerSecond: 40, For: 500 * time.Millisecond, Body: largeOrder}
	orders, due := 0, int64(0)
	if stall {
		due = others
	}
	for range 10 { // 120 KB fill a kernel's buffers, and 512 KB the server's queue
		orders += place(b, fill).Orders
		if stats(b, p, admin).Websocket.Stalled == due {
			break
		}
	}
	deliver(b, w, orders*readers)
	w.Measure()
	orders += place(b, &Plan{URL: p.URL, Tokens: []string{token}, PerSecond: perSecond, For: 5 * time.Second}).Orders
	deliver(b, w, orders*readers)
	if n := stats(b, p, admin).Websocket.Stalled; n != due {
		b.Fatalf("%d sockets stall, not %d", n, due)
	}
	return float64(latency.ValueAtQuantile(99)) / 1000
}

// largeOrder is about 6 KB as a frame.
func largeOrder(_ int, sentMicros int64) []byte {
	line := `{"menu_item_id":"item1","name":"Dosa","quantity":1,"price":90}`
	return fmt.Appendf(nil, `{"customer_name":"%d","items":[%s]}`, sentMicros, strings.Repeat(line+",", 30)+line)
}
