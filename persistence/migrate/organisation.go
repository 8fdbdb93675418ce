package migrate

import (
	"context"
	"errors"
	"fmt"

	"heard/persistence"
)

// errRunning says that somebody else writes the source.
var errRunning = errors.New("an engine is still running on the source: stop it and move again")

// organisation moves one log: what is archived, then what the journal has
// beyond it.
func (m *move) organisation(ctx context.Context, org string) error {
	source, err := m.From.Journal.Acquire(ctx, org, 0)
	if err != nil {
		return fmt.Errorf("acquire source: %w", err)
	}
	lease, err := m.To.Journal.Acquire(ctx, org, source.Epoch)
	if err != nil {
		return fmt.Errorf("acquire target: %w", err)
	}
	t := &transfer{move: m, org: org, lease: lease, fold: persistence.NewFold()}
	if t.mark, err = m.To.Store.Watermark(ctx, org); err != nil {
		return fmt.Errorf("read watermark of the target: %w", err)
	}
	for _, read := range []func(context.Context, string, uint64, func(persistence.Entry) error) error{m.From.Store.Archive, m.From.Journal.Tail} {
		err := read(ctx, org, t.fold.Through.Seq, func(e persistence.Entry) error { return t.entry(ctx, e) })
		if err != nil {
			return err
		}
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	if t.fold.Through.Seq != source.Last {
		return fmt.Errorf("the source's log ends at %d, but %d is known to be written", t.fold.Through.Seq, source.Last)
	}
	if lease.Last > source.Last {
		return fmt.Errorf("the target goes to %d, the source only to %d: the target is the newer one", lease.Last, source.Last)
	}
	again, err := m.From.Journal.Acquire(ctx, org, 0)
	if err != nil {
		return fmt.Errorf("acquire source again: %w", err)
	}
	if again.Epoch != source.Epoch+1 || again.Last != source.Last {
		return errRunning
	}
	m.finished(source.Last)
	return nil
}

// transfer is one organisation on its way.
type transfer struct {
	move  *move
	org   string
	lease persistence.Lease
	mark  persistence.Chain // of the target when the move began
	fold  *persistence.Fold

	gathered persistence.Gathering
}

func (t *transfer) entry(ctx context.Context, e persistence.Entry) error {
	part, err := t.fold.Entry(e)
	if err != nil {
		return err
	}
	if e.Last == t.mark.Seq && part.Hash != t.mark.Hash {
		return fmt.Errorf("at %d the target has another log than the source", e.Last)
	}
	e.Epoch = t.lease.Epoch
	if e.Last > t.lease.Last {
		if err := t.append(e); err != nil {
			return err
		}
	}
	if t.gathered.Add(e, &part) {
		return t.flush(ctx)
	}
	return nil
}

// append brings an entry into the target's journal and waits for it.
func (t *transfer) append(e persistence.Entry) error {
	type answer struct {
		outcome persistence.Outcome
		err     error
	}
	done := make(chan answer, 1)
	if err := t.move.committer.Submit(e, func(o persistence.Outcome, err error) { done <- answer{o, err} }); err != nil {
		return fmt.Errorf("append to the target: %w", err)
	}
	a := <-done
	if a.outcome != persistence.Appended && a.outcome != persistence.Duplicate {
		return fmt.Errorf("append %d to the target: %v: %w", e.First, a.outcome, errors.Join(a.err))
	}
	return nil
}

// flush applies what was gathered and lets the target's journal forget it.
func (t *transfer) flush(ctx context.Context) error {
	w, err := t.gathered.Take(t.org, t.lease.Epoch, t.fold)
	if w == nil || err != nil {
		return err
	}
	if w.Through.Seq > t.mark.Seq {
		if err := t.move.To.Store.Apply(ctx, []persistence.Window{*w}); err != nil {
			return fmt.Errorf("write documents up to %d: %w", w.Through.Seq, err)
		}
	}
	if err := t.move.To.Journal.Trim(ctx, t.org, w.Through.Seq); err != nil {
		return fmt.Errorf("trim target up to %d: %w", w.Through.Seq, err)
	}
	return nil
}
