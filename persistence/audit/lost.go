package audit

import (
	"slices"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// lose goes on behind records that cannot be read. What rests on them is
// believed from then on, as far as the log has it, for the rules have nothing to
// stand on there; everything else is checked as before.
func (h *history) lose(e *persistence.Entry) {
	gone := span{first: e.First, last: e.Last, lost: true}
	h.fail(readable, e.First, "", "%v damaged, what is left is no record; the rest of the organisation is checked as far as it does not rest on that", gone)
	h.lost, h.previous = append(h.lost, gone), gone
	for h.seq < e.Last {
		h.seq++
		h.reach()
	}
}

func (h *history) isLost(seq uint64) bool {
	return slices.ContainsFunc(h.lost, func(s span) bool { return s.first <= seq && seq <= s.last })
}

// lostRecords bounds the order numbers that may be missing.
func (h *history) lostRecords() (n uint64) {
	for _, s := range h.lost {
		n += s.last - s.first + 1
	}
	return n
}

// errBasis says that an event does not go on from what is in the log before it.
type errBasis struct{ error }

// believe takes an order's image for what it is now, where an event before it
// is lost: its versions must have a gap, or its settings be unknown.
func (h *history) believe(o *orderLog, r *domain.Record, basis errBasis) (*order.Order, error) {
	next, err := order.Parse(r.Image)
	if err != nil || r.Version <= o.version || next.Version != r.Version {
		return nil, basis
	}
	if r.Version > 1 { // that it was made may be lost
		o.number, h.number = next.Number, max(h.number, next.Number)
	}
	return next, nil
}
