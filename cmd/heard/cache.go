package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"heard/persistence/cache"
)

// cacheRedis is the second tier, where one is named. It is never the journal's
// server: that one must not evict, and waits for the disk at every write.
func (c *serveCommand) cacheRedis() (redis.UniversalClient, error) {
	if c.CacheURL == "" {
		return nil, nil
	}
	o, err := redis.ParseURL(c.CacheURL)
	if err != nil {
		return nil, fmt.Errorf("--cache-url: %w", err)
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
		return usageError{err}
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
