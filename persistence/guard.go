package persistence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// guardedReadMS bounds one read through a Guard that is not as long as what it
// reads: a server that hangs must not hold its callers.
const guardedReadMS = 5_000

// Guard is a Store that is not asked while it does not answer: after a call that
// ended with ErrUnavailable, and a probe that failed, the next are refused at
// once with ErrUnavailable, until a probe succeeds.
type Guard struct {
	store   Store
	breaker *breaker
	stop    context.CancelFunc
}

var _ Store = (*Guard)(nil)

// NewGuard puts a guard before a store that others may call unavailable. Close
// ends it.
func NewGuard(s Store, probe func(context.Context) error, log *slog.Logger) *Guard {
	ctx, stop := context.WithCancel(context.Background())
	b := newBreaker(ctx, "the document store", "does not answer", probe, log)
	return &Guard{store: s, breaker: b, stop: stop}
}

// Close ends the probes; the store is its owner's to close.
func (g *Guard) Close() { g.stop() }

// Down says why the store is not asked; nil = it answers.
func (g *Guard) Down() error { return g.breaker.down() }

// Outages is how often the store stopped answering.
func (g *Guard) Outages() uint64 { return g.breaker.opened.Load() }

// pass lets a call through, or says that it would be in vain.
func (g *Guard) pass(call func() error) error {
	if err := g.breaker.down(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	err := call()
	if errors.Is(err, ErrUnavailable) {
		g.breaker.doubt()
	}
	return err
}

func guarded[T any](ctx context.Context, g *Guard, read func(context.Context) (T, error)) (v T, err error) {
	ctx, cancel := context.WithTimeout(ctx, guardedReadMS*time.Millisecond)
	defer cancel()
	err = g.pass(func() error { v, err = read(ctx); return err })
	return v, err
}

// Apply implements Store.
func (g *Guard) Apply(ctx context.Context, windows []Window) error {
	return g.pass(func() error { return g.store.Apply(ctx, windows) })
}

// Load implements Store.
func (g *Guard) Load(ctx context.Context, org string) (r Recovered, err error) {
	err = g.pass(func() error { r, err = g.store.Load(ctx, org); return err })
	return r, err
}

// Order implements Store.
func (g *Guard) Order(ctx context.Context, org, id string) (Document, error) {
	return guarded(ctx, g, func(ctx context.Context) (Document, error) { return g.store.Order(ctx, org, id) })
}

// Orders implements Store.
func (g *Guard) Orders(ctx context.Context, s Selection) ([]Document, error) {
	return guarded(ctx, g, func(ctx context.Context) ([]Document, error) { return g.store.Orders(ctx, s) })
}

// Timeline implements Store.
func (g *Guard) Timeline(ctx context.Context, org, id string) ([]Event, error) {
	return guarded(ctx, g, func(ctx context.Context) ([]Event, error) { return g.store.Timeline(ctx, org, id) })
}

// Archive implements Store.
func (g *Guard) Archive(ctx context.Context, org string, after uint64, fn func(Entry) error) error {
	return g.pass(func() error { return g.store.Archive(ctx, org, after, fn) })
}

// Organisations implements Store.
func (g *Guard) Organisations(ctx context.Context, after string, most int) ([]string, error) {
	return guarded(ctx, g, func(ctx context.Context) ([]string, error) { return g.store.Organisations(ctx, after, most) })
}

// Watermark implements Store.
func (g *Guard) Watermark(ctx context.Context, org string) (Chain, error) {
	return guarded(ctx, g, func(ctx context.Context) (Chain, error) { return g.store.Watermark(ctx, org) })
}
