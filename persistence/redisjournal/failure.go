package redisjournal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"heard/persistence"
)

// refusals are answers of Redis that say it has not begun: the command is
// rejected whole, or the first write in it is.
var refusals = []string{
	"OOM ", "READONLY ", "MISCONF ", "LOADING ", "MASTERDOWN ", "CLUSTERDOWN ", "NOREPLICAS ", "BUSY ",
	"MOVED ", "ASK ", "TRYAGAIN ", "CROSSSLOT ", "NOSCRIPT ", "NOAUTH ", "NOPERM ", "WRONGPASS ",
	"ERR max number of clients",
}

// historyGone is how the scripts say that the identity is missing or another.
const historyGone = "HISTORY "

// unsafeError says that a server was refused for what it is set to. It wraps
// nothing, because go-redis takes one layer off errors of new connections.
type unsafeError string

func (e unsafeError) Error() string { return "unsafe Redis: " + string(e) }

func isUnsafe(err error) bool {
	_, is := errors.AsType[unsafeError](err)
	return is
}

// failure puts into the contract's words what a call to Redis ended with.
func failure(err error) error {
	switch {
	case redis.HasErrorPrefix(err, historyGone):
		return fmt.Errorf("%w, %w: %s", persistence.ErrHistoryLost, persistence.ErrNothingWritten, found(err))
	case nothingSent(err) || refusedByRedis(err):
		return unwritten(err)
	}
	return fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
}

func unwritten(err error) error {
	return fmt.Errorf("%w, %w: %w", persistence.ErrUnavailable, persistence.ErrNothingWritten, err)
}

func found(err error) string {
	if id := strings.TrimPrefix(err.Error(), historyGone); id != "none" {
		return "Redis holds the journal " + id
	}
	return "Redis holds no journal any more"
}

// nothingSent reports errors from before a command could leave.
func nothingSent(err error) bool {
	op, network := errors.AsType[*net.OpError](err)
	return network && op.Op == "dial" ||
		errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted) ||
		errors.Is(err, redis.ErrClosed) || isUnsafe(err)
}

func refusedByRedis(err error) bool {
	for _, prefix := range refusals {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}

// ended is the error of a call whose context was over before it began.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return unwritten(err)
	}
	return nil
}

// worst picks the error that promises least: a group of calls has written
// nothing only when each of them has.
func worst(errs []error) error {
	var picked error
	for _, err := range errs {
		if err != nil && (picked == nil || !errors.Is(err, persistence.ErrNothingWritten)) {
			picked = err
		}
	}
	return picked
}
