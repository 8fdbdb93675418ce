// Package logfile is a log in files: records are appended, made durable, and
// read again by their place. It does not know what they say, who may write them
// or which belong together. Nothing is ever removed from it.
package logfile

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where the log is.
type Options struct {
	Dir       string
	FS        vfs.FS
	FileBytes int64 // a file that would become larger is followed by a new one; 0 = 64 MiB
	ReadOnly  bool

	// Late says that FS syncs files later than it is asked to: then a record says
	// of those before it what the seal said.
	Late bool
}

const fileBytes = 64 << 20

// suffix ends the names of files; before it is the place of their first record
// in sixteen hexadecimal digits, so that names sort like places.
const suffix = ".log"

// Place says where a record is.
type Place struct {
	At   uint64 // bytes of the log before it
	Size int    // bytes
}

// ErrDamaged says that there is no such record where there should be one.
var ErrDamaged = errors.New("log is damaged")

// Log is one log. After Recover it may be read from many goroutines, beside an Append.
type Log struct {
	options Options
	folder  vfs.File // synced when a file begins; nil where the log is only read

	tail   vfs.File // the newest file, for writing; nil = the next Append begins one
	room   int64    // bytes of it that need no new space
	buffer []byte   // what is being written
	zeros  []byte   // what a file grows by

	seal   vfs.File // for writing; nil = the next Seal opens it
	sealAt int      // where the next one is written
	sealed atomic.Uint64

	mu    sync.RWMutex
	files []*file // by base; each goes on where the one before ends
	end   uint64  // place of the next record

	opening sync.Mutex
	opened  []*file // those with a handle, oldest first
}

// Open opens the log in a folder, which is made unless the log is only read.
// Recover must come before anything else.
func Open(o Options) (*Log, error) {
	if o.FileBytes <= 0 {
		o.FileBytes = fileBytes
	}
	l := &Log{options: o}
	names, err := o.FS.List(o.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list log %s: %w", o.Dir, err)
	}
	for _, name := range names {
		digits, is := strings.CutSuffix(name, suffix)
		base, err := strconv.ParseUint(digits, 16, 64)
		if is && len(digits) == 16 && err == nil {
			l.files = append(l.files, &file{base: base, path: o.FS.PathJoin(o.Dir, name)})
		}
	}
	slices.SortFunc(l.files, func(a, b *file) int { return cmp.Compare(a.base, b.base) })
	if err := l.loadSeal(); err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return l, nil
	}
	return l, l.openFolder()
}

func (l *Log) openFolder() error {
	fs, dir := l.options.FS, l.options.Dir
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make log %s: %w", dir, err)
	}
	parent, err := fs.OpenDir(fs.PathDir(dir))
	if err != nil {
		return fmt.Errorf("make log %s: %w", dir, err)
	}
	if err := errors.Join(parent.Sync(), parent.Close()); err != nil {
		return fmt.Errorf("make log %s: %w", dir, err)
	}
	if l.folder, err = fs.OpenDir(dir); err != nil {
		return fmt.Errorf("open log %s: %w", dir, err)
	}
	return nil
}

// End is the place of the next record.
func (l *Log) End() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.end
}

// Size is how many bytes the log has, and in how many files.
func (l *Log) Size() (bytes uint64, files int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.files) == 0 {
		return 0, 0
	}
	return l.end - l.files[0].base, len(l.files)
}

// Close lets go of all files. Nothing may be under way.
func (l *Log) Close() error {
	var errs []error
	if l.tail != nil {
		errs = append(errs, l.tail.Close())
	}
	if l.seal != nil {
		errs = append(errs, l.seal.Close())
	}
	if l.folder != nil {
		errs = append(errs, l.folder.Close())
	}
	for _, f := range l.opened {
		errs = append(errs, f.close())
	}
	l.tail, l.seal, l.folder, l.opened = nil, nil, nil, nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	return nil
}
