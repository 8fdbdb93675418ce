package limits

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// calls are requests that differ: ask writes the nth, over a number of
// connections that stay open.
type calls struct {
	server      *Process
	connections int
	perSecond   float64 // 0 = as fast as answers come
	ask         func(r *fasthttp.Request, n int64)
	answered    func(n int64, r *fasthttp.Response) // nil = nobody looks
}

// during sends for some time.
func (c *calls) during(b *testing.B, d time.Duration) *Result {
	b.Helper()
	return c.run(b, func(_ int64, since time.Duration) bool { return since < d })
}

// times sends so many.
func (c *calls) times(b *testing.B, n int) *Result {
	b.Helper()
	return c.run(b, func(i int64, _ time.Duration) bool { return i < int64(n) })
}

// run sends while goes says so, and fails the benchmark at an answer that is not 200.
func (c *calls) run(b *testing.B, goes func(n int64, since time.Duration) bool) *Result {
	b.Helper()
	client := &fasthttp.HostClient{
		Addr: c.server.URL[len("http://"):], MaxConns: c.connections, ReadTimeout: patience,
		RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
	}
	defer client.CloseIdleConnections()
	var (
		next   atomic.Int64
		failed atomic.Pointer[string]
		wg     sync.WaitGroup
	)
	total, mu := &Result{Latency: newHistogram()}, sync.Mutex{}
	start := time.Now()
	for range c.connections {
		wg.Go(func() {
			latency := newHistogram()
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			for failed.Load() == nil {
				n := next.Add(1) - 1
				sent := time.Now()
				if c.perSecond > 0 {
					sent = start.Add(time.Duration(float64(n) / c.perSecond * float64(time.Second)))
				}
				if !goes(n, sent.Sub(start)) {
					break
				}
				time.Sleep(time.Until(sent))
				request.Reset()
				c.ask(request, n)
				if err := client.Do(request, response); err != nil || response.StatusCode() != fasthttp.StatusOK {
					trouble := fmt.Sprintf("%s %s: %v %d %.300s", request.Header.Method(), request.RequestURI(), err, response.StatusCode(), response.Body())
					failed.Store(&trouble)
					break
				}
				_ = latency.RecordValue(max(1, time.Since(sent).Microseconds()))
				if c.answered != nil {
					c.answered(n, response)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total.Latency.Merge(latency)
		})
	}
	wg.Wait()
	if trouble := failed.Load(); trouble != nil {
		b.Fatal(*trouble)
	}
	total.Took, total.Requests = time.Since(start), total.Latency.TotalCount()
	return total
}

// write makes r a request with a body.
func write(r *fasthttp.Request, method, url, token string, body []byte) {
	r.SetRequestURI(url)
	r.Header.SetMethod(method)
	r.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		r.Header.SetContentType("application/json")
		r.SetBodyRaw(body)
	}
}
