package logfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The seal says up to where the log was durable at a quiet moment. Each record
// says so of those before it; the newest has none behind it, and without a seal
// damage to it could not be told from one that was half written. It is a file
// beside the log, so that a log that was cut off is told as well.
//
// It has two places, a page apart, which are written in turn: a torn write or a
// flipped bit leaves the other. Where both are bad the log is read as one that
// was never sealed. Each has a checksum (4 bytes), four zeros, and the end (8).
const (
	sealName   = "sealed"
	sealBytes  = 16
	sealApart  = 4 << 10
	sealPlaces = 2
)

func appendSeal(b []byte, end uint64) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, 0, 0, 0, 0, 0, 0, 0, 0), end)
	binary.LittleEndian.PutUint32(b, checksum(b[4:], uint64(len(sealName))))
	return b
}

// readSeal is zero for what is no seal.
func readSeal(b []byte) uint64 {
	if binary.LittleEndian.Uint32(b) != checksum(b[4:], uint64(len(sealName))) {
		return 0
	}
	return binary.LittleEndian.Uint64(b[8:])
}

func (l *Log) sealPath() string { return l.options.FS.PathJoin(l.options.Dir, sealName) }

// loadSeal finds the newest seal; a log without one was never sealed.
func (l *Log) loadSeal() error {
	f, err := l.options.FS.Open(l.sealPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read seal: %w", err)
	}
	defer f.Close()
	var newest uint64
	for i := range sealPlaces {
		var b [sealBytes]byte
		if _, err := f.ReadAt(b[:], int64(i*sealApart)); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read seal: %w", err)
		}
		if end := readSeal(b[:]); end >= newest {
			newest, l.sealAt = end, (i+1)%sealPlaces
		}
	}
	l.sealed.Store(newest)
	return nil
}

// Sealed is up to where the log is known to have been durable.
func (l *Log) Sealed() uint64 { return l.sealed.Load() }

// Seal notes that everything before a place is durable, which the caller knows.
// It is for one caller at a time, beside an Append.
func (l *Log) Seal(end uint64) error {
	if end <= l.sealed.Load() {
		return nil
	}
	if l.seal == nil {
		if err := l.beginSeal(); err != nil {
			return fmt.Errorf("begin seal: %w", err)
		}
	}
	if _, err := l.seal.WriteAt(appendSeal(nil, end), int64(l.sealAt*sealApart)); err != nil {
		return fmt.Errorf("write seal: %w", err)
	}
	if err := l.seal.SyncData(); err != nil {
		return fmt.Errorf("sync seal: %w", err)
	}
	l.sealAt = (l.sealAt + 1) % sealPlaces
	l.sealed.Store(end)
	return nil
}

// beginSeal makes the file as long as it will be, so that a sync of it need not
// go through the file system's own log.
func (l *Log) beginSeal() (err error) {
	if l.seal, err = l.options.FS.OpenReadWrite(l.sealPath(), vfs.WriteCategoryUnspecified); err != nil {
		return err
	}
	info, err := l.seal.Stat()
	if err != nil {
		return err
	}
	if missing := sealPlaces*sealApart - info.Size(); missing > 0 {
		if _, err := l.seal.WriteAt(make([]byte, missing), info.Size()); err != nil {
			return err
		}
	}
	return errors.Join(l.seal.Sync(), l.folder.Sync())
}
