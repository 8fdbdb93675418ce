package redisjournal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"heard/domain"
	"heard/persistence"
)

var _ persistence.Fences = (*Journal)(nil)

// Holders implements persistence.Fences: one call for callEntries
// organisations, on a Cluster one for each shard. Where there are replicas it
// fails unless they confirm that the server still is their master.
func (j *Journal) Holders(ctx context.Context, orgs []string, out []persistence.Holder) error {
	domain.Assert(len(out) == len(orgs), "%d holders for %d organisations", len(out), len(orgs))
	for _, group := range j.groups(orgs) {
		for part := range slices.Chunk(group, callEntries) {
			if err := j.holders(ctx, orgs, part, out); err != nil {
				return fmt.Errorf("read holders of %d organisations: %w", len(orgs), err)
			}
		}
	}
	return nil
}

// groups are the places of organisations that can share a call.
func (j *Journal) groups(orgs []string) (groups [][]int) {
	place := map[int]int{} // shard → group; all the same where there is one server
	for i, org := range orgs {
		shard := 0
		if j.cluster {
			shard = shardOf(org, j.options.Shards)
		}
		g, known := place[shard]
		if !known {
			g = len(groups)
			place[shard], groups = g, append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

func (j *Journal) holders(ctx context.Context, orgs []string, part []int, out []persistence.Holder) error {
	var keys, fences []string
	seen := map[int]bool{}
	for _, i := range part {
		shard := shardOf(orgs[i], j.options.Shards)
		if !seen[shard] {
			seen[shard] = true
			keys = append(keys, historyKey(shard))
		}
		fences = append(fences, fenceKey(shard, orgs[i]))
	}
	mark, replicated := 0, j.replicas.Load() > 0
	if replicated {
		mark = 1
	}
	c := call{script: j.scripts.holders, args: []any{j.identity, len(keys), mark}, durable: replicated}
	c.keys = slices.Concat(keys, []string{markKey(shardOf(orgs[part[0]], j.options.Shards))}, fences)
	answer, err := j.run(ctx, c)
	if err != nil {
		return failure(err)
	}
	fields, _ := answer.([]any)
	if len(fields) != 2*len(part) {
		return fmt.Errorf("%w: %d fields for %d organisations", persistence.ErrUnavailable, len(fields), len(part))
	}
	for n, i := range part {
		epoch, bad := number(fields[2*n])
		released, worse := number(fields[2*n+1])
		if err := errors.Join(bad, worse); err != nil {
			return fmt.Errorf("fence of %s: %w", orgs[i], err)
		}
		out[i] = persistence.Holder{Epoch: epoch, Free: released == epoch}
	}
	return nil
}

// Release implements persistence.Fences. It needs no replica: where it is lost,
// the next owner waits as after a crash.
func (j *Journal) Release(ctx context.Context, org string, epoch uint64) error {
	shard := shardOf(org, j.options.Shards)
	_, err := j.run(ctx, call{
		script: j.scripts.release, keys: []string{historyKey(shard), fenceKey(shard, org)}, args: []any{j.identity, epoch},
	})
	if err != nil {
		return fmt.Errorf("release %s: %w", org, failure(err))
	}
	return nil
}
