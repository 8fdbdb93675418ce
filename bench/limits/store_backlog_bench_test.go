package limits

import (
	"fmt"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// BenchmarkStoreBacklog takes the server of the documents away for 20 s while
// orders arrive at a steady rate, and brings it back while they go on: how fast
// what gathered is written against how fast it arrives. They are creates alone,
// since FerretDB looks at every document for each change of an order that an
// earlier write brought: one or a few such changes a second are all it does.
func BenchmarkStoreBacklog(b *testing.B) {
	binary := buildEngine(b)
	for _, perSecond := range []int{50, 200} {
		b.Run(fmt.Sprintf("rate=%d", perSecond), func(b *testing.B) {
			for b.Loop() {
				measureBacklog(b, onRedisMongo(b, binary), perSecond, 20*time.Second, 10*time.Second)
			}
		})
	}
}

func measureBacklog(b *testing.B, s *stored, perSecond int, away, after time.Duration) {
	tokens := mintAll(b, "org", storeOrganisations)
	for _, token := range tokens {
		call(b, "POST", s.URL+"/api/orders", token, orderBody) // organisations are read back and written first
	}
	s.drained(b)
	s.documents.Kill()
	c := &calls{server: s.Process, connections: 64, perSecond: float64(perSecond)}
	c.ask = func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodPost, s.URL+"/api/orders", tokens[n%int64(len(tokens))], orderBody)
	}
	sent := make(chan *Result, 1)
	go func() {
		defer close(sent) // an answer that is not 200 ends it
		sent <- c.times(b, perSecond*int((away+after)/time.Second))
	}()
	time.Sleep(away)
	s.documents.Restart()
	back, gathered := time.Now(), s.figures(b).Journal.Undrained
	s.until(b, "the backlog is written", func(f *figures) bool { return f.Journal.Undrained <= float64(perSecond) })
	took := time.Since(back)
	arrived, all := <-sent
	if !all {
		b.FailNow()
	}
	rate := arrived.PerSecond()
	written := gathered + rate*min(took, after).Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate, "arrive/s")
	b.ReportMetric(gathered, "backlog")
	b.ReportMetric(took.Seconds(), "drained-s")
	b.ReportMetric(written/took.Seconds()/rate, "times-arrival")
	b.ReportMetric(float64(arrived.Latency.ValueAtQuantile(99))/1000, "p99-ms")
}
