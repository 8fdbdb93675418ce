// Package redisjournal keeps the log in Redis Streams: one stream for each
// organisation, one script call for a group commit. It is the journal where
// several nodes share the work; documents are in a Store beside it.
//
// A script judges every entry by the organisation's fence, so that answers are
// definite, and a repeat is a Duplicate. What has been answered survives a
// crash of Redis as far as its settings go: Open refuses those that lose data,
// and so does every connection made later, for a failover may lead to a server
// with other settings. Power loss of a whole site is survived by the disk
// (appendfsync always), loss of a server by a replica (see Options.Replicas).
package redisjournal

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"heard/persistence"
)

// Journal is a persistence.Journal. Its methods may be called from many
// goroutines. Errors wrap persistence.ErrUnavailable or, when Redis was emptied
// or exchanged, persistence.ErrHistoryLost; persistence.ErrNothingWritten is
// with them when the call has certainly changed nothing.
type Journal struct {
	options   Options
	client    redis.UniversalClient
	scripts   scripts
	identity  string
	replicas  atomic.Int32 // that must confirm a write
	followers followers
	opened    atomic.Bool // Open is through: connections check settings themselves
	cluster   bool
}

var _ persistence.Journal = (*Journal)(nil)

// Open connects, refuses servers that would lose data, and checks or creates
// the history. Errors: persistence.ErrHistoryLost when Redis does not hold
// Options.History; persistence.ErrUnavailable; otherwise one clear line on what
// to change.
func Open(ctx context.Context, o Options) (*Journal, error) {
	j, err := dial(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := j.identify(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal: %w", err), j.client.Close())
	}
	j.options.Create = false // from now on an empty Redis is a lost one
	j.opened.Store(true)
	return j, nil
}

// dial connects and refuses servers that would lose data.
func dial(ctx context.Context, o Options) (*Journal, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	j := &Journal{options: o, scripts: loadScripts(), identity: identityOf(o)}
	if j.client, err = connect(o.URL, j.onConnect); err != nil {
		return nil, err
	}
	_, j.cluster = j.client.(*redis.ClusterClient)
	if err := j.inspect(ctx); err != nil {
		return nil, errors.Join(err, j.client.Close())
	}
	return j, nil
}

// Close ends the connections. Calls under way fail.
func (j *Journal) Close() error { return j.client.Close() }

// History implements persistence.Journal. It asks nobody: every call that
// could serve another history is refused by Redis itself.
func (j *Journal) History(context.Context) (string, error) { return j.options.History, nil }

// Ping reports whether every server that takes writes answers.
func (j *Journal) Ping(ctx context.Context) error {
	err := j.eachMaster(ctx, func(c *redis.Client) error { return c.Ping(ctx).Err() })
	if err != nil {
		return fmt.Errorf("ping journal: %w", failure(err))
	}
	return nil
}
