package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"heard/actors"
	"heard/domain/outlet"
	"heard/persistence"
	"heard/persistence/cache"
	"heard/persistence/mongostore"
	"heard/persistence/pebblestore"
)

// backend is an opened store: where the log and the documents are, and what
// else the engine and its dashboards need to know of them.
type backend struct {
	journal  persistence.Journal
	store    persistence.Store
	lanes    int // groups under way at once
	drainers int

	durable func(func())                                                // tells when what was appended is durable; nil = at once
	probe   func(context.Context) error                                 // nil = never away
	room    func() error                                                // nil = writes may be taken
	again   <-chan struct{}                                             // closed when it should be opened again, for writing; nil = it is
	scarce  func() bool                                                 // there will soon be no room; nil = never
	crowded func() error                                                // nil = new orders may be taken
	stays   func(context.Context) (reason string, err error)            // why nothing is served any more; nil = it always is
	ping    func(context.Context) error                                 // asks the Store's server; nil = it is in this process
	menu    func(context.Context, string) ([]outlet.ItemRequest, error) // of a new organisation; nil = empty

	damage func() []persistence.Damage // to the log, as far as it was met; nil = it is not known

	fences persistence.Fences // of a journal that engines share; nil = of this process alone

	damagedFiles func() []string // of the folder; nil = there is none

	cache        *cache.Cache                                 // nil for tools that read once
	guard        *persistence.Guard                           // likewise, and where there is no ping
	journalStats func() object                                // of performance-stats
	writes       func() uint64                                // statements the Store was sent; nil = as many as documents
	figures      []figure                                     // for Prometheus
	move         func(context.Context, mongostore.Move) error // marks what a move does; nil = a folder, which is renamed
	close        []func() error
}

// Close closes what was opened, last first.
func (b *backend) Close() error {
	var err error
	for i := len(b.close) - 1; i >= 0; i-- {
		err = errors.Join(err, b.close[i]())
	}
	return err
}

// guarded sees to it that a Store that is away is not waited for.
func (b *backend) guarded(log *slog.Logger) {
	if b.ping == nil {
		return
	}
	b.guard = persistence.NewGuard(b.store, b.ping, log)
	b.store = b.guard
	b.close = append(b.close, func() error { b.guard.Close(); return nil })
}

// cached puts the cache's tiers before the store.
func (b *backend) cached(o cache.Options) error {
	c, err := cache.New(o)
	if err != nil {
		return err
	}
	b.cache, b.store = c, c.Over(b.store)
	b.close = append(b.close, func() error { c.Close(); return nil })
	return nil
}

// options are what an engine on this backend is started with.
func (b *backend) options(log *slog.Logger) actors.Options {
	o := actors.Options{
		Journal: b.journal, Store: b.store, Log: log, Room: b.room, Scarce: b.scarce, Crowded: b.crowded, MovedAway: b.stays,
		InitialMenu: b.menu, Drainers: b.drainers, Durable: b.durable,
		Committer: persistence.CommitterOptions{Lanes: b.lanes, Probe: b.probe, Log: log},
	}
	if b.cache != nil {
		o.Cache = b.cache
	}
	return o
}

// openEmbedded opens the folder's Pebble database, which is journal and store.
func openEmbedded(data string, log *slog.Logger, o pebblestore.Options) (*backend, error) {
	dir := filepath.Join(data, "store")
	if o.ReadOnly {
		if _, err := os.Stat(dir); err != nil {
			return nil, usage("--data %s: no store there", data)
		}
	} else if err := private(data, log); err != nil {
		return nil, usage("--data: %w", err)
	}
	o.Dir, o.Log = dir, log
	db, err := pebblestore.Open(o)
	if errors.Is(err, persistence.ErrLocked) {
		return nil, usage("--data %s: another heard is using it", data)
	}
	if err != nil {
		return nil, err
	}
	b := &backend{
		journal: db, store: db, lanes: 1, drainers: 1, damagedFiles: db.DamagedFiles,
		journalStats: func() object {
			s := db.Stats()
			return object{
				"fsyncs": s.Fsyncs, "fsync_p99_ms": s.FsyncP99MS, "fsync_avg_ms": ratioFloat(s.FsyncSeconds*1000, float64(s.Fsyncs)),
				"damaged": len(db.Damage()), "disk_bytes": s.DiskBytes, "log_bytes": s.LogBytes, "l0_files": s.L0Files, "stalls": s.Stalls,
			}
		},
		figures: []figure{
			counter("journal_fsyncs_total", "Fsyncs of the log.", func(*actors.Stats) float64 { return float64(db.Stats().Fsyncs) }),
			counter("journal_fsync_seconds_total", "Time in fsyncs of the log.", func(*actors.Stats) float64 { return db.Stats().FsyncSeconds }),
			gauge("journal_damaged", "Entries of the log that were found to be damaged.", func(*actors.Stats) float64 { return float64(len(db.Damage())) }),
			gauge("store_disk_bytes", "Size of the embedded store.", func(*actors.Stats) float64 { return float64(db.Stats().DiskBytes) }),
		},
		close: []func() error{db.Close},
	}
	b.damage = db.Damage
	if o.Late {
		b.durable = db.WhenDurable
	}
	return b, nil
}
