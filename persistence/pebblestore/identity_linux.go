package pebblestore

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func birthOf(path string) (birth, error) {
	var s unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_INO|unix.STATX_BTIME, &s); err != nil {
		return birth{}, &os.PathError{Op: "statx", Path: path, Err: err}
	}
	b := birth{inode: s.Ino}
	if s.Mask&unix.STATX_BTIME != 0 {
		b.bornNS = s.Btime.Sec*int64(time.Second) + int64(s.Btime.Nsec)
	}
	return b, nil
}
