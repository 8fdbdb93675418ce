package pebblestore

import (
	"errors"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// lateSyncPause is between two syncs, so that one covers many appends.
const lateSyncPause = 5 * time.Millisecond

// lateSync lets an Append return once the kernel has the entries, and syncs
// them a moment later: a process that dies loses nothing, a machine that does
// may lose some milliseconds. Nil = every sync is waited for.
type lateSync struct {
	mu      sync.Mutex
	dirty   *lateFile // written since it was last synced
	waiting []func()  // for all that was written before they came
	wake    chan struct{}
	stop    chan struct{} // closed when the database is
	ended   chan struct{}
}

func newLateSync() *lateSync {
	l := &lateSync{wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	go l.run()
	return l
}

func (l *lateSync) run() {
	defer close(l.ended)
	for {
		select {
		case <-l.wake:
		case <-l.stop:
			return
		}
		time.Sleep(lateSyncPause)
		l.mu.Lock()
		file, waiting := l.dirty, l.waiting
		l.dirty, l.waiting = nil, nil
		l.mu.Unlock()
		if file != nil && file.syncNow() != nil {
			return // the fuse has blown: nothing is told to be durable any more
		}
		for _, fn := range waiting {
			fn()
		}
	}
}

func (l *lateSync) poke() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake, and will look again
	}
}

func (l *lateSync) mark(f *lateFile) {
	l.mu.Lock()
	l.dirty = f
	l.mu.Unlock()
	l.poke()
}

func (l *lateSync) then(fn func()) {
	l.mu.Lock()
	l.waiting = append(l.waiting, fn)
	l.mu.Unlock()
	l.poke()
}

// WhenDurable calls fn, once, when everything that was appended before is
// durable; later, on another goroutine, where Options.Late is set. fn must not
// block. When the log fails it is never called.
func (db *DB) WhenDurable(fn func()) {
	if db.late == nil {
		fn()
		return
	}
	db.late.then(fn)
}

// settle waits until everything that was committed before is durable.
func (db *DB) settle() error {
	if db.late == nil {
		return nil
	}
	durable := make(chan struct{})
	db.late.then(func() { close(durable) })
	select {
	case <-durable:
		return nil
	case <-db.late.ended:
		return db.fuse.check()
	}
}

// lateFile is a log whose syncs are late.
type lateFile struct {
	*logFile
	handle vfs.File
	late   *lateSync
	mu     sync.Mutex // a handle that syncs must not be closed meanwhile
	closed bool
}

func (f *lateFile) Sync() error { return f.SyncData() }

func (f *lateFile) SyncData() error {
	f.late.mark(f)
	return nil
}

// syncNow is a no-op for a file that is closed, which was synced before.
func (f *lateFile) syncNow() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	return f.synced(f.handle.SyncData)
}

func (f *lateFile) Close() error {
	if err := f.syncNow(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return f.fuse.failed("close", f.name, errors.Join(f.handle.Close(), f.logFile.Close()))
}
