package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// others are the permissions of everybody but the owner.
const others fs.FileMode = 0o077

// private keeps what the data folder holds, names and phone numbers of guests
// among it, to its owner: everything that is made from now on, Pebble's files too,
// and what is there since an older version or another umask. It says once what it changed.
func private(data string, log *slog.Logger) error {
	syscall.Umask(int(others))
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	tightened := 0
	tighten := func(path string, d fs.DirEntry) error {
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&(others|fs.ModeSymlink) == 0 {
			return nil
		}
		if err != nil || info.Mode()&fs.ModeSymlink != 0 {
			return err
		}
		tightened++
		return os.Chmod(path, info.Mode().Perm()&^others)
	}
	info, err := os.Stat(data)
	if err == nil {
		err = tighten(data, fs.FileInfoToDirEntry(info))
	}
	entries, listed := os.ReadDir(data)
	err = errors.Join(err, listed)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "store") { // the secret is looked at by who reads it
			continue
		}
		err = errors.Join(err, filepath.WalkDir(filepath.Join(data, e.Name()), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return tighten(path, d)
		}))
	}
	if err != nil {
		log.Warn("others may read the data folder: its permissions cannot be changed", "data", data, "error", err)
	} else if tightened > 0 {
		log.Warn("others could read the data folder: its permissions are the owner's alone now", "data", data, "changed", tightened)
	}
	return nil
}
