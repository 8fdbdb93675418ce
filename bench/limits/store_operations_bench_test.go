package limits

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// BenchmarkStoreOperations counts the write commands that MongoDB is sent for
// 1,000 commands of clients at a steady rate, until all is drained. The commands
// are lives of orders: a create and three changes of status.
//
// The count is (commands of a flush) against (writes of a flush). A server that
// is slow makes flushes larger, so that the figure flatters: FerretDB is, from a
// few dozen commands a second on. Where lag-ms, the most that the documents were
// behind, is far above the flush interval, saved-% says nothing of a MongoDB.
// Flushes of a Store that keeps up are therefore counted on the embedded one.
// saved-%-derived is what they come to at three writes a flush, the most there
// are below 500 documents: archive, orders, watermarks.
func BenchmarkStoreOperations(b *testing.B) {
	binary := buildEngine(b)
	for _, c := range []struct {
		store              string
		perSecond, seconds int
		flags              string
	}{
		{"redis-mongo", 4, 8, ""},
		{"redis-mongo", 40, 6, ""},
		{"redis-mongo", 160, 4, ""},
		{"redis-mongo", 400, 3, ""},
		{"embedded", 40, 5, ""},
		{"embedded", 160, 5, ""},
		{"embedded", 400, 5, ""},
		{"embedded", 1000, 5, ""},
		{"embedded", 400, 5, "--flush-ops=100 --flush-interval=200ms"},
		{"embedded", 400, 5, "--flush-ops=200 --flush-interval=500ms"},
	} {
		b.Run(fmt.Sprintf("%s/rate=%d/%s", c.store, c.perSecond, c.flags), func(b *testing.B) {
			start := onEmbedded
			if c.store == "redis-mongo" {
				start = onRedisMongo
			}
			countOperations(b, start(b, binary, strings.Fields(c.flags)...), c.perSecond, c.seconds)
		})
	}
}

const mostWritesOfFlush = 3

func countOperations(b *testing.B, s *stored, perSecond, seconds int) {
	tokens := mintAll(b, "org", storeOrganisations)
	for _, token := range tokens {
		call(b, "POST", s.URL+"/api/orders", token, orderBody) // organisations are read back and written first
	}
	before := s.drained(b)
	var lag float64
	stop, watched := make(chan struct{}), sync.WaitGroup{}
	watched.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				lag = max(lag, s.figures(b).Journal.LagMS)
			}
		}
	})
	c := &calls{server: s.Process, connections: 64, perSecond: float64(perSecond)}
	c.ask, c.answered = lives(s, tokens)
	for b.Loop() {
		c.times(b, perSecond*seconds)
	}
	close(stop)
	watched.Wait()
	after := s.drained(b)
	commands, writes := after.Actors.Commands-before.Actors.Commands, after.Journal.MongoWrites-before.Journal.MongoWrites
	flushes := after.Batch.Batches - before.Batch.Batches
	if commands != float64(perSecond*seconds) || after.Batch.Failures > 0 {
		b.Fatalf("%v commands of %d, %v failures of the drain", commands, perSecond*seconds, after.Batch.Failures)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(commands/flushes, "commands/flush")
	b.ReportMetric(lag, "lag-ms")
	if s.documents == nil {
		b.ReportMetric(100*(1-mostWritesOfFlush*flushes/commands), "saved-%-derived")
		return
	}
	b.ReportMetric(1000*writes/commands, "writes/1000-commands")
	b.ReportMetric(100*(1-writes/commands), "saved-%")
	b.ReportMetric(writes/flushes, "writes/flush")
}

// lives are orders that are placed and then changed three times, 64 at once. A
// change waits for the answer to what was before it.
func lives(s *stored, tokens []string) (ask func(*fasthttp.Request, int64), answered func(int64, *fasthttp.Response)) {
	const slots = 64
	later := []string{"preparing", "ready", "completed"}
	// Of 256 commands in a row the first 64 are the births of 64 lives, the next
	// 64 their first change, and so on.
	life := func(n int64) (id, step int64) { return n/(4*slots)*slots + n%slots, n / slots % 4 }
	var orders, steps sync.Map // of a life: its order; how many commands were answered
	ask = func(r *fasthttp.Request, n int64) {
		id, step := life(n)
		token := tokens[id%int64(len(tokens))]
		if step == 0 {
			write(r, fasthttp.MethodPost, s.URL+"/api/orders", token, orderBody)
			return
		}
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if done, ok := steps.Load(id); ok && done == step {
				break
			}
		}
		order, _ := orders.Load(id) // none is a 404, which ends the benchmark
		write(r, fasthttp.MethodPut, fmt.Sprintf("%s/api/orders/%v/status?status=%s", s.URL, order, later[step-1]), token, nil)
	}
	return ask, func(n int64, r *fasthttp.Response) {
		id, step := life(n)
		if step == 0 {
			orders.Store(id, orderOf(r.Body()))
		}
		steps.Store(id, step+1)
	}
}

// orderOf is the id at the beginning of an order's image.
func orderOf(image []byte) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(string(image), `{"id":"`), `"`)
	return id
}
