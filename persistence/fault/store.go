package fault

import (
	"context"

	"heard/persistence"
)

// Store fails as its plan says.
type Store struct {
	inner persistence.Store
	plan  *Plan
}

var _ persistence.Store = (*Store)(nil)

// NewStore wraps a store.
func NewStore(s persistence.Store, p *Plan) *Store { return &Store{inner: s, plan: p} }

// Apply may be done and say that it failed: the drain then applies it again.
func (s *Store) Apply(ctx context.Context, windows []persistence.Window) error {
	return s.plan.run(ctx, "apply", func() error { return s.inner.Apply(ctx, windows) })
}

// Load implements persistence.Store.
func (s *Store) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	return ask(ctx, s.plan, "load "+org, func() (persistence.Recovered, error) { return s.inner.Load(ctx, org) })
}

// Order implements persistence.Store.
func (s *Store) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	return ask(ctx, s.plan, "order "+id, func() (persistence.Document, error) { return s.inner.Order(ctx, org, id) })
}

// Orders implements persistence.Store.
func (s *Store) Orders(ctx context.Context, sel persistence.Selection) ([]persistence.Document, error) {
	return ask(ctx, s.plan, "orders", func() ([]persistence.Document, error) { return s.inner.Orders(ctx, sel) })
}

// Timeline implements persistence.Store.
func (s *Store) Timeline(ctx context.Context, org, id string) ([]persistence.Event, error) {
	return ask(ctx, s.plan, "timeline "+id, func() ([]persistence.Event, error) { return s.inner.Timeline(ctx, org, id) })
}

// Archive may fail before the first entry or after the last.
func (s *Store) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	return s.plan.run(ctx, "archive "+org, func() error { return s.inner.Archive(ctx, org, after, fn) })
}

// Organisations implements persistence.Store.
func (s *Store) Organisations(ctx context.Context, after string, most int) ([]string, error) {
	return ask(ctx, s.plan, "organisations", func() ([]string, error) { return s.inner.Organisations(ctx, after, most) })
}

// Watermark implements persistence.Store.
func (s *Store) Watermark(ctx context.Context, org string) (persistence.Chain, error) {
	return ask(ctx, s.plan, "watermark "+org, func() (persistence.Chain, error) { return s.inner.Watermark(ctx, org) })
}
