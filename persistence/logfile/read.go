package logfile

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// filesOpen is how many files are open for reading at a time.
const filesOpen = 64

// file is a part of the log. Its handle is for reading and opened when it is needed.
type file struct {
	base uint64 // place of its first record
	path string

	mu     sync.RWMutex // held for reading while the handle is in use
	handle vfs.File
}

func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.handle == nil {
		return nil
	}
	err := f.handle.Close()
	f.handle = nil
	return err
}

// Read reads a record. The slice is the caller's. Errors: ErrDamaged.
func (l *Log) Read(p Place) ([]byte, error) {
	f := l.holding(p.At)
	if f == nil {
		return nil, fmt.Errorf("read log at %d: no file has it: %w", p.At, ErrDamaged)
	}
	b := make([]byte, headerBytes+p.Size)
	err := l.use(f, func(h vfs.File) error {
		_, err := h.ReadAt(b, int64(p.At-f.base))
		return err
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read log at %d: %w", p.At, err)
	}
	if h := readHeader(b); err != nil || h.size != p.Size || !whole(b, p.At) {
		return nil, fmt.Errorf("read log at %d, %s: %w", p.At, f.path, ErrDamaged)
	}
	return b[headerBytes:], nil
}

// Where names the file of a place and the offset in it.
func (l *Log) Where(at uint64) (path string, offset uint64) {
	if f := l.holding(at); f != nil {
		return f.path, at - f.base
	}
	return l.options.Dir, at
}

// remainsBytes bounds what is read of a damaged stretch: more than any record has.
const remainsBytes = 32 << 20

// Remains reads what is where a record should be, its header too, however
// damaged. It is empty where no file has the place.
func (l *Log) Remains(p Place) []byte {
	f := l.holding(p.At)
	if f == nil {
		return nil
	}
	b := make([]byte, min(headerBytes+p.Size, remainsBytes))
	n := 0
	_ = l.use(f, func(h vfs.File) (err error) {
		n, err = h.ReadAt(b, int64(p.At-f.base))
		return err
	})
	return b[:n]
}

// FileOf names the file of a place, "" = none has it.
func (l *Log) FileOf(p Place) string {
	f := l.holding(p.At)
	if f == nil {
		return ""
	}
	return l.options.FS.PathBase(f.path)
}

// holding finds the file of a place; nil = none.
func (l *Log) holding(at uint64) *file {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if i := l.index(at); i >= 0 {
		return l.files[i]
	}
	return nil
}

// index is that of the last file that begins at or before a place; -1 = none.
func (l *Log) index(at uint64) int {
	i := len(l.files) - 1
	for i >= 0 && l.files[i].base > at { // from the newest, which is asked for most
		i--
	}
	return i
}

// use calls fn with a file's handle, which stays open meanwhile.
func (l *Log) use(f *file, fn func(vfs.File) error) error {
	for {
		f.mu.RLock()
		if f.handle != nil {
			defer f.mu.RUnlock()
			return fn(f.handle)
		}
		f.mu.RUnlock()
		if err := l.open(f); err != nil {
			return err
		}
	}
}

// open opens a file for reading, and closes the one that was opened longest ago
// where there are too many.
func (l *Log) open(f *file) error {
	l.opening.Lock()
	defer l.opening.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.handle != nil {
		return nil
	}
	var err error
	if f.handle, err = l.options.FS.Open(f.path); err != nil {
		return err
	}
	l.opened = append(l.opened, f)
	if len(l.opened) <= filesOpen {
		return nil
	}
	oldest := l.opened[0]
	l.opened = l.opened[1:]
	return oldest.close()
}
