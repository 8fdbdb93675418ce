package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// quietRedis takes the Redis client's own lines off stderr: a server that is
// away would fill it with one for each connection that is tried. Whatever
// matters of it comes back as an error, too. Call it before any client is made.
func quietRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ log *slog.Logger }

// Printf logs a line at debug level.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.Debug("redis client", "message", fmt.Sprintf(format, v...))
	}
}
