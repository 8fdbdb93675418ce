package redisjournal

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"heard/persistence"
)

// A chunk is read, then handed out: a slow reader holds nothing up.
const (
	chunkEntries = 256
	chunkBytes   = 1 << 20
)

// Tail implements persistence.Journal. It may show entries that replicas do not
// have yet, so it is for those who acquired the organisation: Acquire waits.
func (j *Journal) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	if err := persistence.CheckID("organisation", org); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	if after == math.MaxUint64 {
		return nil
	}
	// Most callers want one entry, the others all of them: chunks grow. IDs begin
	// with the last sequence, so this is the entry that holds after+1.
	from := strconv.FormatUint(after+1, 10)
	for most := 1; ; most = min(most*8, chunkEntries) {
		chunk, next, err := j.chunk(ctx, org, from, most)
		if err != nil {
			return fmt.Errorf("read log of %s from %s: %w", org, from, err)
		}
		if len(chunk) == 0 {
			return nil
		}
		for _, e := range chunk {
			if err := fn(e); err != nil {
				return err
			}
		}
		from = next
	}
}

// chunk reads entries, and says where to go on.
func (j *Journal) chunk(ctx context.Context, org, from string, most int) (chunk []persistence.Entry, next string, err error) {
	if err := ended(ctx); err != nil {
		return nil, "", err
	}
	shard := shardOf(org, j.options.Shards)
	answer, err := j.run(ctx, call{
		script: j.scripts.tail, keys: []string{historyKey(shard), streamKey(shard, org)},
		args: []any{j.identity, from, most, chunkBytes},
	})
	if err != nil {
		return nil, "", failure(err)
	}
	rows, _ := answer.([]any)
	for _, row := range rows {
		e, id, err := parseEntry(org, row)
		if err != nil {
			return nil, "", persistence.DamageOf(org, e.Last, "Redis", err)
		}
		chunk, next = append(chunk, e), "("+id
	}
	return chunk, next, nil
}

// parseEntry reads what XRANGE shows of an entry: [ID [n RECORDS d PAYLOAD]].
func parseEntry(org string, row any) (persistence.Entry, string, error) {
	e := persistence.Entry{Org: org}
	pair, _ := row.([]any)
	if len(pair) != 2 {
		return e, "", fmt.Errorf("entry %v is not one of schema %d", row, schema)
	}
	id, _ := pair[0].(string)
	last, epoch, _ := strings.Cut(id, "-")
	var err error
	if e.Last, err = number(last); err != nil {
		return e, "", fmt.Errorf("entry %s has no sequence: %w", id, err)
	}
	fields, _ := pair[1].([]any)
	if len(fields) != 4 || fields[0] != "n" || fields[2] != "d" {
		return e, "", fmt.Errorf("entry %s is not one of schema %d", id, schema)
	}
	records, err := number(fields[1])
	if err == nil {
		e.Epoch, err = number(epoch)
	}
	data, ok := fields[3].(string)
	if err != nil || !ok || records == 0 || records > e.Last {
		return e, "", fmt.Errorf("entry %s with %v records is damaged", id, fields[1])
	}
	e.First, e.Data = e.Last-records+1, []byte(data)
	return e, id, nil
}
