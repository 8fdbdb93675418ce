package persistence

import (
	"bytes"
	"fmt"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// Fold follows one organisation's log and says what the Store has to take over
// of each entry. It assigns images and never runs rules again.
type Fold struct {
	Through Chain          // of the newest entry that was followed
	AtMS    int64          // its time
	Outlet  *outlet.Outlet // the organisation's own state there
	Number  uint64         // of the newest order

	reader Reader
}

// NewFold begins before the first entry.
func NewFold() *Fold { return &Fold{Outlet: outlet.New()} }

// Followed is what one entry holds, parsed.
type Followed struct {
	Entry  Entry
	Hash   domain.Hash // of the chain after it
	Docs   []*Document // orders as they are after it, each change one
	Events []Event
	Keys   []KeyRow
	Outlet *outlet.Outlet // after it; nil = unchanged
	AtMS   int64
}

// Reader reads entries for a Fold, one after the other. That needs nothing of
// what is before an entry, so it may be done elsewhere. The zero value is ready.
type Reader struct {
	order order.Order // the image before the one being read
}

// Unfolded is an entry that was read and is not followed yet.
type Unfolded struct {
	Entry   Entry
	records []domain.Record
	hashes  []domain.Hash // before the first record, then after each
	docs    []*Document   // of each record; nil for the organisation's own
}

// Follows is the hash that the entry says it follows; nil = it is lost.
func (u *Unfolded) Follows() *domain.Hash {
	if u.Entry.Lost {
		return nil
	}
	return &u.hashes[0]
}

// Entry reads an entry. The error says what cannot be read; of one that is lost
// nothing is.
func (r *Reader) Entry(e Entry) (Unfolded, error) {
	u := Unfolded{Entry: e}
	if e.Lost {
		return u, nil
	}
	var err error
	if u.records, u.hashes, err = domain.ReadEntry(e.Data); err != nil {
		return u, err
	}
	u.docs = make([]*Document, len(u.records))
	read := 0 // bytes of the payload
	for i := range u.records {
		rec := &u.records[i]
		if rec.Entity == "" {
			continue
		}
		if err := r.order.ParseOver(rec.Image); err != nil {
			return u, fmt.Errorf("record %d: %w", rec.Seq, err)
		}
		doc := DocumentOf(&r.order, rec.Image)
		if at := bytes.Index(e.Data[read:], rec.Image); at >= 0 {
			doc.Entry, doc.Offset = e.Last, read+at
			read += at + len(rec.Image)
		}
		u.docs[i] = doc
	}
	return u, nil
}

// Entry follows one entry. It must be the next one: an error says where the
// chain or the sequence breaks, or what cannot be read.
func (f *Fold) Entry(e Entry) (Followed, error) {
	if err := f.isNext(&e); err != nil {
		return Followed{}, err
	}
	u, err := f.reader.Entry(e)
	if err != nil {
		return Followed{}, err
	}
	return f.Follow(u)
}

func (f *Fold) isNext(e *Entry) error {
	if e.First != f.Through.Seq+1 {
		return fmt.Errorf("log has a gap: after %d comes %d", f.Through.Seq, e.First)
	}
	return nil
}

// Follow is Entry for one that was read already.
func (f *Fold) Follow(u Unfolded) (Followed, error) {
	if err := f.isNext(&u.Entry); err != nil {
		return Followed{}, err
	}
	if u.Entry.Lost {
		return Followed{}, fmt.Errorf("records %d to %d: %w", u.Entry.First, u.Entry.Last, ErrDamaged)
	}
	if err := domain.Follows(u.records, u.hashes, f.Through.Hash, u.Entry.First); err != nil {
		return Followed{}, err
	}
	part := Followed{Entry: u.Entry, Hash: u.hashes[len(u.records)]}
	for i := range u.records {
		if err := f.record(&u.records[i], u.docs[i], &part); err != nil {
			return Followed{}, fmt.Errorf("record %d: %w", u.records[i].Seq, err)
		}
	}
	f.Through = Chain{Seq: u.Entry.Last, Hash: part.Hash}
	return part, nil
}

func (f *Fold) record(rec *domain.Record, doc *Document, part *Followed) error {
	f.AtMS, part.AtMS = rec.At, rec.At
	if rec.Key != "" {
		part.Keys = append(part.Keys, KeyRowOf(rec))
	}
	if doc == nil {
		next, err := outlet.Replay(f.Outlet, rec.Kind, rec.Data, rec.Seq)
		if err != nil {
			return err
		}
		f.Outlet, part.Outlet = next, next
		return nil
	}
	f.Number = max(f.Number, doc.Number)
	part.Docs = append(part.Docs, doc)
	part.Events = append(part.Events, Event{Order: doc.ID, Version: doc.Version, Seq: rec.Seq, AtMS: rec.At})
	return nil
}
