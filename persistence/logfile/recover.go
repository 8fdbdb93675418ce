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
// file begins if its size is zero, and finds the end. All that it shows is
// durable.
//
// bad is told of each stretch in which no record is whole though some were
// durable, for a file, records that were written later, or the seal follow it;
// Place.Size is what a record that fills it would have. It is skipped, and the
// log goes on behind it. What a crash left half written at the end was never
// answered for, and nobody is told. seen must not keep the record. Errors:
// ErrBehind when there is nothing at all where a record is known; those of seen
// and bad.
func (l *Log) Recover(known Place, seen func(Place, []byte) error, bad func(Place) error) error {
	if err := l.settle(); err != nil {
		return fmt.Errorf("recover log: %w", err)
	}
	if err := l.start(known, bad); err != nil {
		return fmt.Errorf("recover log: %w", err)
	}
	torn := false
	for i := max(l.index(known.At), 0); i < len(l.files); i++ {
		err := l.use(l.files[i], func(h vfs.File) (err error) {
			torn, err = l.scan(i, h, seen, bad)
			return err
		})
		if err != nil {
			return fmt.Errorf("recover log file %s: %w", l.files[i].path, err)
		}
	}
	if err := l.skipTo(l.sealed.Load(), bad); err != nil { // no file is left that should have it
		return fmt.Errorf("recover log: %w", err)
	}
	if torn || l.options.ReadOnly || len(l.files) == 0 {
		return nil
	}
	return l.goOn()
}

// skipTo moves the end over what is not there.
func (l *Log) skipTo(place uint64, bad func(Place) error) error {
	if place <= l.end {
		return nil
	}
	stretch := Place{l.end, int(place-l.end) - headerBytes}
	l.end = place
	return bad(stretch)
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
func (l *Log) start(known Place, bad func(Place) error) error {
	l.end = known.At
	if known.Size == 0 {
		if i := l.index(known.At); known.At > 0 && (i < 0 || l.files[i].base != known.At) {
			return fmt.Errorf("no file begins at %d: %w", known.At, ErrBehind)
		}
		return nil
	}
	_, err := l.Read(known)
	switch {
	case !errors.Is(err, ErrDamaged):
	case len(l.files) == 0: // another folder, or it was emptied
		return fmt.Errorf("%w: %w", ErrBehind, err)
	default:
		err = bad(known)
	}
	l.end += padded(known.Size)
	return err
}

// Skip moves the end behind a record that is known to have been durable, though
// the log ends before it. Only after Recover.
func (l *Log) Skip(known Place) (err error) {
	if l.tail != nil {
		err = l.tail.Close()
		l.tail = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = max(l.end, known.At+padded(known.Size))
	return err
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

// scan moves the end behind the last good record of a file. torn says that the
// file is not to be gone on with: something else is behind it, or the file is
// shorter than it was.
func (l *Log) scan(i int, h vfs.File, seen func(Place, []byte) error, bad func(Place) error) (torn bool, err error) {
	info, err := h.Stat()
	if err != nil {
		return false, err
	}
	f, limit := l.files[i], l.files[i].base+uint64(info.Size())
	durable := l.sealed.Load()
	if newest := i+1 == len(l.files); !newest {
		durable = l.files[i+1].base // it was complete then
		limit = min(limit, durable) // behind it is what a crash left
	}
	if err := l.skipTo(f.base, bad); err != nil { // a file before it is missing
		return false, err
	}
	for {
		if err := l.run(h, f.base, limit, seen); err != nil {
			return false, err
		}
		rest := make([]byte, limit-min(limit, l.end))
		if _, err := h.ReadAt(rest, int64(l.end-f.base)); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		next := search(rest, l.end, durable)
		if next <= l.end {
			return l.end >= limit+alignment || len(bytes.Trim(rest, "\x00")) > 0, nil
		}
		if err := l.skipTo(next, bad); err != nil {
			return false, err
		}
	}
}

// run moves the end over the records of a file up to the first that is not whole.
func (l *Log) run(h vfs.File, base, limit uint64, seen func(Place, []byte) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(h, int64(l.end-base), int64(limit-min(limit, l.end))), 1<<20)
	for {
		record, err := next(in, l.end, limit)
		if err != nil || record == nil {
			return err
		}
		if err := seen(Place{l.end, len(record)}, record); err != nil {
			return err
		}
		l.end += padded(len(record))
	}
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

// search looks where the log goes on behind a place at which no record is whole:
// at the next that is, or where what was durable ended. That place itself means
// that nothing durable is missing: a record is that was written when what is at
// the place was durable, or one that is known to have been. Cutting it off would
// lose what was answered for.
func search(rest []byte, at, durable uint64) (next uint64) {
	for i := 0; i+headerBytes <= len(rest); i += alignment {
		place, head := at+uint64(i), readHeader(rest[i:])
		if head.size == 0 || head.size > len(rest)-i-headerBytes || head.promised > place || !whole(rest[i:i+headerBytes+head.size], place) {
			continue
		}
		if next == 0 {
			next = place
		}
		durable = max(durable, head.promised)
		i += int(padded(head.size)) - alignment
	}
	if next == 0 || next > durable {
		next = durable
	}
	return next
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
