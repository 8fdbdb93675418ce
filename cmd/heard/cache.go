package main

import (
	"context"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"heard/persistence/cache"
)

// check refuses what could not work, without dialling.
func (f *cacheFlags) check() error {
	if f.CacheEntries < 1 || f.CacheEntries > 100_000_000 {
		return usage("--cache-entries %d: must be 1 to 100000000", f.CacheEntries)
	}
	_, err := f.redis()
	return err
}

// redis is how the second tier is reached, nil where none is named.
func (f *cacheFlags) redis() (*redis.Options, error) {
	if f.CacheURL == "" {
		return nil, nil
	}
	o, err := redis.ParseURL(f.CacheURL)
	if err != nil {
		return nil, usage("--cache-url: %w", err)
	}
	return o, nil
}

// cacheRedis is the second tier, where one is named. It is never the journal's
// server: that one must not evict, and waits for the disk at every write.
func (c *serveCommand) cacheRedis() (redis.UniversalClient, error) {
	o, err := c.redis()
	if o == nil {
		return nil, err
	}
	return cacheClient(o), nil
}

func cacheClient(o *redis.Options) redis.UniversalClient {
	o.MaxRetries, o.ContextTimeoutEnabled, o.DisableIdentity = -1, true, true
	return redis.NewClient(o)
}

// withCache puts a guard and the cache's tiers before the store.
func (c *serveCommand) withCache(ctx context.Context, b *backend, log *slog.Logger) error {
	quietRedis(log)
	client, err := c.cacheRedis()
	if err != nil {
		return err
	}
	history, err := b.journal.History(ctx)
	if err != nil {
		return err
	}
	b.guarded(log)
	o := cache.Options{MaxEntries: c.CacheEntries, History: history, Log: log}
	if client != nil {
		o.L2 = client
		b.close = append(b.close, client.Close)
	}
	return b.cached(o)
}
