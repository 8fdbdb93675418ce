package pebblestore

import (
	"encoding/binary"
	"fmt"

	"heard/persistence"
)

// document writes an order's image and index keys unless the stored one is as new.
func (a *application) document(w *persistence.Window, d *persistence.Document) error {
	org, key := w.Org, orderKey(spaceHeader, w.Org, d.Number)
	fresh := a.fresh.has(d)
	old, found, err := a.stored(d.Number, key, fresh)
	if err != nil {
		return fmt.Errorf("read stored header: %w", err)
	}
	if !found {
		if err := a.born(org, d, fresh); err != nil {
			return err
		}
	} else if string(old.id) != d.ID {
		return fmt.Errorf("number %d belongs to order %s", d.Number, old.id)
	}
	if found && old.version >= d.Version {
		return nil
	}
	if found && (old.active || old.image.entry == 0) && old.active != d.Active {
		remove(a.batch, orderKey(spaceOf(old.active), org, d.Number))
	}
	image := placed(w, d)
	start := len(a.heads)
	a.heads = appendHeader(a.heads, d, image)
	head := a.heads[start:]
	set(a.batch, key, head)
	switch {
	case image.entry == 0:
		a.value = appendBody(a.value[:0], d.Body) // the batch copies it
		set(a.batch, orderKey(spaceOf(d.Active), org, d.Number), a.value)
	case d.Active && !(found && old.active && old.image.entry > 0):
		set(a.batch, orderKey(spaceActive, org, d.Number), nil)
	case found && !old.active && old.image.entry == 0:
		remove(a.batch, orderKey(spaceClosed, org, d.Number))
	}
	was, is := &header{}, &persistence.Document{}
	if found && !old.active {
		was = &old
	}
	if !d.Active {
		is = d
	}
	a.index(org, d.Number, was, is)
	a.headers[d.Number] = head
	return nil
}

func spaceOf(active bool) byte {
	if active {
		return spaceActive
	}
	return spaceClosed
}

// stored reads the header of what this window wrote or of what was there before.
func (a *application) stored(number uint64, key []byte, fresh bool) (h header, found bool, err error) {
	raw, ok := a.headers[number]
	if !ok {
		if fresh {
			return header{}, false, nil
		}
		if raw, err = get(a.db.pebble, key); err != nil || raw == nil {
			return header{}, false, err
		}
	}
	h, err = readHeader(raw)
	return h, true, err
}

// born gives a new order its id key. One id with two numbers would leave an
// image in the lists that no later change reaches.
func (a *application) born(org string, d *persistence.Document, fresh bool) (err error) {
	key := idKey(org, d.ID)
	var raw []byte
	if !fresh {
		if raw, err = get(a.db.pebble, key); err != nil {
			return fmt.Errorf("read number: %w", err)
		}
	}
	n, here := a.numbers[d.ID]
	if raw != nil {
		n, _ = binary.Uvarint(raw)
	}
	if (raw != nil || here) && n != d.Number {
		return fmt.Errorf("number %d, but it was stored with %d", d.Number, n)
	}
	a.numbers[d.ID] = d.Number
	value := binary.AppendUvarint(make([]byte, 0, 3*binary.MaxVarintLen64), d.Number)
	if e := a.fresh.ids[d.ID]; fresh && e != nil { // one key less for every order
		value = appendEvent(value, e)
		a.fresh.ids[d.ID] = nil
	}
	set(a.batch, key, value)
	return nil
}

// index moves the index keys of the fields that changed. An empty field has none.
// Neither has an active order, whose fields still change: lists look at all of them.
func (a *application) index(org string, number uint64, old *header, d *persistence.Document) {
	for _, f := range [...]struct {
		kind indexKind
		was  []byte
		is   string
	}{
		{byStatus, old.status, d.Status},
		{byTable, old.table, d.TableID},
		{byWaiter, old.waiter, d.WaiterID},
		{byType, old.kind, d.Type},
	} {
		if string(f.was) == f.is {
			continue
		}
		if len(f.was) > 0 {
			remove(a.batch, numbered(indexPrefix(org, f.kind, f.was), number))
		}
		if f.is != "" {
			set(a.batch, numbered(indexPrefix(org, f.kind, f.is), number), nil)
		}
	}
	if old.updatedMS == d.UpdatedMS {
		return
	}
	if old.updatedMS > 0 {
		remove(a.batch, updatedKey(org, old.updatedMS, number))
	}
	if d.UpdatedMS > 0 {
		set(a.batch, updatedKey(org, d.UpdatedMS, number), nil)
	}
}
