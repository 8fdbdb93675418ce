package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"heard/persistence/audit"
	"heard/persistence/migrate"
	"heard/persistence/mongostore"
	"heard/persistence/pebblestore"
)

type migrateCommand struct {
	From string `help:"Store to move from: embedded or redis-mongo." enum:"embedded,redis-mongo" required:""`
	To   string `help:"Store to move to." enum:"embedded,redis-mongo" required:""`
	Data string `help:"Folder of the embedded store." default:"./data" type:"path"`
	serverFlags
	logFlags
}

// Run moves everything and verifies the copy by an audit. Engines on either
// side must be stopped.
func (c *migrateCommand) Run(ctx context.Context, s *streams) error {
	if c.From == c.To {
		return usage("--from and --to: both are %s", c.From)
	}
	if err := c.serverFlags.check(); err != nil {
		return err
	}
	log := c.logger(s.err)
	if c.To == embedded {
		return c.toEmbedded(ctx, s, log)
	}
	dir := filepath.Join(c.Data, "store")
	if _, err := os.Stat(dir); err != nil {
		return usage("--data %s: no store there", c.Data)
	}
	if _, err := os.Stat(aside(dir)); err == nil {
		return usage("--data: %s is there from an earlier move; put it away first", aside(dir))
	}
	if err := c.toRedisMongo(ctx, s, log); err != nil {
		return err
	}
	return putAside(s, dir)
}

// toRedisMongo marks the target until all of it is there.
func (c *migrateCommand) toRedisMongo(ctx context.Context, s *streams, log *slog.Logger) (err error) {
	from, err := openEmbedded(c.Data, log, pebblestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	history, err := from.journal.History(ctx)
	if err != nil {
		return err
	}
	store, err := c.openStore(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(context.Background())) }()
	stands, err := store.SetHistory(ctx, history)
	if err != nil {
		return err
	}
	if stands != history {
		return usage("--mongo-uri: the database follows another log (%s): name an empty one", stands)
	}
	if err := store.SetMove(ctx, mongostore.Arriving); err != nil {
		return err
	}
	journal, err := c.openJournal(ctx, store, log)
	if err != nil {
		return usage("--redis-url: %w", err)
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	if err := c.copy(ctx, s, log, migrate.Side{Journal: from.journal, Store: from.store}, migrate.Side{Journal: journal, Store: store}); err != nil {
		return err
	}
	return store.SetMove(ctx, mongostore.Settled)
}

// toEmbedded builds the folder under another name until all of it is there.
func (c *migrateCommand) toEmbedded(ctx context.Context, s *streams, log *slog.Logger) (err error) {
	dir := filepath.Join(c.Data, "store")
	if _, err := os.Stat(dir); err == nil {
		return usage("--data: %s exists already; name another folder", dir)
	}
	from, err := c.openRedisMongo(ctx, log, true, mongostore.Leaving)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	history, err := from.journal.History(ctx)
	if err != nil {
		return err
	}
	moving := dir + ".moving"
	if err := private(c.Data, log); err != nil {
		return usage("--data: %w", err)
	}
	to, err := pebblestore.Open(pebblestore.Options{Dir: moving, Log: log, History: history})
	if err != nil {
		return err
	}
	err = c.leave(ctx, from, func() error {
		err := c.copy(ctx, s, log, migrate.Side{Journal: from.journal, Store: from.store}, migrate.Side{Journal: to, Store: to})
		return errors.Join(err, to.Close())
	})
	if err != nil {
		return err
	}
	if err := os.Rename(moving, dir); err != nil {
		return fmt.Errorf("everything is in %s, but: %w", moving, err)
	}
	fmt.Fprintln(s.out, "moved to", dir, "- Redis and MongoDB keep what they had; do not serve them any more")
	return nil
}

// leave marks the source before anything is copied: an engine that still runs on
// it, and is fenced by the copying, sees the mark when it comes back. A move that
// fails leaves the source as it was; one that is killed is to be run again.
func (c *migrateCommand) leave(ctx context.Context, from *backend, move func() error) error {
	if err := from.move(ctx, mongostore.Leaving); err != nil {
		return err
	}
	if err := move(); err != nil {
		return errors.Join(err, from.move(context.WithoutCancel(ctx), mongostore.Settled))
	}
	return from.move(ctx, mongostore.Left)
}

func (c *migrateCommand) copy(ctx context.Context, s *streams, log *slog.Logger, from, to migrate.Side) error {
	done, progress := bar(s.err, "organisations")
	report, err := migrate.Run(ctx, migrate.Options{From: from, To: to, Log: log, Progress: progress})
	done()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "copied %d organisations, %d records; checking the copy\n", report.Organisations, report.Records)
	checked, err := audit.Run(ctx, audit.Options{Journal: to.Journal, Store: to.Store})
	if err != nil {
		return err
	}
	if err := checked.WriteText(s.out); err != nil {
		return err
	}
	if !checked.OK() {
		return errSilent
	}
	return nil
}

// putAside renames the folder, so that nobody serves it again by mistake.
func putAside(s *streams, dir string) error {
	if err := os.Rename(dir, aside(dir)); err != nil {
		return fmt.Errorf("everything is moved, but: %w", err)
	}
	fmt.Fprintln(s.out, "moved; the folder is kept as", aside(dir), "- serve with --store redis-mongo and the --jwt-secret that is in", filepath.Dir(dir))
	return nil
}

func aside(dir string) string { return dir + ".moved" }
