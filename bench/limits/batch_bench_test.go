package limits

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// A batch of the most orders a call takes, three lines each.
const batchOrders = 1000

func batchBody() []byte {
	rows := bytes.Repeat(append(orderBody, ','), batchOrders)
	return append(append([]byte(`{"orders":[`), rows[:len(rows)-1]...), ']', '}')
}

// batches sends whole batches to organisations in turn; every answer must have
// every order.
func batches(b *testing.B, p *Process, tokens []string, connections int) *calls {
	body := batchBody()
	return &calls{server: p, connections: connections, ask: func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodPost, p.URL+"/api/orders/batch", tokens[int(n)%len(tokens)], body)
	}, answered: func(_ int64, r *fasthttp.Response) {
		if n := bytes.Count(r.Body(), []byte(`"payment_status":"unpaid"`)); n != batchOrders {
			b.Errorf("%d orders in an answer", n)
		}
	}}
}

func organisations(b *testing.B, n int) (tokens []string) {
	for i := range n {
		tokens = append(tokens, mint(b, fmt.Sprintf("bench-%d", i), "admin"))
	}
	return tokens
}

// waitDrained waits until the documents have followed, and answers how long.
func waitDrained(b *testing.B, p *Process, token string) time.Duration {
	b.Helper()
	started := time.Now()
	for end := started.Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if n := stats(b, p, token).Batch.Pending; n == 0 {
			return time.Since(started)
		} else if time.Now().After(end) {
			b.Fatalf("%v operations wait after 5 minutes", n)
		}
	}
}

// BenchmarkBatchCreates sends batches of 1,000 orders to 16 organisations on four
// connections, every answer behind an fsync, and single creates of the same order
// on 64 connections, three pairs in ABBA order: rates as answered, and with the
// time until the documents have followed; server CPU an order, both with that time.
func BenchmarkBatchCreates(b *testing.B) {
	const pairs, count, single = 3, 60, 6_000 // batches, creates
	p, _, _, token := engine(b)
	tokens := organisations(b, 16)
	many := batches(b, p, tokens, 4)
	one := &calls{server: p, connections: 64, ask: func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodPost, p.URL+"/api/orders", tokens[int(n)%len(tokens)], orderBody)
	}}
	many.times(b, 16) // warm up
	waitDrained(b, p, token)
	var rates, drained, cpu, singleRates, singleCPU []float64
	batch := func() {
		before, _ := p.CPU()
		r := many.times(b, count)
		late := waitDrained(b, p, token)
		after, _ := p.CPU()
		orders := float64(count * batchOrders)
		rates, drained = append(rates, orders/r.Took.Seconds()), append(drained, orders/(r.Took+late).Seconds())
		cpu = append(cpu, float64((after-before).Microseconds())/orders)
	}
	creates := func() {
		before, _ := p.CPU()
		r := one.times(b, single)
		waitDrained(b, p, token)
		after, _ := p.CPU()
		singleRates = append(singleRates, r.PerSecond())
		singleCPU = append(singleCPU, float64((after-before).Microseconds())/single)
	}
	for b.Loop() {
		for pair := range pairs {
			if pair%2 == 0 {
				batch()
				creates()
			} else {
				creates()
				batch()
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(rates), "orders/s")
	b.ReportMetric(median(drained), "orders/s-documents-too")
	b.ReportMetric(median(cpu), "cpu-µs/order")
	b.ReportMetric(median(singleRates), "single-creates/s")
	b.ReportMetric(median(singleCPU), "cpu-µs/single-create")
	b.ReportMetric(stats(b, p, token).Journal.FsyncP99MS, "fsync-p99-ms")
}

// BenchmarkRestartMillion kills the engine with a million open orders in 20
// organisations, documents drained, and times the new process: until it listens,
// until the first organisation answers, and until each has.
func BenchmarkRestartMillion(b *testing.B) {
	const organisationCount, count = 20, 1000
	p, binary, data, token := engine(b)
	tokens := organisations(b, organisationCount)
	filled := batches(b, p, tokens, 4).times(b, count)
	waitDrained(b, p, token)
	resident, _ := p.ResidentBytes()
	var listens, first, all, cpu []float64
	for b.Loop() {
		for range 3 {
			if err := p.Kill(); err != nil {
				b.Fatal(err)
			}
			started := time.Now()
			p = start(b, binary, data)
			listens = append(listens, time.Since(started).Seconds())
			for i, token := range tokens {
				call(b, "GET", p.URL+"/api/orders?limit=1", token, nil)
				if i == 0 {
					first = append(first, time.Since(started).Seconds())
				}
			}
			all = append(all, time.Since(started).Seconds())
			used, _ := p.CPU()
			cpu = append(cpu, used.Seconds())
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(count*batchOrders/filled.Took.Seconds(), "filled-orders/s")
	b.ReportMetric(float64(resident)/(count*batchOrders), "RSS-bytes/order")
	b.ReportMetric(median(listens), "s-to-listening")
	b.ReportMetric(median(first), "s-to-first-answer")
	b.ReportMetric(median(all), "s-to-all-organisations")
	b.ReportMetric(median(cpu), "cpu-s")
}
