package redisjournal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"heard/persistence"
)

// Acquire implements persistence.Journal. Where there are replicas it fails
// unless they have the new epoch too: one that is promoted without it would let
// the old activation write again.
func (j *Journal) Acquire(ctx context.Context, org string, floor uint64) (persistence.Lease, error) {
	lease, err := j.acquire(ctx, org, floor)
	if err != nil {
		return persistence.Lease{}, fmt.Errorf("acquire %s: %w", org, err)
	}
	return lease, nil
}

func (j *Journal) acquire(ctx context.Context, org string, floor uint64) (none persistence.Lease, err error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return none, err
	}
	if err := ended(ctx); err != nil {
		return none, err
	}
	if floor >= math.MaxInt64 { // HINCRBY counts in 63 bits
		return none, fmt.Errorf("no epoch is left above %d", floor)
	}
	shard := shardOf(org, j.options.Shards)
	answer, err := j.run(ctx, call{
		script: j.scripts.acquire, keys: []string{historyKey(shard), fenceKey(shard, org)},
		args: []any{j.identity, floor}, durable: true,
	})
	if err != nil {
		return none, failure(err)
	}
	return parseLease(answer)
}

// Lease implements persistence.Journal.
func (j *Journal) Lease(ctx context.Context, org string) (persistence.Lease, error) {
	lease, err := j.lease(ctx, org)
	if err != nil {
		return persistence.Lease{}, fmt.Errorf("lease of %s: %w", org, err)
	}
	return lease, nil
}

func (j *Journal) lease(ctx context.Context, org string) (none persistence.Lease, err error) {
	if err := persistence.CheckID("organisation", org); err != nil {
		return none, err
	}
	if err := ended(ctx); err != nil {
		return none, err
	}
	shard := shardOf(org, j.options.Shards)
	answer, err := j.run(ctx, call{
		script: j.scripts.lease, keys: []string{historyKey(shard), fenceKey(shard, org)}, args: []any{j.identity},
	})
	if err != nil {
		return none, failure(err)
	}
	return parseLease(answer)
}

// parseLease reads a fence: [epoch, last sequence].
func parseLease(answer any) (lease persistence.Lease, err error) {
	fields, _ := answer.([]any)
	if len(fields) != 2 {
		return lease, fmt.Errorf("fence answers %v", answer)
	}
	var errs [2]error
	lease.Epoch, errs[0] = number(fields[0])
	lease.Last, errs[1] = number(fields[1])
	if err := errors.Join(errs[:]...); err != nil {
		return persistence.Lease{}, fmt.Errorf("fence: %w", err)
	}
	return lease, nil
}

func number(v any) (uint64, error) {
	text, ok := v.(string)
	if !ok {
		return 0, fmt.Errorf("%v is not a number", v)
	}
	return strconv.ParseUint(text, 10, 64)
}
