package limits

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// BenchmarkStoreRecovery kills an engine that holds 1,000 open orders of three
// lines in one organisation, starts it again and asks for one of them: the
// organisation's own recovery as the engine logs it, the first answer from
// asking, and the first answer from starting the process. Drained: the orders
// are read from the documents, on redis-mongo from FerretDB. Undrained: the
// documents have none of them, so that all come from the journal.
func BenchmarkStoreRecovery(b *testing.B) {
	binary := buildEngine(b)
	for _, store := range []string{"embedded", "redis-mongo"} {
		for _, drain := range []bool{true, false} {
			name := "undrained"
			if drain {
				name = "drained"
			}
			b.Run(store+"/"+name, func(b *testing.B) {
				args := []string{"--log-level", "debug", "--log-format", "json"}
				if !drain {
					args = append(args, "--flush-interval", "1m", "--flush-ops", "10000")
				}
				start := onEmbedded
				if store == "redis-mongo" {
					start = onRedisMongo
				}
				recoverOften(b, start(b, binary, args...), drain)
			})
		}
	}
}

const (
	recoveredOrders = 1_000
	recoveries      = 7
)

func recoverOften(b *testing.B, s *stored, drain bool) {
	token := mint(b, "bench", "admin")
	var id string
	place := &calls{server: s.Process, connections: 16, ask: func(r *fasthttp.Request, _ int64) {
		write(r, fasthttp.MethodPost, s.URL+"/api/orders", token, orderBody)
	}, answered: func(n int64, r *fasthttp.Response) {
		if n == 0 {
			id = orderOf(r.Body())
		}
	}}
	place.times(b, recoveredOrders)
	if drain {
		s.drained(b)
	}
	var logged, asked, started []float64
	for b.Loop() {
		for range recoveries {
			if err := s.Kill(); err != nil {
				b.Fatal(err)
			}
			begun := time.Now()
			s.begin(b)
			called := time.Now()
			call(b, "GET", s.URL+"/api/orders/"+id, token, nil)
			started, asked = append(started, ms(time.Since(begun))), append(asked, ms(time.Since(called)))
			logged = append(logged, s.recovery(b, drain))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(logged), "recovery-ms")
	b.ReportMetric(logged[0], "recovery-least-ms") // median has sorted them
	b.ReportMetric(median(asked), "first-answer-ms")
	b.ReportMetric(median(started), "from-start-ms")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// recovery reads from the log how long the organisation took, and makes sure
// that it was what is to be measured.
func (s *stored) recovery(b *testing.B, drained bool) float64 {
	b.Helper()
	log, err := os.ReadFile(s.log)
	if err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(log)); lines.Scan(); {
		var line struct {
			Message           string `json:"msg"`
			Org               string
			Orders, Undrained int
			Took              string
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Message != "organisation recovered" || line.Org != "bench" {
			continue
		}
		if line.Orders != recoveredOrders || drained != (line.Undrained == 0) {
			b.Fatalf("not what was to be recovered: %s", lines.Text())
		}
		took, err := time.ParseDuration(line.Took)
		if err != nil {
			b.Fatal(err)
		}
		return ms(took)
	}
	b.Fatalf("no recovery in the log:\n%.2000s", log)
	return 0
}
