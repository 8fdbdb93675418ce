package ws

import (
	"strconv"
	"strings"

	"heard/domain"
)

// encoder makes the frames of one record: one for each view and each place that
// an audience comes from, shared by all in it.
type encoder struct {
	record  *domain.Record
	epoch   string
	subject subject
	kind    string // of the message; "" = nobody gets one
	bornNS  int64
	made    []made
}

type made struct {
	view view
	prev uint64
	b    []byte
}

func newEncoder(epoch string, r *domain.Record) *encoder {
	e := &encoder{record: r, epoch: epoch, bornNS: nowNS()}
	switch {
	case r.Entity != "":
		e.kind = typeOrder
		e.subject = subject{id: r.Entity, kind: r.Kind, image: r.Image}
	case strings.HasPrefix(r.Kind, menuKinds):
		e.kind = typeMenu
	}
	return e
}

// due reports whether an audience gets the record. The menu is everyone's.
func (e *encoder) due(a *audience, s *stations) bool {
	return e.kind == typeMenu || e.kind == typeOrder && a.due(&e.subject, s)
}

// frame is the record for a view, prev being what that audience got before.
func (e *encoder) frame(v view, prev uint64) []byte {
	for i := range e.made {
		if m := &e.made[i]; m.view == v && m.prev == prev {
			return m.b
		}
	}
	b := event(e.kind, e.record, prev, e.epoch, e.body(v))
	e.made = append(e.made, made{v, prev, b})
	return b
}

func (e *encoder) body(v view) []byte {
	if e.kind == typeMenu {
		return append(strconv.AppendUint([]byte(`{"version":`), e.record.Version, 10), '}')
	}
	if e.record.Image != nil {
		return v.of(e.record.Image)
	}
	b := domain.AppendString([]byte(`{"id":`), e.record.Entity)
	b = domain.AppendString(append(b, `,"order_id":`...), e.record.Entity)
	b = strconv.AppendUint(append(b, `,"version":`...), e.record.Version, 10)
	return append(b, '}')
}
