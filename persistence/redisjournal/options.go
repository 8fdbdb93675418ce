package redisjournal

import (
	"fmt"
	"log/slog"
	"time"
)

// Options say which Redis, which history, and how careful to be.
type Options struct {
	// URL names a single server, a set of Sentinels or a Cluster:
	//
	//	redis://user:password@host:6379/0
	//	redis://sentinel-1:26379,sentinel-2:26379/0?master_name=kitchen&username=user&password=secret
	//	redis://user:password@node-1:6379,node-2:6379/?cluster=true
	//
	// rediss:// speaks TLS. With master_name the user before the @ is the
	// Sentinels'. Other parameters are go-redis's (dial_timeout, read_timeout,
	// pool_size …); retries are always off, because the committer repeats and a
	// hidden repeat would make outcomes unclear.
	URL string

	// History is the identity of the log, as the Store knows it: 32 hexadecimal
	// digits, made once by NewHistory. A Redis that has another is refused.
	History string

	// Create lets an empty Redis take History. It is for a Store that is new: the
	// caller first writes History into the Store, marked as new, then opens with
	// Create, then removes the mark; a crash anywhere repeats the same steps.
	// Without it an empty Redis is a lost one.
	Create bool

	// Shards is the number of hash tags organisations are spread over, 64 if 0,
	// at most 1,024. It is stored in Redis and never changes: a Cluster cannot
	// have more masters than that.
	Shards int

	// Replicas is how many replicas must have an append, beside the server's own
	// disk, before it counts. 0 = one, as soon as the server has any: the one that
	// is promoted when it fails could otherwise lack what was acknowledged.
	// Redis promotes the replica that is furthest, so one is enough for one failure.
	Replicas int

	// ReplicaTimeoutMS is how long a replica may take, 500 ms if 0. Beyond it the
	// outcome is Unknown. The call's own deadline and the read_timeout shorten it.
	ReplicaTimeoutMS int64

	// AllowUnsafe turns refusals of settings that lose data into warnings.
	AllowUnsafe bool

	Log *slog.Logger // nil = slog.Default
}

const (
	defaultShards = 64
	mostShards    = 1024
)

func (o Options) withDefaults() (Options, error) {
	if o.Shards == 0 {
		o.Shards = defaultShards
	}
	if o.ReplicaTimeoutMS <= 0 {
		o.ReplicaTimeoutMS = 500
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	switch {
	case o.Shards < 1 || o.Shards > mostShards:
		return o, fmt.Errorf("%d shards, allowed are 1 to %d", o.Shards, mostShards)
	case o.Replicas < 0:
		return o, fmt.Errorf("%d replicas", o.Replicas)
	case !isHistory(o.History):
		return o, fmt.Errorf("history id %q is not 32 hexadecimal digits", o.History)
	}
	return o, nil
}

func (o *Options) replicaTimeout() time.Duration {
	return time.Duration(o.ReplicaTimeoutMS) * time.Millisecond
}
