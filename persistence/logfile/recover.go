package logfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrBehind says that the log ends before a place where a record should be.
var ErrBehind = errors.New("log ends too early")

// Newest is the place where the newest file begins.
func (l *Log) Newest() uint64 {
	if len(l.files) == 0 {
		return 0
	}
	return l.files[len(l.files)-1].base
}

// Recover reads the records behind one that is known, or from a place where a
// file begins if its size is zero, and finds the end. What a crash left half
// written there was never answered for. All that it shows is durable. seen must
// not keep the record. Errors: ErrBehind when the known record is not there;
// ErrDamaged where one is bad that was durable, for a file or records that were
// written later follow it; those of seen.
func (l *Log) Recover(known Place, seen func(Place, []byte) error) error {
	if len(l.files) > 0 && l.files[0].base > known.At {
		return fmt.Errorf("recover log from %d: the first file begins at %d: %w", known.At, l.files[0].base, ErrDamaged)
	}
	if err := l.settle(); err != nil {
		return fmt.Errorf("recover log: %w", err)
	}
	if err := l.start(known); err != nil {
		return fmt.Errorf("recover log: %w", err)
	}
	torn := false
	for i := max(l.index(known.At), 0); i < len(l.files); i++ {
		err := l.use(l.files[i], func(h vfs.File) (err error) {
			torn, err = l.scan(i, h, seen)
			return err
		})
		if err != nil {
			return fmt.Errorf("recover log file %s: %w", l.files[i].path, err)
		}
	}
	if torn || l.options.ReadOnly || len(l.files) == 0 {
		return nil
	}
	return l.goOn()
}

// settle makes durable what a killed process wrote or created and did not sync.
// Closing a file does so where syncs are late.
func (l *Log) settle() error {
	if l.options.ReadOnly || len(l.files) == 0 {
		return nil
	}
	newest, err := l.options.FS.OpenReadWrite(l.files[len(l.files)-1].path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	return errors.Join(newest.SyncData(), newest.Close(), l.folder.Sync())
}

// start sets the end behind the known record.
func (l *Log) start(known Place) error {
	l.end = known.At
	if known.Size == 0 {
		if i := l.index(known.At); known.At > 0 && (i < 0 || l.files[i].base != known.At) {
			return fmt.Errorf("no file begins at %d: %w", known.At, ErrBehind)
		}
		return nil
	}
	if _, err := l.Read(known); errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrBehind, err)
	} else if err != nil {
		return err
	}
	l.end += padded(known.Size)
	return nil
}

// goOn opens the newest file for writing. One that has something half written
// behind the end is left alone: that could pass for a record once there are
// others before it.
func (l *Log) goOn() error {
	tail, err := l.options.FS.OpenReadWrite(l.files[len(l.files)-1].path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("recover log: %w", err)
	}
	info, err := tail.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("recover log: %w", err), tail.Close())
	}
	l.tail, l.room = tail, info.Size()
	return nil
}

// scan moves the end behind the last good record of a file. torn says that
// something else is behind it.
func (l *Log) scan(i int, h vfs.File, seen func(Place, []byte) error) (torn bool, err error) {
	info, err := h.Stat()
	if err != nil {
		return false, err
	}
	f, limit := l.files[i], l.files[i].base+uint64(info.Size())
	if i+1 < len(l.files) {
		limit = min(limit, l.files[i+1].base) // behind it is what a crash left
	}
	in := bufio.NewReaderSize(io.NewSectionReader(h, int64(l.end-f.base), int64(limit-min(limit, l.end))), 1<<20)
	for {
		record, err := next(in, l.end, limit)
		if err != nil {
			return false, err
		}
		if record == nil {
			break
		}
		if err := seen(Place{l.end, len(record)}, record); err != nil {
			return false, err
		}
		l.end += padded(len(record))
	}
	if i+1 < len(l.files) {
		if l.end != l.files[i+1].base {
			return false, fmt.Errorf("no record at %d, the next file begins at %d: %w", l.end, l.files[i+1].base, ErrDamaged)
		}
		return false, nil
	}
	return l.behind(h, f.base, info.Size())
}

// next reads the record that should be at a place; nil where there is none.
func next(in *bufio.Reader, at, limit uint64) ([]byte, error) {
	head, err := in.Peek(headerBytes)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	size := readHeader(head).size
	if size == 0 || at+headerBytes+uint64(size) > limit {
		return nil, nil
	}
	b := make([]byte, min(padded(size), limit-at))
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, err
	}
	if !whole(b[:headerBytes+size], at) {
		return nil, nil
	}
	return b[headerBytes : headerBytes+size], nil
}

// behind reads what a file has behind the end. Where that is a record that was
// written when what is at the end was durable, the end was damaged since:
// cutting it off would lose what was answered for.
func (l *Log) behind(h vfs.File, base uint64, size int64) (torn bool, err error) {
	rest := make([]byte, max(size-int64(l.end-base), 0))
	if _, err := h.ReadAt(rest, int64(l.end-base)); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	for i := 0; i+headerBytes <= len(rest); i += alignment {
		head := readHeader(rest[i:])
		if head.size == 0 || head.size > len(rest)-i-headerBytes || head.promised <= l.end {
			continue
		}
		if at := l.end + uint64(i); whole(rest[i:i+headerBytes+head.size], at) {
			return false, fmt.Errorf("no record at %d, one at %d was written later: %w", l.end, at, ErrDamaged)
		}
	}
	return len(bytes.Trim(rest, "\x00")) > 0, nil
}

// Gaps says where files are missing or too short. It looks at sizes alone, and
// what is there can be read all the same.
func (l *Log) Gaps() (gaps []error) {
	end := uint64(0)
	for _, f := range l.files {
		if end+alignment <= f.base { // the zeros behind a record need not be there
			gaps = append(gaps, fmt.Errorf("nothing from %d to %d, before %s: %w", end, f.base, f.path, ErrDamaged))
		}
		end = f.base
		if info, err := l.options.FS.Stat(f.path); err != nil {
			gaps = append(gaps, err)
		} else {
			end += uint64(info.Size())
		}
	}
	return gaps
}
