package pebblestore

import (
	dto "github.com/prometheus/client_model/go"
)

// Stats is what is worth showing of the database. Counters run since Open.
type Stats struct {
	DiskBytes      uint64 // all files
	LogBytes       uint64 // of the log of entries
	LogFiles       int64
	MemTableBytes  uint64
	L0Files        int64
	L0Sublevels    int64  // reads look into each
	DebtBytes      uint64 // to be compacted until the tree has its shape
	Compactions    int64
	Flushes        int64
	CacheHits      int64
	CacheMisses    int64
	Fsyncs         uint64 // of the logs
	FsyncSeconds   float64
	FsyncP99MS     float64 // upper bound of the histogram's bucket
	Stalls         uint64  // writes held until flushes or compactions caught up
	SlowWrites     uint64  // disk operations that took seconds
	MaintenanceErr uint64  // failed flushes and compactions, all repeated
	DamagedReads   uint64
}

// Stats returns zeros after Close.
func (db *DB) Stats() Stats {
	db.gate.RLock()
	defer db.gate.RUnlock()
	if db.closed || db.fuse.blown.Load() != nil {
		return Stats{}
	}
	m := db.pebble.Metrics()
	size, files := db.log.Size()
	s := Stats{
		DiskBytes: m.DiskSpaceUsage() + size, LogBytes: size, LogFiles: int64(files),
		MemTableBytes: m.MemTable.Size, L0Files: m.Levels[0].TablesCount, L0Sublevels: int64(m.Levels[0].Sublevels),
		DebtBytes: m.Compact.EstimatedDebt, Compactions: m.Compact.Count, Flushes: m.Flush.Count,
		CacheHits: m.BlockCache.Hits, CacheMisses: m.BlockCache.Misses,
		Stalls: db.events.stalls.Load(), SlowWrites: db.events.slowWrites.Load(),
		MaintenanceErr: db.events.background.Load(), DamagedReads: db.events.corruptions.Load(),
	}
	var h dto.Metric
	if db.syncs.Write(&h) == nil {
		s.fsyncs(h.GetHistogram())
	}
	return s
}

func (s *Stats) fsyncs(h *dto.Histogram) {
	const nanosPerSecond, nanosPerMS = 1e9, 1e6
	s.Fsyncs, s.FsyncSeconds = h.GetSampleCount(), h.GetSampleSum()/nanosPerSecond
	for _, b := range h.GetBucket() {
		if b.GetCumulativeCount()*100 >= s.Fsyncs*99 {
			s.FsyncP99MS = b.GetUpperBound() / nanosPerMS
			return
		}
	}
}

// Sealed is up to where the log is known to have been durable.
func (db *DB) Sealed() uint64 { return db.log.Sealed() }
