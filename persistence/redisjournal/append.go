package redisjournal

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"heard/domain"
	"heard/persistence"
)

// One call holds Redis up for as long as it runs, so it has a bound. A group
// of the committer has the same, and so goes in one call.
const (
	callEntries = 512
	callBytes   = 1 << 20
)

// Append implements persistence.Journal: one script call for the whole group,
// on a Cluster one for each shard in it, side by side. ctx's deadline is
// obeyed, and what was not answered by then is Unknown.
//
// Where replicas have to confirm and too few did in time, appended entries are
// Unknown: the server has them, the one promoted in its place may not. A repeat
// is a Duplicate only after replicas have the first attempt.
func (j *Journal) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	domain.Assert(len(out) == len(entries), "%d outcomes for %d entries", len(out), len(entries))
	clear(out)
	if err := ended(ctx); err != nil {
		return fmt.Errorf("append %d entries: %w", len(entries), err)
	}
	groups := j.split(entries)
	errs := make([]error, len(groups))
	var wg sync.WaitGroup
	for i, g := range groups[min(1, len(groups)):] {
		wg.Go(func() { errs[i+1] = j.appendGroup(ctx, entries, g, out) })
	}
	if len(groups) > 0 { // nearly always the only one
		errs[0] = j.appendGroup(ctx, entries, groups[0], out)
	}
	wg.Wait()
	if err := worst(errs); err != nil {
		return fmt.Errorf("append %d entries: %w", len(entries), err)
	}
	return nil
}

// split groups the places of entries by the calls they can share: all, or on a
// Cluster those of a shard.
func (j *Journal) split(entries []persistence.Entry) [][]int {
	if !j.cluster {
		all := make([]int, len(entries))
		for i := range all {
			all[i] = i
		}
		if len(all) == 0 {
			return nil
		}
		return [][]int{all}
	}
	var groups [][]int
	place := make(map[int]int) // shard → group
	for i := range entries {
		shard := shardOf(entries[i].Org, j.options.Shards)
		g, known := place[shard]
		if !known {
			g = len(groups)
			place[shard], groups = g, append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// appendGroup makes as many calls as the bounds ask for, one after the other,
// which keeps an organisation's entries in order.
func (j *Journal) appendGroup(ctx context.Context, entries []persistence.Entry, group []int, out []persistence.Outcome) error {
	var errs []error
	for len(group) > 0 {
		n, size := 0, 0
		for n < len(group) && n < callEntries && (n == 0 || size+len(entries[group[n]].Data) <= callBytes) {
			size += len(entries[group[n]].Data)
			n++
		}
		errs = append(errs, j.appendCall(ctx, entries, group[:n], out))
		group = group[n:]
	}
	return worst(errs)
}

func (j *Journal) appendCall(ctx context.Context, entries []persistence.Entry, group []int, out []persistence.Outcome) error {
	answer, err := j.run(ctx, j.appending(entries, group))
	late := errors.Is(err, errReplicas)
	if err != nil && !late {
		return failure(err)
	}
	verdicts, _ := answer.([]any)
	if len(verdicts) != len(group) {
		return fmt.Errorf("%w: %d verdicts for %d entries", persistence.ErrUnavailable, len(verdicts), len(group))
	}
	var errs []error
	for k, i := range group {
		switch v := verdicts[k].(type) {
		case int64:
			o := persistence.Outcome(v)
			if late && (o == persistence.Appended || o == persistence.Duplicate) {
				errs = append(errs, failure(err))
				continue
			}
			out[i] = o
		case string: // this entry alone was refused
			errs = append(errs, unwritten(fmt.Errorf("%s: %s", entries[i].Org, v)))
		default:
			errs = append(errs, fmt.Errorf("%w: verdict %v", persistence.ErrUnavailable, v))
		}
	}
	return worst(errs)
}

// appending builds the call; its order of keys and arguments is append.lua's.
func (j *Journal) appending(entries []persistence.Entry, group []int) call {
	places := make([]int, j.options.Shards) // shard → place in keys, from 1
	var shards []int
	for _, i := range group {
		if s := shardOf(entries[i].Org, j.options.Shards); places[s] == 0 {
			shards = append(shards, s)
			places[s] = len(shards)
		}
	}
	keys := make([]string, 0, 2*len(shards)+2*len(group))
	for _, s := range shards {
		keys = append(keys, historyKey(s), dirtyKey(s))
	}
	args := make([]any, 0, 2+7*len(group))
	args = append(args, j.identity, len(shards))
	for _, i := range group {
		e := &entries[i]
		s := shardOf(e.Org, j.options.Shards)
		keys = append(keys, fenceKey(s, e.Org), streamKey(s, e.Org))
		var before any = e.First - 1
		if e.First == 0 || e.Last < e.First {
			before = "" // follows nothing
		}
		args = append(args, places[s], e.Org, e.Epoch, before, e.Last, e.Last-e.First+1, e.Data)
	}
	return call{script: j.scripts.append, keys: keys, args: args, durable: true}
}
