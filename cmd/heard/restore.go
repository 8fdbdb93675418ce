package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"heard/persistence/mongostore"
	"heard/persistence/redisjournal"
)

type restoreCommand struct {
	From string `help:"What the journal is restored from: mongo, the archived log and the watermarks in MongoDB." enum:"mongo," default:""`
	Data string `help:"Or: the folder of an embedded store that was brought back with its whole disk, which gets a new history." type:"path"`
	serverFlags
	logFlags
}

// Run makes a Redis that lost the journal the journal again, each organisation
// as far as MongoDB has followed it. Engines must be stopped. Killed half way, it
// is run again; until it is through no engine starts.
func (c *restoreCommand) Run(ctx context.Context, s *streams) (err error) {
	if (c.From == "") == (c.Data == "") {
		return usage("one of --from mongo (a Redis that lost the journal) and --data DIR (an embedded store) must be given")
	}
	if c.Data != "" {
		return c.folder(ctx, s)
	}
	if err := c.check(); err != nil {
		return err
	}
	opening, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	store, err := c.openStore(opening, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(context.Background())) }()
	if err := cmp.Or(staying(opening, store), served(opening, store)); err != nil {
		return usage("--mongo-uri: %w", err)
	}
	lost, err := store.History(opening)
	if err != nil {
		return err
	}
	begun, err := store.Restoring(opening)
	if err != nil {
		return err
	}
	r := &restore{store: store, out: s.out, history: begun}
	if begun == "" {
		r.history = redisjournal.NewHistory()
	}
	log := c.logger(s.err)
	quietRedis(log)
	r.redis, err = redisjournal.OpenLost(opening, redisjournal.Options{
		URL: c.RedisURL, History: r.history, Replicas: c.RedisReplicas, AllowUnsafe: c.RedisUnsafe, Log: log,
	}, lost)
	if err != nil {
		return usage("--redis-url: %w", err)
	}
	defer func() { err = errors.Join(err, r.redis.Close()) }()
	if begun == "" && r.redis.Whole() {
		if err := r.needed(ctx, lost); err != nil {
			return err
		}
	}
	return r.run(ctx)
}

// restore is one run.
type restore struct {
	store   *mongostore.Store
	redis   *redisjournal.Restoration
	history string // to come
	out     io.Writer
}

// needed refuses where Redis has everything: a new history would send every
// screen away for nothing.
func (r *restore) needed(ctx context.Context, history string) error {
	older := errors.New("older")
	err := r.each(ctx, func(org string, seq uint64) error {
		last, err := r.redis.Last(ctx, org)
		if err == nil && last < seq {
			err = older
		}
		return err
	})
	switch {
	case errors.Is(err, older):
		return nil
	case err != nil:
		return err
	}
	return usage("--redis-url: Redis holds the journal of history %s, of every organisation as much as MongoDB or more: nothing is lost, start the engine", history)
}

// run goes: mark MongoDB, so that no engine starts; the new history into Redis,
// so that none that runs goes on; the organisations; the history into MongoDB.
func (r *restore) run(ctx context.Context) error {
	stands, err := r.store.BeginRestore(ctx, r.history)
	if err != nil {
		return err
	}
	if stands != r.history {
		return errors.New("another restore has begun meanwhile: run it again when that has ended")
	}
	if err := r.redis.Begin(ctx); err != nil {
		return err
	}
	organisations := 0
	err = r.each(ctx, func(org string, seq uint64) error {
		organisations++
		return r.organisation(ctx, org, seq)
	})
	if err != nil {
		return err
	}
	if err := r.store.EndRestore(ctx, r.history); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "restored %d organisations; the history is now %s; run heard audit, then start the engines\n", organisations, r.history)
	return err
}

func (r *restore) organisation(ctx context.Context, org string, seq uint64) error {
	epoch, err := r.store.Epoch(ctx, org)
	if err != nil {
		return err
	}
	had, err := r.redis.Seed(ctx, org, epoch, seq)
	if err != nil {
		return err
	}
	if had >= seq {
		_, err = fmt.Fprintf(r.out, "%s: goes to %d in Redis, which MongoDB has up to %d; nothing was restored\n", org, had, seq)
	} else {
		_, err = fmt.Fprintf(r.out, "%s: restored up to %d; Redis had it up to %d\n", org, seq, had)
	}
	return err
}

// each calls fn for every organisation with its watermark.
func (r *restore) each(ctx context.Context, fn func(org string, seq uint64) error) error {
	for after := ""; ; {
		page, err := r.store.Organisations(ctx, after, 256)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, org := range page {
			mark, err := r.store.Watermark(ctx, org)
			if err != nil {
				return err
			}
			if err := fn(org, mark.Seq); err != nil {
				return err
			}
			after = org
		}
	}
}
