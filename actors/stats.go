package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"heard/persistence"
)

// stats are the engine's counters. They only grow.
type stats struct {
	commands, shed, quarantined, fenced atomic.Int64
	crowdedOut                          atomic.Int64
	viewReads, storeReads, readNS       atomic.Int64
	calculations, calculationNS         atomic.Int64
	rulesCompiled                       atomic.Int64
	drainFailures                       atomic.Int64
	released, silences, checks          atomic.Int64

	mu    sync.Mutex
	drain DrainStats
}

// DrainStats count what the drain did.
type DrainStats struct {
	Operations int64 // orders and organisation changes that became durable
	Batches    int64
	Documents  int64 // written, after coalescing
	Pending    int64 // operations waiting
	Kinds      map[string]int64
	LastFlush  time.Time
	WriteNS    int64
}

// Stats is a moment's picture of the engine.
type Stats struct {
	Commands, UnderWay, Shed, Quarantined, Fenced int64
	CrowdedOut                                    int64 // new orders refused because the journal fills up
	Crowded, JournalDown                          bool  // now
	Organisations, OpenOrders, LiveOrders         int64
	Damaged                                       int64 // records and documents, found since the start
	Undrained                                     int64 // records the Store does not have yet
	DrainLagMS                                    int64 // age of the oldest of them
	ViewReads, StoreReads, ReadNS                 int64
	Calculations                                  int64
	CalculationNS                                 int64 // of the decisions they were part of
	RulesCompiled                                 int64
	TaxClasses, MenuItems                         int64
	DrainFailures                                 int64
	Released                                      int64 // organisations given up to other engines
	Silences                                      int64 // organisations taken over from one that did not give them up
	Checks                                        int64 // batched looks at the fences
	Drain                                         DrainStats
	Committer                                     persistence.CommitterStats
}

func (s *stats) priced(bills int64, took time.Duration) {
	s.calculations.Add(bills)
	s.calculationNS.Add(took.Nanoseconds())
}

// waiting counts operations that the Store has to follow.
func (s *stats) waiting(operations int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain.Operations += int64(operations)
	s.drain.Pending += int64(operations)
}

func (s *stats) gathered(m *drainWork) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drain.Kinds == nil {
		s.drain.Kinds = map[string]int64{}
	}
	if len(m.docs) > 0 {
		s.drain.Kinds["order"] += int64(len(m.docs))
	}
	if m.outlet != nil {
		s.drain.Kinds["organisation"]++
	}
	if len(m.keys) > 0 {
		s.drain.Kinds["key"] += int64(len(m.keys))
	}
}

func (s *stats) flushed(m *flushed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain.Batches++
	s.drain.Documents += int64(m.docs)
	s.drain.Pending -= int64(m.operations)
	s.drain.LastFlush = time.Now()
	s.drain.WriteNS += m.took.Nanoseconds()
}

// requeued takes back what flushed counted of documents that were not written.
func (s *stats) requeued(docs, operations int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain.Documents -= int64(docs)
	s.drain.Pending += int64(operations)
}

// Stats reads the counters.
func (e *Engine) Stats() Stats {
	s := Stats{
		Commands: e.stats.commands.Load(), UnderWay: e.underWay.Load(), Shed: e.stats.shed.Load(),
		Quarantined: e.stats.quarantined.Load(), Fenced: e.stats.fenced.Load(),
		CrowdedOut: e.stats.crowdedOut.Load(), Crowded: e.crowded.Load() != nil, JournalDown: e.committer.Down() != nil,
		ViewReads: e.stats.viewReads.Load(), StoreReads: e.stats.storeReads.Load(), ReadNS: e.stats.readNS.Load(),
		Calculations: e.stats.calculations.Load(), CalculationNS: e.stats.calculationNS.Load(),
		RulesCompiled: e.stats.rulesCompiled.Load(),
		Released:      e.stats.released.Load(), Silences: e.stats.silences.Load(), Checks: e.stats.checks.Load(),
		Damaged:       int64(len(e.Damages())),
		DrainFailures: e.stats.drainFailures.Load(), Committer: e.committer.Stats(),
	}
	for _, o := range e.organisations() {
		s.Organisations++
		o.view.count(&s, e.nowMS())
	}
	e.mu.RLock()
	for _, k := range e.kept {
		k.org.view.count(&s, e.nowMS())
	}
	e.mu.RUnlock()
	e.stats.mu.Lock()
	defer e.stats.mu.Unlock()
	s.Drain = e.stats.drain
	s.Drain.Kinds = make(map[string]int64, len(e.stats.drain.Kinds))
	for kind, n := range e.stats.drain.Kinds {
		s.Drain.Kinds[kind] = n
	}
	return s
}

func (v *view) count(s *Stats, nowMS int64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s.LiveOrders += int64(len(v.sorted) - v.gaps)
	s.OpenOrders += int64(v.active)
	if len(v.tail) > 0 {
		s.DrainLagMS = max(s.DrainLagMS, nowMS-v.tail[0].atMS)
	}
	for _, t := range v.tail {
		s.Undrained += int64(t.entry.Last - t.entry.First + 1)
	}
	if v.outlet != nil {
		s.TaxClasses += int64(len(v.outlet.Settings.TaxClasses))
		s.MenuItems += int64(len(v.outlet.Menu.Items))
	}
}
