// Package audit verifies what an engine left behind: it reads the log from the
// first record, re-runs the rules, and compares everything with the Store. It
// is read only, acquires nothing and repairs nothing, and expects that no
// engine writes meanwhile. It knows no driver.
package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"heard/persistence"
)

// Options say what is audited.
type Options struct {
	Journal persistence.Journal
	Store   persistence.Store

	// Progress is told after each organisation how many are done; nil = nobody asks.
	Progress func(organisation string, done, total int)
}

// Run audits every organisation, one after the other, and reports what it found.
// An error means that the audit did not come to its end: the journal or the
// Store could not be reached, or ctx ended. Damage is no error; see Report.OK.
func Run(ctx context.Context, o Options) (Report, error) {
	a := &audit{journal: o.Journal, store: o.Store, checks: newChecks()}
	organisations, err := a.organisations(ctx)
	if err != nil {
		return a.report(), fmt.Errorf("audit: %w", err)
	}
	for i, org := range organisations {
		if err := a.organisation(ctx, org); err != nil {
			return a.report(), fmt.Errorf("audit %s: %w", org, err)
		}
		if o.Progress != nil {
			o.Progress(org, i+1, len(organisations))
		}
	}
	a.unclaimed()
	return a.report(), nil
}

// unclaimed reports damage of which the journal does not know whose it is.
func (a *audit) unclaimed() {
	j, knows := a.journal.(interface{ Damage() []persistence.Damage })
	if !knows {
		return
	}
	for _, d := range j.Damage() {
		if d.Org == "" {
			(&history{audit: a}).fail(complete, 0, "", "%v: %s", d, d.Detail)
		}
	}
}

// audit is one Run.
type audit struct {
	journal persistence.Journal
	store   persistence.Store
	checks  []finding

	seen      int64 // organisations
	records   int64
	orders    int64
	undrained int64 // records the Store does not have yet
	behind    int64 // organisations they belong to
}

// listRows is how many names or documents are asked for at once.
const listRows = 1000

// organisations lists those the Store knows and those only the journal knows,
// because nothing of them was drained yet.
func (a *audit) organisations(ctx context.Context) ([]string, error) {
	known := map[string]bool{}
	for _, list := range []func(context.Context, string, int) ([]string, error){a.store.Organisations, a.journal.Undrained} {
		after := ""
		for {
			names, err := list(ctx, after, listRows)
			if err != nil {
				return nil, fmt.Errorf("list organisations: %w", err)
			}
			if len(names) == 0 {
				break
			}
			for _, name := range names {
				known[name] = true
			}
			after = names[len(names)-1]
		}
	}
	return slices.Sorted(maps.Keys(known)), nil
}

// organisation reads one log to its end and then compares the Store with it.
func (a *audit) organisation(ctx context.Context, org string) error {
	a.seen++
	mark, err := a.store.Watermark(ctx, org)
	if fatal(ctx, err) {
		return err
	}
	h := newHistory(ctx, a, org, mark)
	if err != nil {
		h.fail(viewEqual, 0, "", "watermark cannot be read: %v", err)
	}
	if err := h.read(); err != nil {
		return err
	}
	a.orders += int64(len(h.orders))
	if h.broken || err != nil {
		return nil
	}
	if h.seq > mark.Seq {
		a.undrained += int64(h.seq - mark.Seq)
		a.behind++
	}
	return h.compare()
}

// fatal tells what ends the audit from what is a finding: a record or document
// that cannot be read is damage, a store that cannot be reached is not.
func fatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, persistence.ErrUnavailable))
}
