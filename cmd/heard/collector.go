package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"heard/actors"
	"heard/transport/ws"
)

// collector shows the engine's counters to Prometheus at each scrape.
type collector struct {
	engine  *actors.Engine
	gateway *ws.Gateway
	figures []figure
	sockets []socketFigure
}

type figure struct {
	describe *prometheus.Desc
	kind     prometheus.ValueType
	read     func(*actors.Stats) float64
}

func counter(name, help string, read func(*actors.Stats) float64) figure {
	return figure{prometheus.NewDesc("heard_"+name, help, nil, nil), prometheus.CounterValue, read}
}

func gauge(name, help string, read func(*actors.Stats) float64) figure {
	return figure{prometheus.NewDesc("heard_"+name, help, nil, nil), prometheus.GaugeValue, read}
}

// newCollector shows the engine's figures and those of its store.
func newCollector(engine *actors.Engine, store []figure, gateway *ws.Gateway) *collector {
	return &collector{engine: engine, gateway: gateway, sockets: socketFigures(), figures: append(engineFigures(), store...)}
}

func engineFigures() []figure {
	return []figure{
		counter("commands_total", "Commands taken.", func(s *actors.Stats) float64 { return float64(s.Commands) }),
		counter("commands_shed_total", "Commands refused because too many waited.", func(s *actors.Stats) float64 { return float64(s.Shed) }),
		gauge("commands_under_way", "Commands not answered yet.", func(s *actors.Stats) float64 { return float64(s.UnderWay) }),
		gauge("organisations", "Organisations in memory.", func(s *actors.Stats) float64 { return float64(s.Organisations) }),
		gauge("orders_open", "Open orders.", func(s *actors.Stats) float64 { return float64(s.OpenOrders) }),
		counter("orders_quarantined_total", "Orders whose command panicked.", func(s *actors.Stats) float64 { return float64(s.Quarantined) }),
		counter("fenced_total", "Activations ended because another one owns the organisation.", func(s *actors.Stats) float64 { return float64(s.Fenced) }),
		counter("journal_appends_total", "Group commits.", func(s *actors.Stats) float64 { return float64(s.Committer.Commits) }),
		counter("journal_entries_total", "Entries appended.", func(s *actors.Stats) float64 { return float64(s.Committer.Entries) }),
		counter("journal_bytes_total", "Bytes appended.", func(s *actors.Stats) float64 { return float64(s.Committer.Bytes) }),
		gauge("drain_undrained_records", "Records the document store does not have yet.", func(s *actors.Stats) float64 { return float64(s.Undrained) }),
		gauge("drain_pending_operations", "Operations waiting to be written.", func(s *actors.Stats) float64 { return float64(s.Drain.Pending) }),
		counter("drain_operations_total", "Operations that became durable.", func(s *actors.Stats) float64 { return float64(s.Drain.Operations) }),
		counter("drain_documents_total", "Documents written, after coalescing.", func(s *actors.Stats) float64 { return float64(s.Drain.Documents) }),
		counter("drain_batches_total", "Batches of documents written.", func(s *actors.Stats) float64 { return float64(s.Drain.Batches) }),
		counter("drain_failures_total", "Batches that had to be repeated.", func(s *actors.Stats) float64 { return float64(s.DrainFailures) }),
		counter("reads_memory_total", "Reads answered from memory.", func(s *actors.Stats) float64 { return float64(s.ViewReads) }),
		counter("reads_store_total", "Reads answered from the document store.", func(s *actors.Stats) float64 { return float64(s.StoreReads) }),
		gauge("drain_lag_seconds", "Age of the oldest record the document store does not have yet.", func(s *actors.Stats) float64 { return float64(s.DrainLagMS) / 1000 }),
	}
}

// Describe names the figures.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		out <- f.describe
	}
	for _, f := range c.sockets {
		out <- f.describe
	}
}

// Collect reads them.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := c.engine.Stats()
	for _, f := range c.figures {
		out <- prometheus.MustNewConstMetric(f.describe, f.kind, f.read(&s))
	}
	w := c.gateway.Stats()
	for _, f := range c.sockets {
		out <- prometheus.MustNewConstMetric(f.describe, f.kind, float64(f.read(&w)))
	}
}
