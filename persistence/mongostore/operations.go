package mongostore

import (
	"context"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/event"
)

// counter counts the commands that left for the server, repeats too.
type counter struct{ writes, reads, documents atomic.Uint64 }

// Stats counts since Open.
type Stats struct {
	Writes    uint64 // insert and update commands sent
	Reads     uint64 // find and getMore commands sent
	Documents uint64 // inserted or updated by the writes
}

func (c *counter) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		switch e.CommandName {
		case "insert", "update":
			c.writes.Add(1)
		case "find", "getMore":
			c.reads.Add(1)
		}
	}}
}

// Operations is how many writing commands were sent to the database: what is
// compared with one write for each command of a client.
func (s *Store) Operations() uint64 { return s.sent.writes.Load() }

// Stats is a moment's picture of the counters.
func (s *Store) Stats() Stats {
	return Stats{Writes: s.sent.writes.Load(), Reads: s.sent.reads.Load(), Documents: s.sent.documents.Load()}
}
