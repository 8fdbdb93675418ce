package redisjournal

import (
	"context"
	"fmt"
	"math"

	"heard/persistence"
)

// Undrained implements persistence.Journal. The order is by shard, then by
// name. Each shard is a call: for starting and taking over, not for polling.
func (j *Journal) Undrained(ctx context.Context, after string, most int) ([]string, error) {
	var found []string
	shard, from := 0, "-"
	if after != "" {
		shard, from = shardOf(after, j.options.Shards), "("+after
	}
	for ; shard < j.options.Shards && len(found) < most; shard++ {
		if err := ended(ctx); err != nil {
			return nil, fmt.Errorf("list undrained organisations: %w", err)
		}
		answer, err := j.run(ctx, call{
			script: j.scripts.undrained, keys: []string{historyKey(shard), dirtyKey(shard)},
			args: []any{j.identity, from, most - len(found)},
		})
		if err != nil {
			return nil, fmt.Errorf("list undrained organisations of shard %d: %w", shard, failure(err))
		}
		names, _ := answer.([]any)
		for _, name := range names {
			org, ok := name.(string)
			if !ok {
				return nil, fmt.Errorf("list undrained organisations of shard %d: name %v", shard, name)
			}
			found = append(found, org)
		}
		from = "-"
	}
	return found, nil
}

// Trim implements persistence.Journal. It works when Redis is full, which is
// how memory comes back.
func (j *Journal) Trim(ctx context.Context, org string, upTo uint64) error {
	if err := persistence.CheckID("organisation", org); err != nil {
		return fmt.Errorf("trim log: %w", err)
	}
	if err := ended(ctx); err != nil {
		return fmt.Errorf("trim log of %s: %w", org, err)
	}
	if upTo == math.MaxUint64 {
		return fmt.Errorf("trim log of %s: nothing can follow %d", org, upTo)
	}
	shard := shardOf(org, j.options.Shards)
	_, err := j.run(ctx, call{
		script: j.scripts.trim, keys: []string{historyKey(shard), dirtyKey(shard), streamKey(shard, org)},
		args: []any{j.identity, upTo + 1, org},
	})
	if err != nil {
		return fmt.Errorf("trim log of %s to %d: %w", org, upTo, failure(err))
	}
	return nil
}
