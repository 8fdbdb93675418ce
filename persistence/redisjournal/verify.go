package redisjournal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Verify reports whether Redis would take an append: every server that takes
// writes answers, still holds the history (one that was emptied answers, too),
// and has the replicas that must confirm. It is two round trips: ask every second.
func (j *Journal) Verify(ctx context.Context) error {
	err := j.eachMaster(ctx, func(c *redis.Client) error {
		text, err := c.Info(ctx, "replication").Result()
		if err != nil {
			return err
		}
		return j.followers.check(c.Options().Addr, onlineReplicas(parseInfo(text)), int(j.replicas.Load()))
	})
	if err != nil {
		return fmt.Errorf("verify journal: %w", failure(err))
	}
	return j.identify(ctx)
}

// Replicas is how many must confirm a write now.
func (j *Journal) Replicas() int { return int(j.replicas.Load()) }

// onlineReplicas names those that can confirm: one that still copies its
// master's data cannot.
func onlineReplicas(facts map[string]string) []string {
	var online []string
	for i := 0; ; i++ {
		line, ok := facts["slave"+strconv.Itoa(i)]
		if !ok {
			return online
		}
		fields := make(map[string]string)
		for field := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(field, "=")
			fields[name] = value
		}
		if fields["state"] == "online" {
			online = append(online, fields["ip"]+":"+fields["port"])
		}
	}
}

// followers remembers each master's replicas when there were enough of them, so
// that one that is missing can be named.
type followers struct {
	mu    sync.Mutex
	known map[string][]string // by address of the master
}

// check is an error that names who is missing where too few are there.
func (f *followers) check(master string, online []string, demanded int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(online) >= demanded {
		if f.known == nil {
			f.known = make(map[string][]string)
		}
		f.known[master] = online
		return nil
	}
	missing := slices.DeleteFunc(slices.Clone(f.known[master]), func(address string) bool { return slices.Contains(online, address) })
	return &missingReplicas{master, len(online), demanded, missing}
}

// missingReplicas says that no write can be confirmed.
type missingReplicas struct {
	master           string
	online, demanded int
	missing          []string // may be empty: nobody was seen before
}

func (m *missingReplicas) Error() string {
	return strings.TrimSpace("missing replica "+strings.Join(m.missing, ", ")) +
		fmt.Sprintf(": %s has %d of %d that must confirm a write (--redis-replicas)", m.master, m.online, m.demanded)
}
