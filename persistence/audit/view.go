package audit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// compare holds the Store against the log at the watermark.
func (h *history) compare() error {
	for _, o := range h.orders {
		o.state = nil // the images are in the Store now, or it is a finding
	}
	complete, err := h.documents()
	if err != nil {
		return err
	}
	for id, o := range h.orders {
		if complete && o.drained > 0 && !o.seen {
			h.count(viewEqual, 1)
			h.fail(viewEqual, o.events[o.drained-1].seq, id, "the store does not have order number %d", o.number)
		}
	}
	return h.recovery()
}

// documents pages through everything the Store lists, and reports whether it
// came to the end: what a list that breaks off does not show may still be there.
func (h *history) documents() (complete bool, err error) {
	for before := uint64(0); ; {
		s := persistence.Selection{Org: h.org, Filter: domain.Filter{LimitRows: listRows, Before: before}}
		docs, err := h.audit.store.Orders(h.ctx, s)
		if fatal(h.ctx, err) {
			return false, fmt.Errorf("list orders: %w", err)
		}
		if err != nil {
			h.fail(viewEqual, 0, "", "orders below number %d cannot be listed: %v", before, err)
			return false, nil
		}
		if len(docs) == 0 {
			return true, nil
		}
		if err := h.judgeAll(docs); err != nil {
			return false, err
		}
		last := docs[len(docs)-1].Number
		if last == 0 || before != 0 && last >= before {
			h.fail(viewEqual, 0, "", "the store lists number %d below %d", last, before)
			return false, nil
		}
		before = last
	}
}

// verdict is what became of one document.
type verdict struct {
	seq   uint64 // of the record it should show; 0 = none
	wrong error
	err   error // ends the audit
}

// judgeAll compares a page of documents, many at once: each has a timeline and
// an id to look up.
func (h *history) judgeAll(docs []persistence.Document) error {
	verdicts := make([]verdict, len(docs))
	for i := range docs {
		switch o := h.orders[docs[i].ID]; {
		case o == nil && docs[i].Lost: // and so is all that the log had of it
			docs[i].ID = ""
		case o == nil:
			verdicts[i].wrong = fmt.Errorf("the store has order number %d, the log does not", docs[i].Number)
		case o.seen:
			verdicts[i].wrong = fmt.Errorf("the store lists it twice, now with number %d", docs[i].Number)
		default:
			o.seen = true
		}
	}
	parallel(len(docs), func(i int) {
		if v := &verdicts[i]; v.wrong == nil && docs[i].ID != "" {
			h.judge(&docs[i], h.orders[docs[i].ID], v)
		}
	})
	h.count(viewEqual, len(docs))
	for i, v := range verdicts {
		if v.err != nil {
			return v.err
		}
		if v.wrong != nil {
			h.fail(viewEqual, v.seq, docs[i].ID, "%v", v.wrong)
		}
	}
	return nil
}

// judge runs on many goroutines: it only reads.
func (h *history) judge(d *persistence.Document, o *orderLog, v *verdict) {
	for _, check := range []func(*persistence.Document, *orderLog, *verdict) error{h.body, h.byID, h.timeline} {
		switch err := check(d, o, v); {
		case fatal(h.ctx, err):
			v.err = fmt.Errorf("order %s: %w", d.ID, err)
			return
		case err != nil:
			v.wrong = err
			return
		}
	}
}

// body compares a document with the newest image the Store should have. A store
// that writes documents before the watermark may have a newer one after a crash;
// that one must be in the log too.
func (h *history) body(d *persistence.Document, o *orderLog, v *verdict) error {
	v.seq = o.seqStored()
	if d.Lost { // found where the log was read
		return nil
	}
	i := o.find(d.Version)
	if i < 0 {
		return fmt.Errorf("the store has version %d where the log has %d", d.Version, o.newestStored())
	}
	v.seq = o.events[i].seq
	if i+1 != o.drained || digestOf(d.Body) != o.stored {
		image, err := h.image(v.seq)
		if err != nil {
			return err
		}
		if !bytes.Equal(image, d.Body) {
			member, stored, logged := difference(d.Body, image)
			return fmt.Errorf("%s is %s in the store, %s in the log", member, stored, logged)
		}
	}
	state, err := order.Parse(d.Body)
	if err != nil {
		return err
	}
	return columns(d, persistence.DocumentOf(state, d.Body))
}

// columns compares what stands beside the body, for filters.
func columns(stored, logged *persistence.Document) error {
	for _, c := range [...]struct {
		name           string
		stored, logged any
	}{
		{"id", stored.ID, logged.ID},
		{"number", stored.Number, logged.Number},
		{"version", stored.Version, logged.Version},
		{"status", stored.Status, logged.Status},
		{"active", stored.Active, logged.Active},
		{"table", stored.TableID, logged.TableID},
		{"waiter", stored.WaiterID, logged.WaiterID},
		{"type", stored.Type, logged.Type},
		{"created", stored.CreatedMS, logged.CreatedMS},
		{"updated", stored.UpdatedMS, logged.UpdatedMS},
		{"search text", stored.Text, logged.Text},
	} {
		if c.stored != c.logged {
			return fmt.Errorf("the store files it under %s %.60q, the log says %.60q", c.name, fmt.Sprint(c.stored), fmt.Sprint(c.logged))
		}
	}
	return nil
}

// byID looks the order up the other way: its id may lead elsewhere than a list.
func (h *history) byID(d *persistence.Document, _ *orderLog, _ *verdict) error {
	found, err := h.audit.store.Order(h.ctx, h.org, d.ID)
	switch {
	case errors.Is(err, persistence.ErrNotFound):
		return errors.New("the store lists it but does not find it by its id")
	case err != nil:
		return err
	case !bytes.Equal(found.Body, d.Body):
		return fmt.Errorf("the store finds version %d by id, but lists %d", found.Version, d.Version)
	}
	return columns(&found, d)
}

// timeline compares the places of the order's events. Rows beyond the watermark
// are right when the log has them.
func (h *history) timeline(d *persistence.Document, o *orderLog, v *verdict) error {
	rows, err := h.audit.store.Timeline(h.ctx, h.org, d.ID)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r persistence.Event) bool { return h.isLost(r.Seq) })
	for i, r := range rows {
		if i == len(o.events) {
			return fmt.Errorf("the timeline has version %d, the log does not", r.Version)
		}
		if e := o.events[i]; r.Version != e.version || r.Seq != e.seq || r.AtMS != e.at {
			v.seq = e.seq
			return fmt.Errorf("the timeline has version %d as record %d at %s where the log has version %d as record %d at %s",
				r.Version, r.Seq, moment(r.AtMS), e.version, e.seq, moment(e.at))
		}
	}
	if len(rows) < o.drained {
		v.seq = o.events[len(rows)].seq
		return fmt.Errorf("the timeline does not have version %d", o.events[len(rows)].version)
	}
	return nil
}
