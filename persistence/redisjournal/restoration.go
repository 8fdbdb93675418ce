package redisjournal

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"heard/persistence"
)

// Restoration makes a Redis that lost a journal, or has an older state of it,
// the journal of a new history, whose logs begin where the Store is. What an
// organisation has beyond that stays. Each step may be repeated. No engine of
// the old history may run: it would be refused from Begin on.
type Restoration struct {
	journal *Journal
	lost    string   // identity of the history before
	held    []string // what each shard had at first
}

// OpenLost looks at a Redis that holds what is left of the history lost; what
// is made of it gets o.History. It changes nothing. Errors: as of Open; a Redis
// that holds the journal of somebody else is refused.
func OpenLost(ctx context.Context, o Options, lost string) (*Restoration, error) {
	o.Create = false
	j, err := dial(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	o.History = lost
	o.Shards = j.options.Shards
	r := &Restoration{journal: j, lost: identityOf(o)}
	if r.held, err = j.identities(ctx); err == nil {
		err = r.strange()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal: %w", err), j.Close())
	}
	return r, nil
}

// strange refuses a Redis that somebody else uses.
func (r *Restoration) strange() error {
	for shard, id := range r.held {
		if !only([]string{id}, "", r.lost, unfinished+r.lost, r.journal.identity) {
			return fmt.Errorf("shard %d holds the journal %q, the one that was lost is %q: name the Redis that had it, or an empty one", shard, id, r.lost)
		}
	}
	return nil
}

// Close ends the connections.
func (r *Restoration) Close() error { return r.journal.Close() }

// Whole reports whether no shard lost the history: then only the organisations'
// fences can tell whether it is an older state.
func (r *Restoration) Whole() bool { return only(r.held, r.lost, r.journal.identity) }

// Last is the newest sequence that Redis knows of an organisation, 0 for none.
func (r *Restoration) Last(ctx context.Context, org string) (uint64, error) {
	text, err := r.journal.client.HGet(ctx, fenceKey(shardOf(org, r.journal.options.Shards), org), "v").Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("fence of %s: %w", org, failure(err))
	}
	return number(text)
}

// Begin gives every shard the new history: nothing of the one before is
// appended, read or trimmed any more.
func (r *Restoration) Begin(ctx context.Context) error {
	j := r.journal
	for shard, held := range r.held {
		id, err := j.identityAt(ctx, shard, held, j.identity)
		if err != nil {
			return err
		}
		if id != j.identity {
			return fmt.Errorf("shard %d holds %q and held %q before: is an engine or another restore running?", shard, id, held)
		}
	}
	return nil
}

// Seed lets an organisation's log go on after the sequence the Store has, under
// an epoch above the Store's, unless Redis has more of it. It answers what Redis
// had, 0 for nothing.
func (r *Restoration) Seed(ctx context.Context, org string, epoch, seq uint64) (had uint64, err error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return 0, fmt.Errorf("seed: %w", err)
	}
	j := r.journal
	shard := shardOf(org, j.options.Shards)
	answer, err := j.run(ctx, call{
		script: j.scripts.seed, keys: []string{historyKey(shard), dirtyKey(shard), fenceKey(shard, org), streamKey(shard, org)},
		args: []any{j.identity, org, epoch, seq}, durable: true,
	})
	if err != nil {
		return 0, fmt.Errorf("seed %s: %w", org, failure(err))
	}
	return number(answer)
}
