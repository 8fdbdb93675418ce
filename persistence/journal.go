// Package persistence holds the contracts between the engine and what keeps its
// data, and the committer lane that turns many organisations' batches into one
// fsync. It knows no driver: the stores are in its subpackages and never import
// each other. What writes documents behind the log is actors' drainer.
package persistence

import (
	"context"
	"errors"
	"fmt"

	"heard/domain"
)

// Entry is one batch of one organisation's log: its records First..Last. It is
// contiguous when First is the journal's last sequence + 1.
type Entry struct {
	Org   string
	Epoch uint64 // of the lease it is written under
	First uint64 // sequence of its first record
	Last  uint64
	Data  []byte // payload; domain.EntryWriter makes it

	// Lost says that what was written cannot be read: Data is what remains, for
	// Fold.Lost to look at. Only Tail and Archive give such an entry.
	Lost bool
}

// CheckID refuses an id that is no part of a storage key: an organisation's or an
// order's. Every store asks the same, so that an organisation can move.
func CheckID(what, id string) error {
	if domain.ValidID(id) {
		return nil
	}
	return fmt.Errorf("%s id %.80q is not 1 to 64 of A-Z a-z 0-9 _ -", what, id)
}

// Outcome says what became of an Entry.
type Outcome uint8

const (
	Unknown   Outcome = iota // no definite answer: stop, acquire again, replay
	Appended                 // durable now
	Duplicate                // was durable before: a repeat under the same epoch
	Fenced                   // a newer epoch owns the organisation: stop this activation
	Gap                      // First is not last+1: an earlier entry is missing
)

func (o Outcome) String() string {
	return [...]string{"unknown", "appended", "duplicate", "fenced", "gap"}[o]
}

// Lease is the right to write one organisation's log until someone else acquires it.
type Lease struct {
	Epoch uint64
	Last  uint64 // sequence of the newest record in the journal
}

// ErrUnavailable says that the journal or store cannot be reached or written now.
var ErrUnavailable = errors.New("unavailable")

// ErrNothingWritten says that a call that failed has left the journal as it was.
// It speaks of that call alone: an earlier one that was repeated may have written.
var ErrNothingWritten = errors.New("nothing was written")

// ErrHistoryLost says that the journal no longer holds the log it was opened
// for: it was emptied, or it is another. It is never served as if it were new.
var ErrHistoryLost = errors.New("the journal lost its history")

// ErrBusy says that a bounded queue is full; the client gets 503 and Retry-After.
var ErrBusy = errors.New("busy")

// ErrNotFound says that a document does not exist.
var ErrNotFound = errors.New("not found")

// ErrDamaged says that what was written is not what is read. Repeating does not help.
var ErrDamaged = errors.New("damaged")

// Unservable says why an organisation cannot be served after damage to its log:
// a wrong total could be shown, or a number given again. It is for everybody.
type Unservable string

func (u Unservable) Error() string { return string(u) }

// Is makes it an ErrDamaged.
func (Unservable) Is(target error) bool { return target == ErrDamaged }

// Damage is what a damaged place of the log holds, as far as it is known.
type Damage struct {
	Org    string // "" = not known
	First  uint64 // sequences of the records; 0 = not known
	Last   uint64
	Detail string // where it is, for operators
}

// String names what is hit, for everybody: it names no file.
func (d Damage) String() string {
	switch {
	case d.Org == "":
		return "records of the log are damaged, of which nobody knows whose they were"
	case d.First == d.Last:
		return fmt.Sprintf("record %d of %s is damaged", d.Last, d.Org)
	}
	return fmt.Sprintf("records %d to %d of %s are damaged", d.First, d.Last, d.Org)
}

// ErrLocked says that another process holds the database folder.
var ErrLocked = errors.New("database is in use by another process")

// Journal is the truth: everything else can be rebuilt from it.
type Journal interface {
	// Acquire bumps the organisation's epoch to at least floor+1, durably. Once
	// it returns, no Append under a lower epoch succeeds.
	Acquire(ctx context.Context, org string, floor uint64) (Lease, error)

	// Lease reads what Acquire would take over, and changes nothing: the newest
	// epoch and the newest sequence that was acknowledged. It is zero for an
	// organisation that nobody acquired yet.
	Lease(ctx context.Context, org string) (Lease, error)

	// Append makes entries durable as one group commit and sets out[i] for each,
	// at most one entry per organisation. A nil error means every outcome is
	// definite. It keeps neither of the slices, nor the entries' Data.
	Append(ctx context.Context, entries []Entry, out []Outcome) error

	// Tail calls fn for the entries that hold records after seq, oldest first,
	// without a gap: one that is damaged comes as Lost. Entry.Data is fn's to keep.
	Tail(ctx context.Context, org string, after uint64, fn func(Entry) error) error

	// Undrained lists the organisations whose log goes further than their
	// watermark, in a stable order, after the given one.
	Undrained(ctx context.Context, after string, most int) ([]string, error)

	// Trim forgets entries up to and including seq, which the Store has archived.
	// An embedded journal is its own archive and keeps them.
	Trim(ctx context.Context, org string, upTo uint64) error

	// History is the identity of this log. It changes only when history was lost
	// or restored, never on a restart or a move.
	History(ctx context.Context) (string, error)
}

// Chain is where an organisation's hash chain stands.
type Chain struct {
	Seq  uint64
	Hash domain.Hash
}
