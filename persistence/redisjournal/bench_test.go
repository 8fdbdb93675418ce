package redisjournal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"heard/persistence"
	"heard/persistence/redistest"
)

// BenchmarkAppend is group commits through the committer: so many organisations
// have one entry of 500 bytes each on the way, and the next when it is durable.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		kind        string
		orgs, lanes int
	}{
		{"single", 64, 1}, {"single", 256, 1}, {"single", 1000, 1}, {"single", 1000, 4},
		{"replica", 256, 1}, {"replica", 1000, 1}, {"cluster", 256, 1}, {"cluster", 1000, 1},
	} {
		b.Run(fmt.Sprintf("%s/orgs=%d/lanes=%d", c.kind, c.orgs, c.lanes), func(b *testing.B) {
			benchmarkAppend(b, c.kind, c.orgs, c.lanes)
		})
	}
}

func benchmarkAppend(b *testing.B, kind string, orgs, lanes int) {
	var url string
	switch kind {
	case "cluster":
		url = redistest.StartCluster(b, 3).URL()
	default:
		s := redistest.Start(b)
		url = s.URL()
		if kind == "replica" {
			redistest.StartReplica(b, s)
		}
	}
	j := open(b, options(url))
	data := make([]byte, 500)
	for i, r := 0, rand.New(rand.NewPCG(1, 1)); i < len(data); i++ {
		data[i] = byte(r.Uint32())
	}
	next := make([]persistence.Entry, orgs)
	for i := range next {
		org := fmt.Sprint("org-", i)
		next[i] = persistence.Entry{Org: org, Epoch: acquire(b, j, org).Epoch, First: 1, Last: 1, Data: data}
	}
	c := persistence.NewCommitter(j, persistence.CommitterOptions{Lanes: lanes, AppendTimeoutMS: patience.Milliseconds()})
	free := make(chan int, orgs)
	for i := range next {
		free <- i
	}
	b.ResetTimer()
	for range b.N {
		i := <-free
		err := c.Submit(next[i], func(o persistence.Outcome, err error) {
			if o != persistence.Appended {
				b.Errorf("%v: %v", o, err)
			}
			next[i].First++
			next[i].Last++
			free <- i
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for range orgs {
		<-free
	}
	b.StopTimer()
	s := c.Stats()
	if err := c.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(b.N)/float64(s.Commits), "entries/commit")
	b.ReportMetric(float64(orgs)/float64(b.N)*b.Elapsed().Seconds()*1000, "mean-ms")
}
