package main

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"heard/actors"
	"heard/persistence"
)

// degraded names what is away, refused or damaged, though orders go on. It is for
// everybody who may ask /readyz: it names no server, and nothing of what is stored.
func (b *backend) degraded(engine *actors.Engine) []string {
	var away []string
	if b.guard != nil && b.guard.Down() != nil {
		away = append(away, "MongoDB does not answer: what only it has cannot be read, and Redis fills")
	}
	if engine.Stats().Crowded {
		away = append(away, "the journal's Redis is nearly full: no new orders are taken")
	}
	if c := b.cache.Stats(); c.L2Used && !c.L2Up {
		away = append(away, "the cache's Redis does not answer: reads take longer")
	}
	away = append(away, b.damaged(engine).lines...)
	return append(away, engine.Degraded()...)
}

// damaged is what cannot be read as it was written: for everybody, and with what
// was found for performance-stats.
type damaged struct {
	lines   []string
	records []object
	files   []string
}

func (b *backend) damaged(engine *actors.Engine) damaged {
	d := damaged{records: []object{}, files: []string{}}
	if b.damagedFiles != nil {
		d.files = append(d.files, b.damagedFiles()...)
		d.lines = append(d.lines, d.files...)
	}
	var known []persistence.Damage
	if b.damage != nil {
		known = b.damage()
	}
	for _, k := range known {
		d.lines = append(d.lines, k.String())
		d.records = append(d.records, object{"organisation": k.Org, "seq": k.Last, "in": k.Detail, "error": k.String()})
	}
	for _, e := range engine.Damages() {
		if !slices.ContainsFunc(known, func(k persistence.Damage) bool { return k.Org == e.Org && k.First <= e.Seq && e.Seq <= k.Last }) {
			d.lines = append(d.lines, e.String())
			d.records = append(d.records, object{"organisation": e.Org, "seq": e.Seq, "in": e.Where, "error": e.Err.Error()})
		}
	}
	return d
}

// outageFigures show the breakers, what the journal's memory refuses, and the
// tiers of the cache.
func (b *backend) outageFigures() []figure {
	figures := []figure{
		gauge("journal_up", "1 while the journal answers; 0: writes are refused until it does.", func(s *actors.Stats) float64 { return up(!s.JournalDown) }),
		counter("journal_outages_total", "Times that the journal stopped answering.", func(s *actors.Stats) float64 { return float64(s.Committer.Outages) }),
		gauge("damaged_records", "Records and documents that were found damaged since the start, at most 100.", func(s *actors.Stats) float64 { return float64(s.Damaged) }),
		gauge("new_orders_refused", "1 while the journal's memory is too full for new orders.", func(s *actors.Stats) float64 { return up(s.Crowded) }),
		counter("new_orders_refused_total", "New orders refused for that.", func(s *actors.Stats) float64 { return float64(s.CrowdedOut) }),
	}
	if b.guard != nil {
		figures = append(figures,
			gauge("store_up", "1 while the document store answers; 0: it is not asked until it does.", func(*actors.Stats) float64 { return up(b.guard.Down() == nil) }),
			counter("store_outages_total", "Times that the document store stopped answering.", func(*actors.Stats) float64 { return float64(b.guard.Outages()) }),
		)
	}
	return append(figures, b.cacheFigures()...)
}

func (b *backend) cacheFigures() []figure {
	const requests, help = "cache_requests_total", "Cached reads by the tier that answered: l1 this process, l2 Redis, l3 the document store, joined another's read of it."
	of := func(tier string, read func(*actors.Stats) float64) figure {
		return figure{prometheus.NewDesc("heard_"+requests, help, nil, prometheus.Labels{"tier": tier}), prometheus.CounterValue, read}
	}
	cache := b.cache
	figures := []figure{
		of("l1", func(*actors.Stats) float64 { return float64(cache.Stats().L1.Hits) }),
		of("l2", func(*actors.Stats) float64 { return float64(cache.Stats().L2.Hits) }),
		of("l3", func(*actors.Stats) float64 { return float64(cache.Stats().L3.Hits) }),
		of("joined", func(*actors.Stats) float64 { return float64(cache.Stats().Joined) }),
		gauge("cache_entries", "Entries of the first cache tier.", func(*actors.Stats) float64 { return float64(cache.Stats().L1Size) }),
		gauge("cache_bytes", "Their weight.", func(*actors.Stats) float64 { return float64(cache.Stats().L1Bytes) }),
	}
	if !cache.Stats().L2Used {
		return figures
	}
	return append(figures,
		gauge("cache_l2_up", "1 while the second cache tier answers.", func(*actors.Stats) float64 { return up(cache.Stats().L2Up) }),
		counter("cache_l2_errors_total", "Calls of the second cache tier that failed.", func(*actors.Stats) float64 { return float64(cache.Stats().L2Errors) }),
		counter("cache_l2_skipped_total", "Look-ups that did not ask it, because it was away.", func(*actors.Stats) float64 { return float64(cache.Stats().L2Skipped) }),
	)
}

func up(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
