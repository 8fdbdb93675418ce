package main

import (
	"fmt"
	"maps"
	"time"

	"heard/actors"
	"heard/cluster"
	"heard/persistence"
	"heard/transport/rest"
	"heard/transport/ws"
)

// performance answers performance-stats with the seed's names and live figures.
type performance struct {
	engine  *actors.Engine
	node    *cluster.Node // nil = alone
	backend *backend
	server  *rest.Server
	gateway *ws.Gateway
	started time.Time
}

type object = map[string]any

func (p *performance) read() any {
	s, sockets := p.engine.Stats(), p.gateway.Stats()
	return object{
		"cache":           p.cacheStats(&s),
		"batch_processor": p.batchStats(&s),
		"billing_engine":  billingStats(&s),
		"websocket":       socketStats(&sockets),
		"actors": object{
			"commands": s.Commands, "under_way": s.UnderWay, "organisations": s.Organisations,
			"live_orders": s.LiveOrders, "open_orders": s.OpenOrders, "shed": s.Shed, "quarantined": s.Quarantined,
		},
		"journal":   p.journalStats(&s),
		"damaged":   p.damaged(),
		"cluster":   clusterStats(p.node, &s),
		"http":      p.httpStats(),
		"timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
	}
}

// cacheStats: the first tier is this node's memory, the owner's committed state
// and the cache; the second is shared through Redis; the third is the Store.
func (p *performance) cacheStats(s *actors.Stats) object {
	c := p.backend.cache.Stats()
	hits, total := s.ViewReads+c.L1.Hits, s.ViewReads+c.Requests
	loads := c.L3.Hits + c.Joined
	rate, misses := percent(hits, total), total-hits
	stats := object{
		"total_requests": total, "l1_hits": hits, "l2_hits": c.L2.Hits, "l3_hits": loads,
		"l1_hit_rate": percentText(rate), "l2_hit_rate": percentText(percent(c.L2.Hits, total)), "l3_hit_rate": percentText(percent(loads, total)),
		"l1_hit_rate_pct": rate, "l2_hit_rate_pct": percent(c.L2.Hits, total), "l3_hit_rate_pct": percent(loads, total),
		"avg_latency_ms": fmt.Sprintf("%.3f", perMS(s.ReadNS, total)),
		"l1_stats": object{
			"hits": hits, "misses": misses, "hit_rate": percentText(rate), "hit_rate_pct": rate,
			"size": s.LiveOrders + s.MenuItems + s.Organisations + int64(c.L1Size), "capacity": c.L1Capacity,
		},
	}
	if c.L2Used {
		stats["l2_stats"] = object{"up": c.L2Up, "errors": c.L2Errors, "skipped": c.L2Skipped}
	}
	return stats
}

func (p *performance) batchStats(s *actors.Stats) object {
	d := &s.Drain
	writes := d.Documents
	if p.backend.writes != nil {
		writes = int64(p.backend.writes())
	}
	stats := object{
		"total_operations": d.Operations, "batches_processed": d.Batches,
		"avg_batch_size":        ratio(d.Operations-d.Pending, d.Batches),
		"operations_per_second": float64(d.Operations) / time.Since(p.started).Seconds(),
		"last_flush_time":       nil, "pending_operations": d.Pending, "operation_types": d.Kinds,
		"database_operations": writes, "saved_pct": percent(d.Operations-d.Pending-writes, d.Operations-d.Pending),
		"undrained_records": s.Undrained, "failures": s.DrainFailures,
	}
	if !d.LastFlush.IsZero() {
		stats["last_flush_time"] = d.LastFlush.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return stats
}

// billingStats: a calculation finds the organisation's rules compiled, unless
// its settings changed since.
func billingStats(s *actors.Stats) object {
	hits, misses := s.Calculations-s.RulesCompiled, s.RulesCompiled
	if hits < 0 {
		hits = 0
	}
	return object{
		"calculations": s.Calculations, "avg_time_ms": perMS(s.CalculationNS, s.Calculations),
		"cache_hits": hits, "cache_misses": misses, "cache_hit_rate": percentText(percent(hits, hits+misses)),
		"cache_hit_rate_pct": percent(hits, hits+misses), "cached_tax_rates": s.TaxClasses,
	}
}

func (p *performance) journalStats(s *actors.Stats) object {
	c := &s.Committer
	stats := p.backend.journalStats()
	maps.Copy(stats, object{
		"appends": c.Commits, "entries": c.Entries, "bytes": c.Bytes, "entries_per_append": ratio(int64(c.Entries), int64(c.Commits)),
		"repeats": c.Repeats, "unknown": c.Outcomes[persistence.Unknown], "fenced": s.Fenced,
		"drain_lag_ms": s.DrainLagMS, "undrained_records": s.Undrained,
		"up": !s.JournalDown, "outages": c.Outages, "new_orders_refused": s.CrowdedOut,
	})
	if g := p.backend.guard; g != nil {
		stats["store_up"], stats["store_outages"] = g.Down() == nil, g.Outages()
	}
	return stats
}

func (p *performance) httpStats() object {
	l, c := p.server.Latency(), p.server.Connections()
	return object{
		"requests_last_minute": l.Requests, "p50_ms": l.P50, "p90_ms": l.P90, "p99_ms": l.P99,
		"in_flight": p.server.InFlight(), "connections": c,
	}
}

func ratio(a, b int64) float64 { return ratioFloat(float64(a), float64(b)) }

func ratioFloat(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func percent(part, whole int64) float64   { return 100 * ratio(part, whole) }
func percentText(p float64) string        { return fmt.Sprintf("%.2f%%", p) }
func perMS(ns int64, count int64) float64 { return ratio(ns, count) / 1e6 }

func (p *performance) damaged() object {
	d := p.backend.damaged(p.engine)
	return object{"records": d.records, "files": d.files}
}
