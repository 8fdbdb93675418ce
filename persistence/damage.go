package persistence

import (
	"context"
	"errors"
	"fmt"
)

// Unreadable says that what was durable cannot be read as it was written. It is one
// organisation's, and no outage: it does not pass.
type Unreadable struct {
	Org   string
	Seq   uint64 // the log's record, or the last one of an entry; 0 = not of the log
	Where string // what holds it, for operators: a file, a collection; "" = not known
	Err   error
}

// DamageOf blames an organisation's data for an error, unless that is an outage
// or names what is damaged more closely.
func DamageOf(org string, seq uint64, where string, err error) error {
	if _, named := errors.AsType[*Unreadable](err); err == nil || named {
		return err
	}
	for _, passes := range [...]error{ErrUnavailable, ErrHistoryLost, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, passes) {
			return err
		}
	}
	return &Unreadable{org, seq, where, err}
}

func (d *Unreadable) Error() string { return d.String() + ": " + d.Err.Error() }

func (d *Unreadable) Unwrap() error { return d.Err }

// String is what may be told to everybody: it has nothing of what is stored.
func (d *Unreadable) String() string {
	what := "its documents are damaged"
	if d.Seq > 0 {
		what = fmt.Sprintf("the log is damaged at record %d", d.Seq)
	}
	if d.Where != "" {
		what += " in " + d.Where
	}
	return "organisation " + d.Org + ": " + what
}
