package audit

import (
	"bytes"
	"fmt"

	"heard/domain/outlet"
	"heard/persistence"
)

// recovery compares what the Store gives an engine that starts: the
// organisation's own state, the active orders, the keys of the last day.
func (h *history) recovery() error {
	stored, err := h.audit.store.Load(h.ctx, h.org)
	if fatal(h.ctx, err) {
		return fmt.Errorf("load: %w", err)
	}
	if err != nil {
		h.fail(viewEqual, 0, "", "what recovery needs cannot be read: %v", err)
		return nil
	}
	if stored.Through != h.mark || stored.AtMS != h.marked.at && len(h.lost) == 0 {
		h.fail(viewEqual, h.mark.Seq, "", "recovery begins after record %d at %s, but the watermark is record %d at %s",
			stored.Through.Seq, moment(stored.AtMS), h.mark.Seq, moment(h.marked.at))
	}
	h.ownState(stored.Outlet)
	h.active(stored.Orders)
	h.storedKeys(stored.Keys)
	return nil
}

func (h *history) ownState(data []byte) {
	stored := outlet.New()
	if data != nil {
		var err error
		if stored, err = outlet.Restore(data); err != nil {
			h.fail(viewEqual, h.marked.changed, "", "the organisation's state in the store: %v", err)
			return
		}
	}
	a, err := canonical(stored)
	if err == nil {
		var b []byte
		if b, err = canonical(h.marked.outlet); err == nil && !bytes.Equal(a, b) {
			member, has, says := difference(a, b)
			err = fmt.Errorf("%s is %s in the store, %s in the log", member, has, says)
		}
	}
	if err != nil && len(h.lost) == 0 { // else it may be what is lost that differs
		h.fail(viewEqual, h.marked.changed, "", "the organisation's state: %v", err)
	}
}

// canonical writes a state the way one that was restored is written, so that
// empty and absent do not differ.
func canonical(o *outlet.Outlet) ([]byte, error) {
	data, err := o.Snapshot()
	if err != nil {
		return nil, err
	}
	again, err := outlet.Restore(data)
	if err != nil {
		return nil, err
	}
	return again.Snapshot()
}

// active compares the open orders. Their documents were compared already, so
// here it is enough that they are the same ones.
func (h *history) active(docs []persistence.Document) {
	given := make(map[string]bool, len(docs))
	for i := range docs {
		d := &docs[i]
		given[d.ID] = true
		o := h.orders[d.ID]
		switch {
		case d.Lost:
		case o == nil:
			h.fail(viewEqual, 0, d.ID, "recovery gets an order that is not in the log")
		case d.Version < o.newestStored() || d.Version == o.newestStored() && (!o.open || digestOf(d.Body) != o.stored):
			h.fail(viewEqual, o.seqStored(), d.ID, "recovery gets version %d as an open order, which the log says otherwise", d.Version)
		}
	}
	for id, o := range h.orders {
		if o.drained > 0 && o.open && o.seen && !given[id] {
			h.fail(viewEqual, o.seqStored(), id, "recovery does not get this order, which is open")
		}
	}
}

// storedKeys compares the keys of the last day up to the watermark. Older ones
// the Store may have forgotten or not.
func (h *history) storedKeys(rows []persistence.KeyRow) {
	oldest := h.marked.at - persistence.KeyLifeMS
	stored := make(map[persistence.KeyRow]bool, len(rows))
	for _, r := range rows {
		stored[r] = true
	}
	for _, want := range h.marked.keys {
		if long := lasting(want); !stored[want] && h.keys.long[long] {
			want = long
		}
		if !stored[want] {
			h.fail(viewEqual, want.Seq, "", "the store does not have the key of this record as it is in the log")
		}
		delete(stored, want)
	}
	for r := range stored {
		if r.Seq <= h.mark.Seq && r.AtMS >= oldest && !h.isLost(r.Seq) && !h.keys.long[r] {
			h.fail(viewEqual, r.Seq, "", "the store has a key of this record, the log does not")
		}
	}
}
