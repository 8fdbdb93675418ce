package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"heard/persistence/pebblestore"
)

// room refuses writes before the disk is full: Pebble ends the process when it
// cannot write its log.
func (c *serveCommand) room() error {
	free, err := freeBytes(c.Data)
	if err != nil {
		return fmt.Errorf("free space of %s cannot be read: %w", c.Data, err)
	}
	c.scarce.Store(free < 2*int64(c.MinFree))
	if free < int64(c.MinFree) {
		return fmt.Errorf("free space %d MiB is under --min-free %d MiB: writes are refused, reads go on", free>>20, int64(c.MinFree)>>20)
	}
	return nil
}

func freeBytes(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}

// openBytes is what opening the store for writing may take: what Pebble replays
// is flushed, and it begins files.
const openBytes = 24 << 20

// errRoomAgain ends serving from a store that was opened for reading alone.
var errRoomAgain = errors.New("there is room on the disk again")

// full reports that there is a store, and no room to open it for writing.
func (c *serveCommand) full() bool {
	if _, err := os.Stat(filepath.Join(c.Data, "store", "entries")); err != nil {
		return false
	}
	free, err := freeBytes(c.Data)
	return err == nil && free < openBytes
}

// openFull opens the store of a disk that is full: what was acknowledged can be
// read, writes are refused, and once there is room it is opened again.
func (c *serveCommand) openFull(log *slog.Logger) (*backend, error) {
	b, err := openEmbedded(c.Data, log, pebblestore.Options{ReadOnly: true, Leases: true})
	if err != nil {
		return nil, fmt.Errorf("the disk is full: %w", err)
	}
	log.Error("the disk is full: what there is can be read, writes are refused until there is room", "data", c.Data)
	b.room = func() error {
		return errors.New("the disk is full: writes are refused, reads go on")
	}
	again, closed := make(chan struct{}), make(chan struct{})
	b.again = again
	b.close = append(b.close, func() error { close(closed); return nil })
	go func() {
		look := time.NewTicker(time.Second)
		defer look.Stop()
		for {
			select {
			case <-look.C:
			case <-closed:
				return
			}
			if !c.full() && c.room() == nil {
				close(again)
				return
			}
		}
	}()
	return b, nil
}
