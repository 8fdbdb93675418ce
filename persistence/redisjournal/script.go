package redisjournal

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed scripts/append.lua
var appendLua string

//go:embed scripts/acquire.lua
var acquireLua string

//go:embed scripts/lease.lua
var leaseLua string

//go:embed scripts/tail.lua
var tailLua string

//go:embed scripts/seed.lua
var seedLua string

//go:embed scripts/trim.lua
var trimLua string

//go:embed scripts/undrained.lua
var undrainedLua string

//go:embed scripts/identify.lua
var identifyLua string

//go:embed scripts/holders.lua
var holdersLua string

//go:embed scripts/release.lua
var releaseLua string

type script struct{ source, hash string }

func load(source string) script { return script{source, redis.NewScript(source).Hash()} }

type scripts struct {
	append, acquire, lease, seed, tail, trim, undrained, identify, holders, release script
}

func loadScripts() scripts {
	return scripts{
		load(appendLua), load(acquireLua), load(leaseLua), load(seedLua), load(tailLua), load(trimLua), load(undrainedLua), load(identifyLua),
		load(holdersLua), load(releaseLua),
	}
}

// call is a script with its keys, which all live on one server.
type call struct {
	script  script
	keys    []string
	args    []any
	durable bool // replicas must have it too
}

// mostRedirects bounds how often one call is sent elsewhere: a slot that moves
// is answered by MOVED or ASK, a server that forgot a script by NOSCRIPT.
const mostRedirects = 4

// errReplicas says that the server has done it and too few replicas have.
var errReplicas = errors.New("too few replicas confirmed the write")

// run calls a script on the server that has its keys. Where the error is
// errReplicas, the answer is that of the server all the same.
func (j *Journal) run(ctx context.Context, c call) (any, error) {
	words := make([]any, 0, 3+len(c.keys)+len(c.args))
	words = append(words, "evalsha", c.script.hash, len(c.keys))
	for _, k := range c.keys {
		words = append(words, k)
	}
	words = append(words, c.args...)

	node, err := j.nodeOf(ctx, c.keys[0])
	asking := false
	for tries := 0; err == nil; tries++ {
		var answer any
		if answer, err = j.send(ctx, node, words, asking, c.durable); err == nil {
			return answer, nil
		}
		if errors.Is(err, errReplicas) {
			return answer, fmt.Errorf("%s: %w", node.Options().Addr, err)
		}
		asking = false
		if tries == mostRedirects {
			break
		}
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			words[0], words[1], err = "eval", c.script.source, nil
			continue
		}
		if to, at := j.redirected(ctx, err); to != nil {
			node, asking, err = to, at, nil
		}
	}
	return nil, err
}

// send does one round trip. ASKING and WAIT concern the connection they are
// sent on, so all go in one pipeline.
func (j *Journal) send(ctx context.Context, node *redis.Client, words []any, asking, durable bool) (any, error) {
	cmd := redis.NewCmd(ctx, words...)
	replicas := int(j.replicas.Load())
	if durable = durable && replicas > 0; !durable && !asking {
		_ = node.Process(ctx, cmd)
		return cmd.Result()
	}
	var wait *redis.IntCmd
	_, _ = node.Pipelined(ctx, func(p redis.Pipeliner) error {
		if asking {
			_ = p.Process(ctx, redis.NewStatusCmd(ctx, "asking"))
		}
		_ = p.Process(ctx, cmd)
		if durable {
			wait = redis.NewIntCmd(ctx, "wait", replicas, j.patience(ctx, node).Milliseconds())
			_ = p.Process(ctx, wait)
		}
		return nil
	}) // each command keeps its own error
	if cmd.Err() != nil || !durable {
		return cmd.Result()
	}
	if n, err := wait.Result(); err != nil {
		return cmd.Val(), fmt.Errorf("%w: %w", errReplicas, err)
	} else if int(n) < replicas {
		return cmd.Val(), fmt.Errorf("%w: %d of %d", errReplicas, n, replicas)
	}
	return cmd.Val(), nil
}

// patience is how long replicas may take: their answer must still get back
// before anyone stops listening.
func (j *Journal) patience(ctx context.Context, node *redis.Client) time.Duration {
	d := j.options.replicaTimeout()
	if read := node.Options().ReadTimeout; read > 0 {
		d = min(d, read*3/4)
	}
	if deadline, ok := ctx.Deadline(); ok {
		d = min(d, time.Until(deadline)*3/4)
	}
	return max(d, time.Millisecond) // 0 means for ever
}

// nodeOf is the server that has a key. A Cluster's client would send WAIT
// anywhere, so calls go to the node itself.
func (j *Journal) nodeOf(ctx context.Context, key string) (*redis.Client, error) {
	switch client := j.client.(type) {
	case *redis.ClusterClient:
		return client.MasterForKey(ctx, key)
	case *redis.Client:
		return client, nil
	}
	panic(fmt.Sprintf("client of kind %T", j.client))
}

// redirected is the server a Cluster names instead; nil when it names none, or
// one that is not known.
func (j *Journal) redirected(ctx context.Context, err error) (node *redis.Client, asking bool) {
	cluster, ok := j.client.(*redis.ClusterClient)
	if !ok {
		return nil, false
	}
	address, moved := redis.IsMovedError(err)
	if moved {
		cluster.ReloadState(ctx)
	} else if address, asking = redis.IsAskError(err); !asking {
		return nil, false
	}
	var mu sync.Mutex
	_ = cluster.ForEachMaster(ctx, func(_ context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		if c.Options().Addr == address {
			node = c
		}
		return nil
	})
	return node, asking
}

// eachMaster calls fn for every server that takes writes, one at a time.
func (j *Journal) eachMaster(ctx context.Context, fn func(*redis.Client) error) error {
	cluster, ok := j.client.(*redis.ClusterClient)
	if !ok {
		node, err := j.nodeOf(ctx, "")
		if err != nil {
			return err
		}
		return fn(node)
	}
	var mu sync.Mutex
	return cluster.ForEachMaster(ctx, func(_ context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		return fn(c)
	})
}
