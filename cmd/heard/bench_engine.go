package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ownEngine is an engine that a benchmark started for itself, on an empty data
// folder.
type ownEngine struct {
	*ownServer
	data   string
	secret string
}

func startOwnEngine(ctx context.Context, s *streams) (*ownEngine, error) {
	data, err := os.MkdirTemp("", "heard-bench-")
	if err != nil {
		return nil, fmt.Errorf("start an engine: %w", err)
	}
	e := &ownEngine{data: data, secret: rand.Text() + rand.Text()}
	if err := e.start(ctx, s); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	return e, nil
}

// start starts it on its folder, where there is what an earlier one left.
func (e *ownEngine) start(ctx context.Context, s *streams) (err error) {
	e.ownServer, err = startServer(ctx, s, []string{"HEARD_JWT_SECRET=" + e.secret}, nil,
		"serve", "--data", e.data, "--listen", "127.0.0.1:0", "--log-level", "warn")
	return err
}

// where is the data folder: on a file system in memory an fsync costs nothing,
// and the figures would be of no disk.
func (e *ownEngine) where() string {
	const tmpfs = 0x01021994
	var fs unix.Statfs_t
	if err := unix.Statfs(e.data, &fs); err == nil && int64(fs.Type) == tmpfs {
		return "data in " + e.data + ", WHICH IS MEMORY: an fsync costs nothing there, set TMPDIR"
	}
	return "data in " + e.data
}

// end stops it and removes its data.
func (e *ownEngine) end() {
	if e.ownServer != nil { // else it did not come back
		e.kill()
	}
	_ = os.RemoveAll(e.data) // what stays is in a temporary folder
}
