package cache

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// turn is what an Apply did to one organisation.
type turn struct {
	org     string
	from    string // where the Store was, "" = not known
	to      position
	touched map[string]uint64 // order → its version
}

const (
	turnsTogether = 128 // in one round trip
	// mostDropped is how many orders of a turn are dropped one by one. After more of
	// them, which happens when the Store was away, the organisation begins anew.
	mostDropped = 500
	// advanceTimeout is longer than a reader's: the drain can wait.
	advanceTimeout = 500 * time.Millisecond
)

// advance tells L2 and the other nodes what was applied. What does not get
// through needs no memory: the head stays behind, which the next to look sees.
func (c *Cache) advance(ctx context.Context, turns []turn) {
	s := c.shared
	for len(turns) > 0 && !s.outage.down.Load() {
		n := min(len(turns), turnsTogether)
		within, cancel := context.WithTimeout(ctx, advanceTimeout)
		err := c.send(within, turns[:n])
		cancel()
		if err != nil {
			s.errors.Add(1)
			s.outage.trip(err, s.options.Log)
			return
		}
		turns = turns[n:]
	}
}

// send runs the script for each organisation, all in one round trip.
func (c *Cache) send(ctx context.Context, turns []turn) error {
	s := c.shared
	commands := make([]*redis.Cmd, len(turns))
	keys, args := make([][]string, len(turns)), make([][]any, len(turns))
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range turns {
			keys[i], args[i] = c.arguments(&turns[i])
			commands[i] = advanceScript.EvalSha(ctx, p, keys[i], args[i]...)
		}
		return nil
	})
	if err == nil {
		return nil
	}
	for i, command := range commands { // a pipeline does not load a script by itself
		switch err := command.Err(); {
		case redis.HasErrorPrefix(err, "NOSCRIPT"):
			if err := advanceScript.Run(ctx, s.client, keys[i], args[i]...).Err(); err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
	return nil
}

func (c *Cache) arguments(t *turn) ([]string, []any) {
	s := c.shared
	from := t.from
	keys := []string{s.head(t.org)}
	if len(t.touched) > mostDropped {
		from = ""
	} else {
		for id := range t.touched {
			keys = append(keys,
				s.entry(&key{kind: kindOrder, org: t.org, id: id}),
				s.entry(&key{kind: kindTimeline, org: t.org, id: id}))
		}
	}
	return keys, []any{from, t.to.through, token(), s.headMS(), s.channel(), c.newsOf(t)}
}
