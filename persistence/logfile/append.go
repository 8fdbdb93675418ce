package logfile

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Record is what is appended: a head and a body, one behind the other.
type Record struct{ Head, Body []byte }

// growBytes is by how much a file grows ahead of what is written, with zeros: a
// sync of bytes that were there before need not go through the file system's own log.
const growBytes = 512 << 10

// Append writes records with one write and one sync, and says where each is. On
// an error nothing is known of any of them: the log must be opened again. It is
// for one caller at a time.
func (l *Log) Append(records []Record, places []Place) error {
	l.buffer = l.buffer[:0]
	for i := range records {
		r := &records[i]
		at := l.end + uint64(len(l.buffer))
		places[i] = Place{at, len(r.Head) + len(r.Body)}
		l.buffer = appendRecord(l.buffer, r, at, l.promised())
	}
	if err := l.prepare(len(l.buffer)); err != nil {
		return err
	}
	base := l.files[len(l.files)-1].base
	if _, err := l.tail.WriteAt(l.buffer, int64(l.end-base)); err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if err := l.tail.SyncData(); err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	l.mu.Lock()
	l.end += uint64(len(l.buffer))
	l.mu.Unlock()
	if cap(l.buffer) > growBytes {
		l.buffer = nil // rare, and not worth keeping
	}
	return nil
}

// promised is up to where records were durable before those that are written now.
func (l *Log) promised() uint64 {
	if l.options.Late {
		return l.sealed.Load()
	}
	return l.end
}

// prepare makes the newest file ready for so many bytes at the end, or begins a new one.
func (l *Log) prepare(bytes int) error {
	if l.tail == nil || l.full(bytes) {
		if err := l.begin(); err != nil {
			return err
		}
	}
	need := int64(l.end-l.files[len(l.files)-1].base) + int64(bytes)
	if need <= l.room {
		return nil
	}
	if l.zeros == nil {
		l.zeros = make([]byte, growBytes)
	}
	for ; l.room < need; l.room += growBytes {
		if _, err := l.tail.WriteAt(l.zeros, l.room); err != nil {
			return fmt.Errorf("grow log: %w", err)
		}
	}
	return nil
}

// full reports whether the newest file would become too large. A file with
// nothing in it takes whatever comes.
func (l *Log) full(bytes int) bool {
	used := l.end - l.files[len(l.files)-1].base
	return used > 0 && int64(used)+int64(bytes) > l.options.FileBytes
}

// begin starts a new file at the end. The one before is complete then, also
// where syncs are late: closing syncs it.
func (l *Log) begin() error {
	if l.tail != nil {
		if err := l.tail.Close(); err != nil {
			return fmt.Errorf("close log file: %w", err)
		}
		l.tail = nil
	}
	fs := l.options.FS
	f := &file{base: l.end, path: fs.PathJoin(l.options.Dir, fmt.Sprintf("%016x%s", l.end, suffix))}
	l.mu.Lock()
	if n := len(l.files); n > 0 && l.files[n-1].base == l.end { // a crash left nothing good in it
		_ = l.files[n-1].close()
		l.files = l.files[:n-1]
	}
	l.files = append(l.files, f)
	l.mu.Unlock()
	empty, err := fs.Create(f.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("begin log file: %w", err)
	}
	if err := errors.Join(empty.Close(), l.folder.Sync()); err != nil {
		return fmt.Errorf("begin log file: %w", err)
	}
	l.room = 0
	if l.tail, err = fs.OpenReadWrite(f.path, vfs.WriteCategoryUnspecified); err != nil {
		return fmt.Errorf("begin log file: %w", err)
	}
	return nil
}
