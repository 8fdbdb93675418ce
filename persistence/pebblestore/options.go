package pebblestore

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where the database is and who is told what.
type Options struct {
	Dir        string
	FS         vfs.FS       // nil = the disk
	Log        *slog.Logger // nil = slog.Default
	CacheBytes int64        // of uncompressed blocks; 0 = 64 MiB
	History    string       // identity a new database takes, 32 hexadecimal digits; "" = one of its own
	ReadOnly   bool         // for audits: nothing is written, writes are refused
	Leases     bool         // with ReadOnly: organisations can be acquired all the same, to be read
	Late       bool         // Append returns once the kernel has the entries; WhenDurable tells when they are synced

	// Fatal is called once when the write-ahead log cannot be written or synced.
	// It must not return in production and must not call the database: what
	// was written is then unknown, and only a restart finds out. nil = print
	// one line and exit with status 1.
	Fatal func(error)
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Fatal == nil {
		o.Fatal = exit
	}
	return o
}

func exit(err error) {
	fmt.Fprintf(os.Stderr, "heard: the journal cannot be written, ending before anything is answered: %v\n", err)
	os.Exit(1)
}

// Limits of Pebble. Stalling writes delays acknowledgements, so the thresholds
// are far above what compactions keep up with, and bound memory all the same.
const (
	memTableBytes    = 32 << 20 // also bounds the log that is replayed after a crash
	memTablesWaiting = 4        // writes stop at 4 × 32 MiB not yet flushed
	memTablesUsual   = 2        // one that is filled, one that is flushed or kept for use again
	stopAtSublevels  = 200      // reads get slower long before writes stop
	blockBytes       = 16 << 10
	openFiles        = 500
	syncEveryBytes   = 512 << 10 // smooths write-back, so that a sync finds little to do
	slowDisk         = 2 * time.Second
)

func pebbleOptions(o Options, e *events, lock *pebble.Lock) *pebble.Options {
	p := &pebble.Options{
		FS:                          o.FS,
		Logger:                      e,
		EventListener:               e.listener(),
		Lock:                        lock,
		ReadOnly:                    o.ReadOnly,
		ErrorIfNotExists:            o.ReadOnly,
		FormatMajorVersion:          pebble.FormatValueSeparation,
		CacheSize:                   o.CacheBytes + memTablesUsual*memTableBytes, // Pebble takes memtables out of the cache
		MemTableSize:                memTableBytes,
		MemTableStopWritesThreshold: memTablesWaiting,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       stopAtSublevels,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                openFiles,
		BytesPerSync:                syncEveryBytes,
		WALBytesPerSync:             syncEveryBytes,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
	}
	for i := range p.Levels {
		p.Levels[i].BlockSize = blockBytes
		p.Levels[i].IndexBlockSize = 64 << 10
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	p.TargetFileSizes[0] = 4 << 20
	p.FlushSplitBytes = 4 << 20
	// zstd at the bottom would save a little disk for 7 % of the processor time of a create
	p.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	// reads must not start compactions: they would compete with the log for the disk
	p.Experimental.ReadSamplingMultiplier = -1
	return p
}
