package pebblestore

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"
)

// logFS blows the fuse at the first failing write or sync of a log file, Pebble's
// or the journal's, before anyone hears of it. Pebble's own ways are not enough:
// a log that cannot be closed or created makes it panic so that the runtime ends
// the process without a word about the disk.
type logFS struct {
	vfs.FS
	fuse  *fuse
	syncs prometheus.Observer // told how many nanoseconds each took; nil = nobody
	late  *lateSync           // nil = a sync is waited for
	disk  vfs.FS              // below whatever watches how slow it is
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

// Unwrap lets Pebble find the file system below.
func (l logFS) Unwrap() vfs.FS { return l.FS }

func (l logFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	return l.watch(name, f, err)
}

func (l logFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(old, name, c)
	return l.watch(name, f, err)
}

func (l logFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := l.FS.OpenReadWrite(name, c, o...)
	return l.watch(name, f, err)
}

func (l logFS) watch(name string, f vfs.File, err error) (vfs.File, error) {
	if !isLog(name) {
		if err == nil {
			f = maintained{f}
		}
		return f, err
	}
	if err != nil {
		return f, l.fuse.failed("create", name, err)
	}
	watched := &logFile{File: f, name: name, fuse: l.fuse, syncs: l.syncs}
	if l.late == nil {
		return watched, nil
	}
	// What watches the disk does not stand a sync beside a write: the late one has
	// a handle of its own.
	handle, err := l.disk.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return f, l.fuse.failed("open", name, err)
	}
	return &lateFile{logFile: watched, handle: handle, late: l.late}, nil
}

// maintained is a file of flushes and compactions, which have a processor to
// themselves for ten milliseconds at a time. Between two blocks they let go
// first whoever is waiting to run: an order that is to be answered.
type maintained struct{ vfs.File }

func (f maintained) Write(b []byte) (int, error) {
	runtime.Gosched()
	return f.File.Write(b)
}

func (f *fuse) failed(what, name string, err error) error {
	if err != nil {
		f.blow(fmt.Errorf("%s log file %s: %w", what, name, err))
	}
	return err
}

type logFile struct {
	vfs.File
	name  string
	fuse  *fuse
	syncs prometheus.Observer
}

func (f *logFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, f.fuse.failed("write", f.name, err)
}

func (f *logFile) WriteAt(b []byte, offset int64) (int, error) {
	n, err := f.File.WriteAt(b, offset)
	return n, f.fuse.failed("write", f.name, err)
}

func (f *logFile) Sync() error     { return f.synced(f.File.Sync) }
func (f *logFile) SyncData() error { return f.synced(f.File.SyncData) }
func (f *logFile) Close() error    { return f.fuse.failed("close", f.name, f.File.Close()) }

func (f *logFile) synced(sync func() error) error {
	started := time.Now()
	err := f.fuse.failed("sync", f.name, sync())
	if f.syncs != nil {
		f.syncs.Observe(float64(time.Since(started)))
	}
	return err
}

func (f *logFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.fuse.failed("sync", f.name, err)
}
