//go:build !linux

package pebblestore

import (
	"os"
	"syscall"
)

// birthOf knows the inode alone, which a copy on another disk may have by chance.
func birthOf(path string) (birth, error) {
	info, err := os.Stat(path)
	if err != nil {
		return birth{}, err
	}
	return birth{inode: uint64(info.Sys().(*syscall.Stat_t).Ino)}, nil
}
