package rest

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// metrics is the node's registry and the counters of HTTP. The registry is its
// own: the global one would mix servers in one test process.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	panics   prometheus.Counter
}

// routeMetrics finds a route's series by status class, without a map. A series
// is made when it is first needed, so that /metrics lists no empty ones.
type routeMetrics struct {
	classes [6]atomic.Pointer[series]
}

type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

func newMetrics(s *Server, more []prometheus.Collector) (*metrics, error) {
	labels := []string{"method", "route", "class"}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "heard_http_requests_total", Help: "Requests answered.",
		}, labels),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "heard_http_request_seconds", Help: "From the complete request to the answer.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 2.5, 10},
		}, labels),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "heard_http_panics_total", Help: "Requests that ended in a panic.",
		}),
	}
	own := []prometheus.Collector{
		m.requests, m.seconds, m.panics,
		gauge("heard_http_in_flight", "Requests being answered.", func() float64 { return float64(s.inFlight.Load()) }),
		gauge("heard_http_connections", "Open connections, WebSockets too.", func() float64 { return float64(s.Connections().Open) }),
		gauge("heard_http_connections_limit", "Connections beyond this are closed.", func() float64 { return float64(s.limits.Connections) }),
		counter("heard_http_connections_refused_total", "Connections closed beyond the limit.", func() float64 { return float64(s.Connections().Refused) }),
		counter("heard_http_connections_crowded_total", "Connections closed beyond the limit of one address.", func() float64 { return float64(s.Connections().Crowded) }),
		gauge("heard_http_body_bytes", "Bytes of requests over 64 KiB that are held.", func() float64 { return float64(s.Connections().Bodies) }),
		gauge("heard_http_answer_bytes", "Bytes of answers over 64 KiB that wait for their readers.", func() float64 { return float64(s.Connections().Answers) }),
		counter("heard_http_no_room_total", "Requests refused because too many bytes of either were held.", func() float64 { return float64(s.Connections().NoRoom) }),
		counter("heard_http_accept_exhausted_total", "Times that no file was left for a connection.", func() float64 { return float64(s.Connections().Exhausted) }),
		gauge("heard_tokens_cached", "Verified tokens kept.", func() float64 { return float64(s.verify.Cached()) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	for _, c := range append(own, more...) {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func gauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

func counter(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
}

// observe counts an answer.
func (m *metrics) observe(r *mounted, status int, took time.Duration) {
	class := &r.metrics.classes[min(status/100, 5)]
	s := class.Load()
	if s == nil {
		labels := []string{r.Method, r.Path, strconv.Itoa(min(status/100, 5)) + "xx"}
		s = &series{m.requests.WithLabelValues(labels...), m.seconds.WithLabelValues(labels...)}
		class.Store(s) // a second one made meanwhile is the same series
	}
	s.requests.Inc()
	s.seconds.Observe(took.Seconds())
}

// Connections counts the server's connections; zero before Listen.
func (s *Server) Connections() ConnectionStats {
	if l := s.listener.Load(); l != nil {
		return l.Stats()
	}
	return ConnectionStats{}
}

// InFlight is the number of requests being answered.
func (s *Server) InFlight() int64 { return s.inFlight.Load() }

// maxScrapes bounds what whoever may ask without a token costs; more are 503.
const maxScrapes = 2

func (m *metrics) handler() fasthttp.RequestHandler {
	return fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes}))
}
