package persistence

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"heard/domain"
)

// Document is one order as the Store keeps it: the bytes clients get, and
// beside them what lists are filtered and sorted by.
type Document struct {
	ID        string
	Number    uint64 // 1, 2, 3 … per organisation in order of creation; lists sort by it
	Version   uint64
	Status    string
	Active    bool // not completed and not cancelled
	TableID   string
	WaiterID  string
	Type      string
	CreatedMS int64 // ms since 1970; never falls as Number rises
	UpdatedMS int64
	Text      string // lower-case text that search looks in
	Body      []byte // JSON of the whole order

	// Where Body stands in the log, for a store that is the archive too: in the
	// payload of the journal entry with this last sequence. 0 = not known.
	Entry  uint64
	Offset int

	// Lost says that the newest image is damaged: Body is nil, and the rest is
	// what is known beside it.
	Lost bool
}

// KeyRow is an idempotency key of the last day: the record that holds its answer.
type KeyRow struct {
	Hash domain.Fingerprint // of the key
	Seq  uint64
	AtMS int64 // its life counts from, see KeyRowOf
}

// Event places one event of an order's timeline in the log.
type Event struct {
	Order   string
	Version uint64
	Seq     uint64
	AtMS    int64
}

// Window is what the drain writes for one organisation in one go.
type Window struct {
	Org     string
	Epoch   uint64
	Through Chain      // the watermark after this window
	Entries []Entry    // to archive; empty where the journal is the archive
	Orders  []Document // the newest image of each order touched
	Events  []Event
	Keys    []KeyRow
	Outlet  []byte // JSON of the organisation's own state; nil = unchanged
	Forget  int64  // ms since 1970: keys older than this are dropped
	AtMS    int64  // time of the newest record
}

// Check refuses a window with ids that are no part of a key, or an order without
// its number.
func (w *Window) Check() error {
	if err := CheckID("organisation", w.Org); err != nil {
		return err
	}
	for i := range w.Orders {
		if err := CheckID("order", w.Orders[i].ID); err != nil {
			return err
		}
		if w.Orders[i].Number == 0 {
			return fmt.Errorf("order %s has no number", w.Orders[i].ID)
		}
	}
	for i := range w.Events {
		if err := CheckID("order", w.Events[i].Order); err != nil {
			return err
		}
	}
	return nil
}

// Recovered is what the Store knows of an organisation.
type Recovered struct {
	Epoch   uint64 // floor for Acquire
	Through Chain  // zero for an organisation that is new
	AtMS    int64
	Outlet  []byte // nil for an organisation that is new
	Orders  []Document
	Keys    []KeyRow // oldest first
}

// Selection is a page of a list, newest order first.
type Selection struct {
	Org    string
	Active bool          // only active orders, whatever their status is called
	Filter domain.Filter // Status empty = every status; LimitRows > 0; Before 0 = from the newest; no UpdatedToMS
}

// Store keeps documents for reading and for recovery. It may lag behind the
// journal, never run ahead of it.
type Store interface {
	// Apply writes windows of many organisations. It is idempotent and guarded by
	// version: an older image never replaces a newer one, a watermark never falls.
	Apply(ctx context.Context, windows []Window) error

	// Load reads what recovery needs: the watermark, the organisation's own
	// state, every active order, and the keys not yet forgotten.
	Load(ctx context.Context, org string) (Recovered, error)

	// Order reads one order; ErrNotFound.
	Order(ctx context.Context, org, id string) (Document, error)

	// Orders reads up to Filter.LimitRows orders below Filter.Before.
	Orders(ctx context.Context, s Selection) ([]Document, error)

	// Timeline reads the places of an order's events, oldest first.
	Timeline(ctx context.Context, org, id string) ([]Event, error)

	// Archive calls fn for the archived entries that hold records after seq,
	// oldest first, up to the watermark. Entry.Data is fn's to keep.
	Archive(ctx context.Context, org string, after uint64, fn func(Entry) error) error

	// Organisations lists all organisations, after the given one, in order.
	Organisations(ctx context.Context, after string, most int) ([]string, error)

	// Watermark is how far the Store has followed the organisation's log.
	Watermark(ctx context.Context, org string) (Chain, error)
}

// Matches reports whether the document is what a filter selects; Before and
// LimitRows are not looked at. Filter.Text must be in lower case.
func (d *Document) Matches(f *domain.Filter) bool {
	return (len(f.Status) == 0 || slices.Contains(f.Status, d.Status)) &&
		(f.TableID == "" || f.TableID == d.TableID) &&
		(f.WaiterID == "" || f.WaiterID == d.WaiterID) &&
		(f.OrderType == "" || f.OrderType == d.Type) &&
		d.CreatedMS >= f.CreatedFromMS &&
		(f.CreatedToMS == 0 || d.CreatedMS < f.CreatedToMS) &&
		d.UpdatedMS >= f.UpdatedMS &&
		(f.UpdatedToMS == 0 || d.UpdatedMS <= f.UpdatedToMS) &&
		(f.Text == "" || strings.Contains(d.Text, f.Text))
}
