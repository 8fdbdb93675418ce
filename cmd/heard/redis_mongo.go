package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"heard/actors"
	"heard/domain/outlet"
	"heard/persistence"
	"heard/persistence/mongostore"
	"heard/persistence/redisjournal"
)

// connectTimeout bounds the start: a server that is not there is told at once.
const connectTimeout = 10 * time.Second

// crowdedAt is the share of Redis's memory beyond which no new orders are taken:
// the rest is for settling those that run. alarmAt is when the log says so.
const (
	alarmAt   = 0.70
	crowdedAt = 0.85
)

// openRedisMongo opens the journal in Redis and the documents in MongoDB and
// sees to it that they belong together, and that no move concerns them but one
// in may. Only an engine makes them where they are not: for others, what is
// there must exist.
func (f *serverFlags) openRedisMongo(ctx context.Context, log *slog.Logger, existing bool, may ...mongostore.Move) (_ *backend, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	b := &backend{lanes: 4, drainers: 1}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	store, err := f.openStore(ctx, existing)
	if err != nil {
		return b, err
	}
	b.close = append(b.close, func() error { return store.Close(context.Background()) })
	if err := complete(ctx, store, existing, may...); err != nil {
		return b, usage("--mongo-uri: %w", err)
	}
	journal, err := f.openJournal(ctx, store, log)
	if err != nil {
		return b, usage("--redis-url: %w", err)
	}
	b.close = append(b.close, journal.Close)
	b.journal, b.fences, b.store, b.probe, b.writes = journal, journal, store, journal.Verify, store.Operations
	memory := &redisMemory{journal: journal, log: log}
	b.crowded = memory.crowded
	b.ping, b.move = store.Ping, store.SetMove
	b.stays = func(ctx context.Context) (string, error) {
		move, err := store.Move(ctx)
		return notHere[move], err
	}
	b.menu = func(ctx context.Context, org string) ([]outlet.ItemRequest, error) {
		items, skipped, err := store.InitialMenu(ctx, org)
		for _, line := range skipped {
			log.Warn("not taken over", "org", org, "reason", line)
		}
		return items, err
	}
	b.journalStats = func() object {
		return object{"redis_used_bytes": memory.used.Load(), "redis_max_bytes": memory.most.Load(), "redis_replicas_demanded": journal.Replicas(), "mongo_writes": store.Operations()}
	}
	b.figures = []figure{
		gauge("journal_redis_used_bytes", "Memory of the fullest Redis.", func(*actors.Stats) float64 { return float64(memory.used.Load()) }),
		gauge("journal_redis_max_bytes", "Its limit; 0 = none.", func(*actors.Stats) float64 { return float64(memory.most.Load()) }),
		counter("store_writes_total", "Write commands MongoDB was sent.", func(*actors.Stats) float64 { return float64(store.Operations()) }),
	}
	return b, nil
}

// errNoStore is what tools say where no engine ever served.
var errNoStore = errors.New("no store there")

// notHere says why a store is not served while a move concerns it.
var notHere = map[mongostore.Move]string{
	mongostore.Arriving: "a move into this database was not finished: run heard migrate again",
	mongostore.Leaving:  "everything is being moved away from here, or that was not finished: run heard migrate again",
	mongostore.Left:     "everything that was here was moved away by heard migrate: serve that",
}

// openStore opens the documents; existing makes nothing where nothing is.
func (f *serverFlags) openStore(ctx context.Context, existing bool) (*mongostore.Store, error) {
	store, err := mongostore.Open(ctx, mongostore.Options{URI: f.MongoURI, BulkOps: f.MongoBulk, Existing: existing})
	if errors.Is(err, persistence.ErrNotFound) {
		err = errNoStore
	}
	if err != nil {
		return nil, usage("--mongo-uri: %w", err)
	}
	return store, nil
}

// complete refuses a store that is not all of what it should be, but for a move
// in may; existing refuses one that no engine ever served, too.
func complete(ctx context.Context, store *mongostore.Store, existing bool, may ...mongostore.Move) error {
	if err := staying(ctx, store, may...); err != nil {
		return err
	}
	restoring, err := store.Restoring(ctx)
	if err != nil {
		return err
	}
	if restoring != "" {
		return errors.New("a restore was not finished: run heard restore --from mongo again")
	}
	if !existing {
		return nil
	}
	return served(ctx, store)
}

// staying refuses a store that is on its way, but for a move in may.
func staying(ctx context.Context, store *mongostore.Store, may ...mongostore.Move) error {
	move, err := store.Move(ctx)
	if reason := notHere[move]; err == nil && reason != "" && !slices.Contains(may, move) {
		return errors.New(reason)
	}
	return err
}

// served refuses a store that no engine ever served.
func served(ctx context.Context, store *mongostore.Store) error {
	if begun, err := store.Begun(ctx); err != nil || begun {
		return err
	}
	return errNoStore
}

// openJournal joins the two: the store says which history it follows, and only
// a store that was never begun may make an empty Redis its journal.
func (f *serverFlags) openJournal(ctx context.Context, store *mongostore.Store, log *slog.Logger) (*redisjournal.Journal, error) {
	quietRedis(log)
	history, err := store.SetHistory(ctx, redisjournal.NewHistory())
	if err != nil {
		return nil, err
	}
	begun, err := store.Begun(ctx)
	if err != nil {
		return nil, err
	}
	journal, err := redisjournal.Open(ctx, redisjournal.Options{
		URL: f.RedisURL, History: history, Create: !begun, Replicas: f.RedisReplicas, AllowUnsafe: f.RedisUnsafe, Log: log,
	})
	if err != nil || begun {
		return journal, err
	}
	if err := store.Begin(ctx); err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return journal, nil
}

// redisMemory watches how full the journal is.
type redisMemory struct {
	journal    *redisjournal.Journal
	log        *slog.Logger
	used, most atomic.Int64
	alarmed    bool
}

// crowded is asked once a second.
func (m *redisMemory) crowded() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	memory, err := m.journal.Memory(ctx)
	if err != nil { // the breaker speaks for a journal that is away
		m.log.Debug("memory of the journal is not known", "error", err)
		return nil
	}
	m.used.Store(memory.UsedBytes)
	m.most.Store(memory.MaxBytes)
	if full := memory.Ratio(); full >= alarmAt != m.alarmed {
		m.alarmed = !m.alarmed
		m.log.Warn("journal Redis fills up: is MongoDB away?", "used", full, "alarm", m.alarmed)
	}
	if memory.Ratio() >= crowdedAt {
		return fmt.Errorf("the journal's Redis is %.0f %% full: no new orders until MongoDB has followed; running orders go on", 100*memory.Ratio())
	}
	return nil
}
