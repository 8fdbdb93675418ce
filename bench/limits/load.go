package limits

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"
)

// Load is a request repeated over a number of connections.
type Load struct {
	URL         string
	Token       string
	Body        []byte
	Connections int
}

// Result is what a load came to.
type Result struct {
	Requests int64
	Errors   int64
	Took     time.Duration
	Latency  *hdrhistogram.Histogram // µs; in an open loop from the planned moment
}

// PerSecond is the rate of good answers.
func (r *Result) PerSecond() float64 { return float64(r.Requests-r.Errors) / r.Took.Seconds() }

// MS is a percentile in milliseconds.
func (r *Result) MS(percentile float64) float64 {
	return float64(r.Latency.ValueAtQuantile(percentile)) / 1000
}

// Run sends as fast as answers come (perSecond 0), or on a plan of so many a
// second: then a late answer makes later ones late in the figures too, as it
// does for people.
func (l *Load) Run(d time.Duration, perSecond float64) (*Result, error) {
	u := &fasthttp.URI{}
	if err := u.Parse(nil, []byte(l.URL)); err != nil {
		return nil, fmt.Errorf("load %s: %w", l.URL, err)
	}
	client := &fasthttp.HostClient{Addr: string(u.Host()), MaxConns: l.Connections, ReadTimeout: 30 * time.Second, RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false }}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	results := make([]Result, l.Connections)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range results {
		wg.Add(1)
		go func() {
			defer wg.Done()
			l.worker(client, &results[i], start, d, perSecond, &next)
		}()
	}
	wg.Wait()
	total := &Result{Took: time.Since(start), Latency: newHistogram()}
	for i := range results {
		total.Requests += results[i].Requests
		total.Errors += results[i].Errors
		total.Latency.Merge(results[i].Latency)
	}
	return total, nil
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 60_000_000, 3) }

func (l *Load) worker(client *fasthttp.HostClient, r *Result, start time.Time, d time.Duration, perSecond float64, next *atomic.Int64) {
	r.Latency = newHistogram()
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	request.SetRequestURI(l.URL)
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	request.Header.Set("Authorization", "Bearer "+l.Token)
	request.SetBodyRaw(l.Body)
	for {
		planned := time.Now()
		if perSecond > 0 {
			planned = start.Add(time.Duration(float64(next.Add(1)) / perSecond * float64(time.Second)))
			if planned.Sub(start) >= d {
				return
			}
			time.Sleep(time.Until(planned))
		} else if planned.Sub(start) >= d {
			return
		}
		err := client.Do(request, response)
		r.Requests++
		if err != nil || response.StatusCode() != fasthttp.StatusOK {
			r.Errors++
		}
		_ = r.Latency.RecordValue(max(1, time.Since(planned).Microseconds()))
	}
}
