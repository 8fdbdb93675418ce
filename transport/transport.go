// Package transport holds what every way into the engine needs: the interfaces
// it talks to, the limits, and the table from error code to status. It never
// imports actors: a transport knows commands, queries and errors, nothing else.
package transport

import (
	"context"

	"heard/domain"
)

// Engine carries out commands.
type Engine interface {
	// Execute answers when the effect is durable. Errors are *domain.Error:
	// refusals, or OUTCOME_UNKNOWN when the client must repeat with its key.
	Execute(ctx context.Context, r *domain.Request) (domain.Reply, error)
}

// Reads answers queries from what is durable, never from what could still be lost.
type Reads interface {
	Read(ctx context.Context, q *domain.Query) (domain.Answer, error)
}

// Health says whether the engine can take writes.
type Health interface {
	// Ready returns nil, or the reason to tell the load balancer.
	Ready() error
}

// Live is what screens need beside commands and reads: the log as it grows, and
// what is open now.
type Live interface {
	// History is the identity of the log: the epoch clients resume under.
	History(ctx context.Context) (string, error)

	// Follow calls see with every batch that becomes durable from now on, in
	// order, and returns the sequence the log stands at: what see gets may begin
	// at or below it, and leaves nothing out above it. see runs on the
	// organisation's actor: it must not block. moved is called the same way when
	// another node has taken the organisation over, and see gets nothing more.
	// stop ends both.
	Follow(ctx context.Context, q *domain.Query, see func([]domain.Record), moved func()) (seq uint64, stop func(), err error)

	// Log returns up to most records after q.After, oldest first, from the durable
	// log, of any age.
	Log(ctx context.Context, q *domain.Query, most int) ([]domain.Record, error)

	// Active returns up to most open orders below a number (0 = from the newest),
	// newest first. Page after page they are a snapshot that is at least as new
	// as the sequence the log stood at before the first.
	Active(ctx context.Context, q *domain.Query, below uint64, most int) ([]domain.Image, error)
}
