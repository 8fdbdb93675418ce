package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"heard/persistence"
)

// Apply implements persistence.Store. Every step of it may be repeated, and
// several processes may be at it: an entry or an order is inserted where it is
// absent, and replaced only by a newer version. In this order: the archive,
// with events and keys; the orders; the watermarks. A crash between two steps
// leaves something written that the watermark does not cover, and the journal
// still has.
//
// Nothing is written under a guard and inserted by one statement: a stale image
// would then fail on the _id of the newer one, and so would a newer one that comes
// second among two drainers, which must win. What is inserted is looked for by its
// _id alone, and changes nothing where it is there.
//
// What is wrong with one document holds up its organisation only: the others
// are written, and the error names organisation and document. A window of an
// older epoch is applied like any other, for what it holds is in the log.
func (s *Store) Apply(ctx context.Context, windows []persistence.Window) error {
	a := &application{Store: s, windows: windows, failed: make(map[string]error)}
	for i := range windows {
		if err := windows[i].Check(); err != nil {
			a.fail(windows[i].Org, "window", err)
		}
	}
	for _, step := range []func(context.Context) error{a.archive, a.documents, a.watermarks} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("apply %d windows: %w", len(windows), err)
		}
	}
	return a.failures()
}

// application is one Apply. A step leaves out the organisations that failed
// before it.
type application struct {
	*Store
	windows []persistence.Window
	failed  map[string]error
}

func (a *application) fail(org, what string, err error) {
	if a.failed[org] == nil {
		a.failed[org] = fmt.Errorf("organisation %s: %s: %w", org, what, err)
	}
}

func (a *application) failures() error {
	var errs []error
	for i := range a.windows {
		if err := a.failed[a.windows[i].Org]; err != nil && !slices.Contains(errs, err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// going calls fn for the windows of organisations that have not failed.
func (a *application) going(fn func(*persistence.Window)) {
	for i := range a.windows {
		if a.failed[a.windows[i].Org] == nil {
			fn(&a.windows[i])
		}
	}
}
