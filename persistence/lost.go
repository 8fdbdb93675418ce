package persistence

import (
	"fmt"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// Lost follows an entry that is damaged. Orders that it changed come as Lost, by
// what remains of it and what was known of them: an order's versions go up by
// one, and new orders draw the next number. next is the hash that the entry
// behind it follows, nil = there is none: then the chain goes on from where it
// was. find looks an order up as it was before; nil = there was none.
//
// A change to settings, menu or tokens is followed where the chain proves that it
// is whole. Else an error says so, or that it cannot be told what was lost. Serving the organisation could then show a wrong
// total, or give a number again.
func (f *Fold) Lost(e Entry, next *domain.Hash, find func(id string) (*Document, error)) (Followed, error) {
	if err := f.isNext(&e); err != nil {
		return Followed{}, err
	}
	l := losing{fold: f, find: find, part: Followed{Entry: e, Hash: f.Through.Hash, AtMS: f.AtMS}, here: map[string]*Document{}}
	if next != nil {
		l.part.Hash = *next
	}
	remains := domain.Remnants(e.Data, e.First, e.Last)
	l.certain = next != nil && domain.Certain(f.Through.Hash, remains, *next)
	for i, r := range remains {
		seq := e.First + uint64(i)
		if err := l.record(seq, &r); err != nil {
			return Followed{}, fmt.Errorf("record %d: %w", seq, err)
		}
	}
	f.Through = Chain{Seq: e.Last, Hash: l.part.Hash}
	return l.part, nil
}

// losing is one call of Lost.
type losing struct {
	fold *Fold
	find func(id string) (*Document, error)
	part Followed
	here map[string]*Document // of the records before in the same entry

	certain bool // the events are as they were written
}

const (
	errWhichOrder = Unservable("a damaged record changed an order, and it cannot be told which")
	errOutletLost = Unservable("a damaged record changed settings, menu or tokens")
)

func (l *losing) record(seq uint64, r *domain.Remnant) error {
	state := l.state(r.Image)
	doc, err := l.order(r.Entity, r.Version, state)
	if doc == nil && err == nil && state != nil { // the damage is in the event
		doc, err = l.order(state.ID, state.Version, state)
	}
	switch {
	case err != nil:
		return err
	case doc != nil:
		l.lose(seq, doc)
	case l.certain && r.Entity == "":
		if l.fold.Outlet, err = outlet.Replay(l.fold.Outlet, r.Kind, r.Data, seq); err != nil {
			return err
		}
		l.part.Outlet = l.fold.Outlet
	case r.Version != seq || r.Entity != "" || state != nil:
		return errWhichOrder
	case r.Kind != (outlet.KeyRemembered{}).Kind(): // which changes nothing
		return errOutletLost
	}
	if r.Key != "" {
		l.part.Keys = append(l.part.Keys, KeyRow{Hash: HashKey(r.Key), Seq: seq, AtMS: l.part.AtMS})
	}
	return nil
}

// state is the order of an image, if that can be read and is this organisation's.
func (l *losing) state(image []byte) (state *order.Order) {
	defer func() {
		if recover() != nil { // what is damaged may break what readers rely on
			state = nil
		}
	}()
	state, err := order.Parse(image)
	if image == nil || err != nil || state.Org != l.part.Entry.Org {
		return nil
	}
	return state
}

// order is the document of an order that a record may have changed; nil = it is
// not one whose next version this is.
func (l *losing) order(id string, version uint64, state *order.Order) (*Document, error) {
	if !domain.ValidID(id) || version == 0 {
		return nil, nil
	}
	known := l.here[id]
	if known == nil {
		var err error
		if known, err = l.find(id); err != nil {
			return nil, err
		}
	}
	switch {
	case known == nil && version == 1:
		known = &Document{ID: id, Number: l.fold.Number + 1, Active: true, CreatedMS: l.fold.AtMS}
	case known == nil || version != known.Version+1:
		return nil, nil
	}
	doc := *known
	if state != nil && state.ID == id && state.Version == version {
		doc = *DocumentOf(state, nil)
		doc.Number, doc.CreatedMS = known.Number, known.CreatedMS
	}
	doc.Version, doc.UpdatedMS = version, l.fold.AtMS
	doc.Body, doc.Entry, doc.Offset, doc.Lost = nil, l.part.Entry.Last, 0, true
	return &doc, nil
}

func (l *losing) lose(seq uint64, doc *Document) {
	l.fold.Number = max(l.fold.Number, doc.Number)
	l.here[doc.ID] = doc
	l.part.Docs = append(l.part.Docs, doc)
	l.part.Events = append(l.part.Events, Event{Order: doc.ID, Version: doc.Version, Seq: seq, AtMS: l.part.AtMS})
}
