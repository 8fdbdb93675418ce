package redisjournal

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// oldest is the first Redis whose scripts work as these need: they answer
// errors of single commands as they are, and ranges that exclude their start.
const oldest = 7

// pipelined is a client or one connection of it.
type pipelined interface {
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
}

// inspect refuses servers that would lose data, and learns whether there are replicas.
func (j *Journal) inspect(ctx context.Context) error {
	with, without := "", ""
	err := j.eachMaster(ctx, func(c *redis.Client) error {
		address := c.Options().Addr
		n, err := j.examine(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		if n > 0 {
			with = address
		} else {
			without = address
		}
		return nil
	})
	switch {
	case isUnsafe(err):
		return err
	case err != nil:
		return failure(err)
	}
	j.replicas.Store(int32(j.options.Replicas))
	if j.options.Replicas > 0 || with == "" {
		return nil
	}
	j.replicas.Store(1)
	if without == "" {
		return nil
	}
	return j.unsafe("%s has replicas and %s has none: give it one, or say how many must confirm (Options.Replicas)", with, without)
}

// onConnect refuses a server that a failover or a restart has made unsafe.
// go-redis asks it about connections to Sentinels too.
func (j *Journal) onConnect(ctx context.Context, c *redis.Conn) error {
	if !j.opened.Load() || j.options.AllowUnsafe {
		return nil
	}
	if _, err := j.examine(ctx, c); err != errSentinel {
		return err
	}
	return nil
}

const errSentinel = unsafeError("it is a Sentinel: add master_name=NAME to the URL")

// unsafe is an error, or a loud warning where that is allowed.
func (j *Journal) unsafe(format string, args ...any) error {
	err := unsafeError(fmt.Sprintf(format, args...))
	if !j.options.AllowUnsafe {
		return err
	}
	j.options.Log.Warn("ACKNOWLEDGED ORDERS CAN BE LOST: " + err.Error())
	return nil
}

// examine looks at one server and returns how many replicas it has.
func (j *Journal) examine(ctx context.Context, c pipelined) (replicas int, err error) {
	var info *redis.StringCmd
	settings := make([]*redis.MapStringStringCmd, len(required))
	_, _ = c.Pipelined(ctx, func(p redis.Pipeliner) error {
		info = p.Info(ctx)
		for i, r := range required {
			settings[i] = p.ConfigGet(ctx, r.name)
		}
		return nil
	}) // each command keeps its own error
	text, err := info.Result()
	if err != nil {
		return 0, fmt.Errorf("INFO: %w", err)
	}
	facts := parseInfo(text)
	version := facts["redis_version"]
	if major, _ := strconv.Atoi(strings.SplitN(version, ".", 2)[0]); major < oldest {
		return 0, unsafeError(fmt.Sprintf("it is Redis %s, the journal needs %d.0 or newer", version, oldest))
	}
	if facts["redis_mode"] == "sentinel" {
		return 0, errSentinel
	}
	if facts["role"] != "master" {
		return 0, unsafeError(fmt.Sprintf("it is a replica of %s:%s: name the master", facts["master_host"], facts["master_port"]))
	}
	replicas, _ = strconv.Atoi(facts["connected_slaves"])
	return replicas, j.judge(settings)
}

// required are the settings that acknowledged orders depend on.
var required = []struct{ name, want, why string }{
	{"appendonly", "yes", "without it a restart loses everything"},
	{"appendfsync", "always", "with anything else a crash loses what was acknowledged"},
	{"no-appendfsync-on-rewrite", "no", "otherwise nothing is synced while the file is rewritten"},
	{"maxmemory-policy", "noeviction", "any other policy deletes orders when memory is short"},
}

func (j *Journal) judge(settings []*redis.MapStringStringCmd) error {
	for i, r := range required {
		values, err := settings[i].Result()
		if refusedByRedis(err) || redis.HasErrorPrefix(err, "ERR unknown") {
			return j.unsafe("it does not show its settings (CONFIG GET: %v), so what it would lose is not known: allow CONFIG GET to this user, or accept the risk", err)
		}
		if err != nil {
			return fmt.Errorf("CONFIG GET %s: %w", r.name, err)
		}
		if got := values[r.name]; got != r.want {
			if err := j.unsafe("%s is %q: %s; CONFIG SET %s %s, and in redis.conf", r.name, got, r.why, r.name, r.want); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseInfo reads the lines "name:value" of INFO.
func parseInfo(text string) map[string]string {
	facts := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			facts[name] = value
		}
	}
	return facts
}
