package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// outletEvent re-runs a change to the organisation itself. There is no image in
// the log to compare with; the Store's is compared later.
func (h *history) outletEvent(r *domain.Record) {
	h.count(redecided, 1)
	if r.Version != r.Seq {
		h.fail(redecided, r.Seq, "", "%s has version %d where %d belongs", r.Kind, r.Version, r.Seq)
	}
	next, err := h.replayOutlet(r)
	if err != nil && len(h.lost) > 0 { // perhaps it rests on what is lost
		return
	}
	if err != nil {
		h.fail(redecided, r.Seq, "", "%v", err)
		return
	}
	if next != h.outlet {
		h.outlet, h.changed = next, r.Seq
		h.settings[next.Settings.Version] = next.Settings
	}
}

func (h *history) replayOutlet(r *domain.Record) (next *outlet.Outlet, err error) {
	defer recovered(&err)
	return outlet.Replay(h.outlet, r.Kind, r.Data, r.Seq)
}

// recovered makes an error of a panic: damaged data breaks invariants that those
// who read it rely on, and that must not end the audit.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("reading it panics: %v", p)
	}
}

// orderEvent re-runs a change to an order and compares the outcome with the
// post-image byte for byte.
func (h *history) orderEvent(r *domain.Record) {
	h.count(redecided, 1)
	o := h.orders[r.Entity]
	if o == nil {
		o = &orderLog{}
		h.orders[r.Entity] = o
	}
	next, err := h.redecide(o, r)
	if basis, is := errors.AsType[errBasis](err); is && len(h.lost) > 0 {
		next, err = h.believe(o, r, basis)
	}
	if err != nil {
		h.fail(redecided, r.Seq, r.Entity, "%v", err)
		// go on from what the log says, so that one change is found once
		if logged, err := order.Parse(r.Image); err == nil {
			next = logged
		}
	}
	if r.Kind == (*order.Created)(nil).Kind() {
		h.drawn(r, o, next)
	}
	o.adopt(next, r, r.Seq <= h.mark.Seq)
}

// adopt takes the order's next state over.
func (o *orderLog) adopt(next *order.Order, r *domain.Record, drained bool) {
	o.version, o.image, o.state = r.Version, digestOf(r.Image), next
	o.events = append(o.events, stamp{r.Version, r.Seq, r.At})
	open := next == nil || next.Status.Open()
	if !open {
		o.state = nil
	}
	if drained {
		o.drained, o.stored, o.open = len(o.events), o.image, open
	}
}

// drawn checks the number that a new order drew: the next one, always, and once.
func (h *history) drawn(r *domain.Record, o *orderLog, next *order.Order) {
	h.count(numbered, 1)
	if next == nil {
		h.fail(numbered, r.Seq, r.Entity, "the number cannot be read")
		return
	}
	o.number = next.Number
	switch want := h.number + 1; {
	case next.Number == want, next.Number > want && next.Number-want <= h.lostRecords():
	case next.Number > want:
		h.fail(numbered, r.Seq, r.Entity, "number %d where %d belongs: there is a gap", next.Number, want)
	default:
		h.fail(numbered, r.Seq, r.Entity, "number %d where %d belongs: it was given before", next.Number, want)
	}
	h.number = max(h.number, next.Number)
}

// redecide returns the state the rules come to, also where the log says otherwise.
func (h *history) redecide(o *orderLog, r *domain.Record) (next *order.Order, err error) {
	defer recovered(&err)
	if r.Version != o.version+1 {
		return nil, errBasis{fmt.Errorf("version %d where %d belongs", r.Version, o.version+1)}
	}
	if err := h.restore(o); err != nil {
		return nil, err
	}
	version, err := h.settingsOf(o, r)
	if err != nil {
		return nil, err
	}
	settings, known := h.settings[version]
	if !known {
		return nil, errBasis{fmt.Errorf("it was made under settings %d, which are not in the log before it", version)}
	}
	if next, err = order.Replay(o.state, r, settings, &h.pricer); err != nil {
		return nil, err
	}
	if err := h.joined(o.state, next); err != nil {
		return next, err
	}
	h.buffer = next.AppendJSON(h.buffer[:0])
	if bytes.Equal(h.buffer, r.Image) {
		return next, nil
	}
	if r.Image == nil {
		return next, fmt.Errorf("%s has no post-image", r.Kind)
	}
	member, logged, computed := difference(r.Image, h.buffer)
	return next, fmt.Errorf("%s %s where %s is recomputed", member, logged, computed)
}

// joined checks the tax classes that came along with an addition: as they were in
// force.
func (h *history) joined(before, next *order.Order) error {
	had := 0
	if before != nil {
		had = len(before.Joined)
	}
	for _, c := range next.Joined[had:] {
		if now, there := h.outlet.Settings.TaxClasses[c.Name]; !there || !slices.Equal(now, c.Components) {
			return fmt.Errorf("tax class %s joined it otherwise than it was in force", c.Name)
		}
	}
	return nil
}

// restore reads the state of a closed order back, from the image that was
// verified when it was closed.
func (h *history) restore(o *orderLog) error {
	if o.state != nil || len(o.events) == 0 {
		return nil
	}
	image, err := h.image(o.events[len(o.events)-1].seq)
	if err != nil {
		return err
	}
	if digestOf(image) != o.image {
		return fmt.Errorf("the log gives another image of the order than before")
	}
	o.state, err = order.Parse(image)
	return err
}

// settingsOf is the version of the settings an event was decided under: the
// order's own. A new order takes the current settings and menu.
func (h *history) settingsOf(o *orderLog, r *domain.Record) (uint64, error) {
	if o.state != nil {
		return o.state.Settings, nil
	}
	var created struct {
		ID       string `json:"id"`
		Org      string `json:"organization_id"`
		Settings uint64 `json:"settings_version"`
		Menu     uint64 `json:"menu_version"`
	}
	if err := json.Unmarshal(r.Data, &created); err != nil {
		return 0, fmt.Errorf("event %s: %w", r.Kind, err)
	}
	switch now := h.outlet; {
	case r.Kind != (*order.Created)(nil).Kind(): // order.Replay says what is wrong
	case created.ID != r.Entity || created.Org != h.org:
		return 0, fmt.Errorf("the event is about order %s of %s", created.ID, created.Org)
	case created.Settings != now.Settings.Version:
		return 0, errBasis{fmt.Errorf("made under settings %d where %d were in force", created.Settings, now.Settings.Version)}
	case created.Menu != now.Menu.Version:
		return 0, errBasis{fmt.Errorf("made from menu %d where %d was in force", created.Menu, now.Menu.Version)}
	}
	return created.Settings, nil
}
