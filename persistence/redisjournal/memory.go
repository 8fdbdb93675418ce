package redisjournal

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Memory is what the fullest server uses of what it may.
type Memory struct {
	UsedBytes int64 // as Redis compares it with its limit
	MaxBytes  int64 // maxmemory; 0 = no limit but the machine's
}

// Ratio is 0 for empty, 1 for full, and 0 where there is no limit.
func (m Memory) Ratio() float64 {
	if m.MaxBytes == 0 {
		return 0
	}
	return float64(m.UsedBytes) / float64(m.MaxBytes)
}

// Memory asks every server that takes writes and returns the fullest. Beyond
// the limit Redis refuses appends, so the caller stops taking orders before.
//
// It also looks for replicas that were added since Open: from then on one of
// them must confirm every write. Call it every few seconds.
func (j *Journal) Memory(ctx context.Context) (Memory, error) {
	var fullest Memory
	err := j.eachMaster(ctx, func(c *redis.Client) error {
		text, err := c.Info(ctx).Result()
		if err != nil {
			return err
		}
		facts := parseInfo(text)
		if len(onlineReplicas(facts)) > 0 {
			j.replicas.CompareAndSwap(0, 1)
		}
		m := memoryOf(facts)
		if m.Ratio() > fullest.Ratio() || m.Ratio() == fullest.Ratio() && m.UsedBytes > fullest.UsedBytes {
			fullest = m
		}
		return nil
	})
	if err != nil {
		return Memory{}, fmt.Errorf("memory of journal: %w", failure(err))
	}
	return fullest, nil
}

// memoryOf leaves out buffers for replicas and for the log file, as Redis does.
func memoryOf(facts map[string]string) Memory {
	number := func(name string) int64 { n, _ := strconv.ParseInt(facts[name], 10, 64); return n }
	return Memory{UsedBytes: number("used_memory") - number("mem_not_counted_for_evict"), MaxBytes: number("maxmemory")}
}
