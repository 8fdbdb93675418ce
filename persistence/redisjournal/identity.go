package redisjournal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"heard/persistence"
)

// NewHistory makes the identity of a new log.
func NewHistory() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

func isHistory(id string) bool {
	raw, err := hex.DecodeString(id)
	return err == nil && len(raw) == 16
}

// identityOf is what every shard's identity key must hold. One comparison
// covers the format, the number of shards and the history.
func identityOf(o Options) string {
	return fmt.Sprintf("%d %d %s", schema, o.Shards, o.History)
}

// unfinished marks the first shard while the identity is given to the others: a
// crash in between is taken up again, and is told from a shard that was lost.
const unfinished = "creating "

// identify makes sure that every shard holds the history, and gives it to a
// Redis that is empty where that is allowed.
func (j *Journal) identify(ctx context.Context) error {
	held, err := j.identities(ctx)
	if err != nil {
		return err
	}
	begun := held[0] == unfinished+j.identity && only(held[1:], "", j.identity)
	switch {
	case only(held, j.identity):
		return nil
	case j.options.Create && (begun || only(held, "")):
		return j.create(ctx)
	}
	return j.mismatch(held)
}

// only reports whether all are one of what may be.
func only(all []string, may ...string) bool {
	return !slices.ContainsFunc(all, func(id string) bool { return !slices.Contains(may, id) })
}

func (j *Journal) create(ctx context.Context) error {
	first, err := j.identityAt(ctx, 0, "", unfinished+j.identity)
	if err != nil || first == j.identity { // another node was faster
		return err
	}
	if first != unfinished+j.identity {
		return j.overtaken(first)
	}
	for shard := 1; shard <= j.options.Shards; shard++ {
		believed := ""
		if shard == j.options.Shards { // the first comes last
			believed = first
		}
		id, err := j.identityAt(ctx, shard%j.options.Shards, believed, j.identity)
		if err != nil {
			return err
		}
		if id != j.identity {
			return j.overtaken(id)
		}
	}
	j.options.Log.Info("journal created in Redis", "history", j.options.History, "shards", j.options.Shards)
	return nil
}

func (j *Journal) overtaken(id string) error {
	return fmt.Errorf("two new stores use this Redis: it was given the journal %q while %q was being created", id, j.identity)
}

// identities reads what every shard holds, in one round trip to each server.
func (j *Journal) identities(ctx context.Context) ([]string, error) {
	gets := make([]*redis.StringCmd, j.options.Shards)
	_, _ = j.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for shard := range gets {
			gets[shard] = p.Get(ctx, historyKey(shard))
		}
		return nil
	}) // each command keeps its own error
	held := make([]string, len(gets))
	for shard, get := range gets {
		id, err := get.Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, fmt.Errorf("identity of shard %d: %w", shard, failure(err))
		}
		held[shard] = id
	}
	return held, nil
}

// identityAt reads a shard's identity, after setting it where it is what was believed.
func (j *Journal) identityAt(ctx context.Context, shard int, believed, set string) (string, error) {
	answer, err := j.run(ctx, call{
		script: j.scripts.identify, keys: []string{historyKey(shard)}, args: []any{believed, set}, durable: set != "",
	})
	if err != nil {
		return "", fmt.Errorf("identity of shard %d: %w", shard, failure(err))
	}
	id, _ := answer.(string)
	return id, nil
}

// mismatch says in one line what Redis holds instead and what to do.
func (j *Journal) mismatch(held []string) error {
	if only(held, "") {
		return fmt.Errorf("%w: Redis is empty, but the store follows history %s: bring back Redis's data, or name the Redis that has it; where it is lost for good: heard restore --from mongo",
			persistence.ErrHistoryLost, j.options.History)
	}
	wrong := slices.IndexFunc(held, func(id string) bool { return id != j.identity && id != "" })
	if wrong < 0 {
		return fmt.Errorf("%w: shard %d of history %s is empty, others are not: restore the data of that Redis node",
			persistence.ErrHistoryLost, slices.Index(held, ""), j.options.History)
	}
	var format, shards int
	var history string
	_, err := fmt.Sscanf(strings.TrimPrefix(held[wrong], unfinished), "%d %d %s", &format, &shards, &history)
	switch {
	case err != nil:
		return fmt.Errorf("%s holds %q, which is no identity of a journal: name another Redis", historyKey(wrong), held[wrong])
	case format != schema:
		return fmt.Errorf("journal in Redis has schema %d, this version reads schema %d", format, schema)
	case history != j.options.History && j.options.Create:
		return fmt.Errorf("the store is new, but Redis holds the journal of history %s: name an empty Redis, or the store that belongs to it", history)
	case history != j.options.History:
		return fmt.Errorf("%w: the store follows history %s, but Redis holds the journal of history %s: they do not belong together",
			persistence.ErrHistoryLost, j.options.History, history)
	case shards != j.options.Shards:
		return fmt.Errorf("journal in Redis has %d shards, %d are configured: the number cannot change", shards, j.options.Shards)
	}
	return fmt.Errorf("%w: shard %d holds %q and shard 0 holds %q: its creation was never finished; empty Redis and begin with a new store",
		persistence.ErrHistoryLost, wrong, held[wrong], held[0])
}
