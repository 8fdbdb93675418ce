package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"heard/persistence"
)

// lockFolder is done before Pebble does it, because Pebble's error does not say what is wrong.
func lockFolder(o Options) (*pebble.Lock, error) {
	if !o.ReadOnly {
		if err := o.FS.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("create database folder %s: %w", o.Dir, err)
		}
	}
	lock, err := pebble.LockDirectory(o.Dir, o.FS)
	var path *fs.PathError
	if o.ReadOnly && errors.As(err, &path) && (errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)) {
		lock, err = pebble.LockDirectory(o.Dir, unwritten{o.FS})
	}
	if err == nil {
		return lock, nil
	}
	taken := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "lock held")
	if taken && !errors.As(err, &path) {
		return nil, fmt.Errorf("open database %s: %w", o.Dir, persistence.ErrLocked)
	}
	return nil, fmt.Errorf("lock database %s: %w", o.Dir, err)
}

// unwritten locks a folder that may not be written to: with a lock for reading,
// which an engine's own does not suffer, but which several audits can have.
type unwritten struct{ vfs.FS }

func (unwritten) Lock(name string) (io.Closer, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return io.NopCloser(nil), nil // a copy without it
	}
	if err != nil {
		return nil, err
	}
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
