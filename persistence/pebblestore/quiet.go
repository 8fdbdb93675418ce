package pebblestore

import (
	"sync"
	"time"
)

// quietPause is how long nothing was written when the log is sealed.
const quietPause = 100 * time.Millisecond

// quiet seals the log once nothing was written for a moment, and makes durable
// what the database has of it: then damage to the newest record is told, and
// whose it was. While writes go on each record seals those before it, so that
// nobody waits for this, and an idle engine does nothing.
type quiet struct {
	wake  chan struct{} // holds one
	stop  chan struct{} // closed when the database is
	once  sync.Once     // closes it
	ended chan struct{}
}

func newQuiet() *quiet {
	return &quiet{wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
}

// written tells that something was.
func (q *quiet) written() {
	select {
	case q.wake <- struct{}{}:
	default: // it knows
	}
}

// run calls settled whenever nothing was written for a moment.
func (q *quiet) run(settled func()) {
	defer close(q.ended)
	pause := time.NewTimer(quietPause)
	for {
		pause.Stop()
		select {
		case <-q.wake:
		case <-q.stop:
			return
		}
		for again := true; again; {
			pause.Reset(quietPause)
			select {
			case <-pause.C:
			case <-q.stop:
				return
			}
			select {
			case <-q.wake:
			default:
				again = false
			}
		}
		settled()
	}
}

func (q *quiet) close() {
	q.once.Do(func() { close(q.stop) })
	<-q.ended
}

// seal makes everything durable and notes how far the log goes. Where that fails
// nothing is lost but the proof.
func (db *DB) seal() error {
	end := db.log.End()
	if err := db.sync(); err != nil {
		return err
	}
	return db.log.Seal(end)
}

// sealQuietly is for the loop: Close must not take the files away meanwhile.
func (db *DB) sealQuietly() {
	db.gate.RLock()
	defer db.gate.RUnlock()
	if db.closed || db.fuse.blown.Load() != nil {
		return
	}
	if err := db.seal(); err != nil {
		db.events.log.Warn("the end of the log is not sealed", "error", err)
	}
}
