package limits

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"
)

// Plan sends requests evenly spaced in time, to one organisation after the other,
// each with the moment it was sent in its text. It is an open loop: a late
// answer holds up nothing while there are connections.
type Plan struct {
	URL         string   // of the server
	Tokens      []string // one for each organisation
	PerSecond   float64
	For         time.Duration
	Connections int                                  // 0 = 32
	Body        func(i int, sentMicros int64) []byte // nil = an order of one line
	Read        string                               // a path to GET; then nothing is ordered
}

// Sent is what a plan came to.
type Sent struct {
	Orders   int
	Answered *hdrhistogram.Histogram // µs from sending to the answer
	Late     *hdrhistogram.Histogram // µs from the planned moment to sending: the client's own delay
}

// Run carries the plan out. The first answer that is not 200 ends it.
func (p *Plan) Run() (*Sent, error) {
	sent := &Sent{Orders: int(p.PerSecond * p.For.Seconds()), Answered: newHistogram(), Late: newHistogram()}
	connections := p.Connections
	if connections == 0 {
		connections = 32
	}
	client := &fasthttp.Client{MaxConnsPerHost: connections, ReadTimeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	var (
		next   atomic.Int64
		failed atomic.Pointer[error]
		mu     sync.Mutex // of sent
		wg     sync.WaitGroup
	)
	start := time.Now()
	for range connections {
		wg.Go(func() {
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			for failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= sent.Orders {
					return
				}
				planned := start.Add(time.Duration(float64(i) / p.PerSecond * float64(time.Second)))
				time.Sleep(time.Until(planned))
				began := time.Now()
				if err := p.send(client, request, response, i, began); err != nil {
					failed.Store(&err)
					return
				}
				mu.Lock()
				_ = sent.Answered.RecordValue(max(1, time.Since(began).Microseconds()))
				_ = sent.Late.RecordValue(max(1, began.Sub(planned).Microseconds()))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return sent, nil
}

func (p *Plan) send(client *fasthttp.Client, request *fasthttp.Request, response *fasthttp.Response, i int, now time.Time) error {
	request.Header.Set("Authorization", "Bearer "+p.Tokens[i%len(p.Tokens)])
	if p.Read != "" {
		request.SetRequestURI(p.URL + p.Read)
	} else {
		request.SetRequestURI(p.URL + "/api/orders")
		request.Header.SetMethod(fasthttp.MethodPost)
		request.Header.SetContentType("application/json")
		body := p.Body
		if body == nil {
			body = oneLine
		}
		request.SetBodyRaw(body(i, now.UnixMicro()))
	}
	if err := client.Do(request, response); err != nil {
		return fmt.Errorf("order %d: %w", i, err)
	}
	if response.StatusCode() != fasthttp.StatusOK {
		return fmt.Errorf("order %d: %d %s", i, response.StatusCode(), response.Body())
	}
	return nil
}

func oneLine(_ int, sentMicros int64) []byte {
	return fmt.Appendf(nil, `{"customer_name":"%d","items":[{"menu_item_id":"item1","name":"Dosa","quantity":1,"price":90}]}`, sentMicros)
}
