package rest

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heard/domain"
)

func TestMetricsCountByRouteAndClass(t *testing.T) {
	r := start(t, func(o *Options) {
		o.Collectors = []prometheus.Collector{gauge("heard_test_extra", "Extra.", func() float64 { return 42 })}
	})
	name, value := as(domain.Staff)
	for _, id := range []string{"a", "b", "c"} {
		r.do("GET", "/api/orders/"+id, "", name, value)
	}
	r.do("HEAD", "/api/orders/a", "", name, value)
	r.do("GET", "/api/orders/a", "")
	r.do("GET", "/api/panic", "")
	r.do("GET", "/nothing/42", "")
	text := r.do("GET", "/metrics", "").body
	for _, want := range []string{
		`heard_http_requests_total{class="2xx",method="GET",route="/api/orders/{id}"} 4`,
		`heard_http_requests_total{class="4xx",method="GET",route="/api/orders/{id}"} 1`,
		`heard_http_requests_total{class="5xx",method="GET",route="/api/panic"} 1`,
		`heard_http_requests_total{class="4xx",method="other",route="other"} 1`,
		`heard_http_request_seconds_count{class="2xx",method="GET",route="/api/orders/{id}"} 4`,
		"heard_http_panics_total 1", "heard_http_in_flight 1", "heard_http_connections 1", "heard_tokens_cached 1",
		"heard_test_extra 42", "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(text, want+"\n") && !strings.Contains(text, want+" ") {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "42\"") || strings.Contains(text, "o-1") {
		t.Error("a path or an organisation is a label")
	}
	if l := r.Latency(); l.Requests < 7 || l.P50 <= 0 || l.P99 < l.P50 {
		t.Errorf("%+v", l)
	}
}

func TestLatencyPercentiles(t *testing.T) {
	var l latency
	now := time.Unix(1_700_000_000, 0)
	for i := 1; i <= 1000; i++ {
		l.record(now.Add(-time.Duration(i%50)*time.Second), time.Duration(i)*time.Millisecond)
	}
	l.record(now.Add(-80*time.Second), time.Hour) // older than a minute
	got := l.summary(now)
	if got.Requests != 1000 || math.Abs(got.P50/500-1) > 0.04 || math.Abs(got.P90/900-1) > 0.04 || math.Abs(got.P99/990-1) > 0.04 {
		t.Errorf("%+v", got)
	}
	if later := l.summary(now.Add(2 * time.Minute)); later.Requests != 0 || later.P99 != 0 {
		t.Errorf("two minutes later: %+v", later)
	}
	for _, us := range []uint64{0, 1, 31, 32, 63, 64, 1000, 123456, 1<<32 - 1, 1 << 40} {
		s := step(us)
		if s < 0 || s >= stepCount || upper(s) < min(us, 1<<32-1) || float64(upper(s)) > float64(us)*1.04+1 {
			t.Errorf("%d µs: step %d up to %d", us, s, upper(s))
		}
	}
}

func TestLatencyFromManyGoroutines(t *testing.T) {
	var l latency
	now := time.Unix(1_700_000_000, 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				l.record(now, time.Duration(i)*time.Microsecond)
			}
		})
	}
	wg.Wait()
	if got := l.summary(now); got.Requests < 7000 {
		t.Errorf("%+v", got)
	}
}
