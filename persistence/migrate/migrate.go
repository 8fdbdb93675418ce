// Package migrate moves everything from one journal and store to another, the
// way the engine itself would have brought it there: entry after entry through
// the journal, folded into documents, applied, trimmed. A move that was
// interrupted goes on where it was.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"heard/persistence"
)

// Side is one end of a move.
type Side struct {
	Journal persistence.Journal
	Store   persistence.Store
}

// Options of a move.
type Options struct {
	From, To Side
	Parallel int                   // organisations at once; 0 = 16
	Progress func(done, total int) // nil = none
	Log      *slog.Logger          // nil = none
}

// Report says what was moved.
type Report struct {
	Organisations int
	Records       uint64 // of all logs together
}

// Run moves all organisations. The source is fenced: an engine that still runs
// on it is refused at its next append, and if one came back meanwhile the move
// fails and says so. The source keeps its data. Both sides must be of one
// history: see to it when the target is opened.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Parallel <= 0 {
		o.Parallel = 16
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := sameHistory(ctx, &o); err != nil {
		return Report{}, err
	}
	orgs, err := organisations(ctx, o.From)
	if err != nil {
		return Report{}, err
	}
	m := &move{Options: o, total: len(orgs), committer: persistence.NewCommitter(o.To.Journal, persistence.CommitterOptions{Lanes: 4, Log: o.Log})}
	err = m.all(ctx, orgs)
	return Report{Organisations: m.done, Records: m.records}, errors.Join(err, m.committer.Close(ctx))
}

func sameHistory(ctx context.Context, o *Options) error {
	from, err := o.From.Journal.History(ctx)
	if err != nil {
		return fmt.Errorf("read history of the source: %w", err)
	}
	to, err := o.To.Journal.History(ctx)
	if err != nil {
		return fmt.Errorf("read history of the target: %w", err)
	}
	if from != to {
		return fmt.Errorf("the target holds history %s, the source %s: empty the target or name another", to, from)
	}
	return nil
}

// organisations are those the store knows and those that only the journal does.
func organisations(ctx context.Context, s Side) ([]string, error) {
	known := map[string]bool{}
	var all []string
	for _, list := range []func(context.Context, string, int) ([]string, error){s.Store.Organisations, s.Journal.Undrained} {
		for after := ""; ; {
			page, err := list(ctx, after, 256)
			if err != nil {
				return nil, fmt.Errorf("list organisations of the source: %w", err)
			}
			if len(page) == 0 {
				break
			}
			for _, org := range page {
				if after = org; !known[org] {
					known[org] = true
					all = append(all, org)
				}
			}
		}
	}
	return all, nil
}

type move struct {
	Options
	committer *persistence.Committer
	total     int

	mu      sync.Mutex
	done    int
	records uint64
}

func (m *move) all(ctx context.Context, orgs []string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan string)
	var workers sync.WaitGroup
	for range min(m.Parallel, len(orgs)) {
		workers.Go(func() {
			for org := range next {
				if err := m.organisation(ctx, org); err != nil {
					cancel(fmt.Errorf("move %s: %w", org, err))
				}
			}
		})
	}
	for _, org := range orgs {
		select {
		case next <- org:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}

func (m *move) finished(records uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.records += records
	if m.Progress != nil {
		m.Progress(m.done, m.total)
	}
}
