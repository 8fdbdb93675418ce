package fault

import (
	"context"

	"heard/persistence"
)

// Journal fails as its plan says. History never fails.
type Journal struct {
	inner persistence.Journal
	plan  *Plan
}

var _ persistence.Journal = (*Journal)(nil)

// NewJournal wraps a journal.
func NewJournal(j persistence.Journal, p *Plan) *Journal { return &Journal{inner: j, plan: p} }

// Acquire may bump the epoch and say that it failed.
func (j *Journal) Acquire(ctx context.Context, org string, floor uint64) (persistence.Lease, error) {
	return ask(ctx, j.plan, "acquire "+org, func() (persistence.Lease, error) { return j.inner.Acquire(ctx, org, floor) })
}

// Lease may fail.
func (j *Journal) Lease(ctx context.Context, org string) (persistence.Lease, error) {
	return ask(ctx, j.plan, "lease "+org, func() (persistence.Lease, error) { return j.inner.Lease(ctx, org) })
}

// Append may be done and say Unknown.
func (j *Journal) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	err := j.plan.run(ctx, "append", func() error { return j.inner.Append(ctx, entries, out) })
	if err != nil {
		clear(out)
	}
	return err
}

// Tail may fail before the first entry or after the last.
func (j *Journal) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	return j.plan.run(ctx, "tail "+org, func() error { return j.inner.Tail(ctx, org, after, fn) })
}

// Undrained implements persistence.Journal.
func (j *Journal) Undrained(ctx context.Context, after string, most int) ([]string, error) {
	return ask(ctx, j.plan, "undrained", func() ([]string, error) { return j.inner.Undrained(ctx, after, most) })
}

// Trim may be done and say that it failed.
func (j *Journal) Trim(ctx context.Context, org string, upTo uint64) error {
	return j.plan.run(ctx, "trim "+org, func() error { return j.inner.Trim(ctx, org, upTo) })
}

// History implements persistence.Journal.
func (j *Journal) History(ctx context.Context) (string, error) { return j.inner.History(ctx) }
