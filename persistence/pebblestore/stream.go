package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// walker yields order numbers downwards.
type walker interface {
	// seek moves to the highest number not above n; ok is false when there is
	// none. n never rises between calls.
	seek(n uint64) (number uint64, ok bool)
}

// stream walks the keys that begin with a prefix and end with an inverted number.
type stream struct {
	it     *pebble.Iterator
	prefix []byte
	key    []byte
	number uint64
	placed bool // it stands on number
	ended  bool
	err    error
}

// stream opens one within the listing's range; the listing closes it.
func (l *listing) stream(prefix []byte) *stream {
	o := &pebble.IterOptions{
		LowerBound: numbered(prefix[:len(prefix):len(prefix)], l.high),
		UpperBound: append(numbered(prefix[:len(prefix):len(prefix)], l.low), 0),
	}
	s := &stream{prefix: prefix}
	if l.low <= l.high {
		s.it, s.err = l.snap.NewIter(o)
	}
	l.opened = append(l.opened, s)
	return s
}

// nearby is how many keys seek steps over before it searches, which costs as much.
const nearby = 6

func (s *stream) seek(n uint64) (uint64, bool) {
	if s.it == nil || s.ended {
		return 0, false
	}
	for steps := 0; s.placed && steps <= nearby; steps++ {
		if s.number <= n {
			return s.number, true
		}
		if !s.settle(s.it.Next()) {
			return 0, false
		}
	}
	s.key = numbered(append(s.key[:0], s.prefix...), n)
	return s.number, s.settle(s.it.SeekGE(s.key))
}

func (s *stream) settle(valid bool) bool {
	s.placed, s.ended = valid, !valid
	if valid {
		s.number = numberOf(s.it.Key())
	}
	return valid
}

// union yields what any of its streams has.
type union []*stream

func (u union) seek(n uint64) (highest uint64, ok bool) {
	for _, s := range u {
		if m, found := s.seek(n); found && (!ok || m > highest) {
			highest, ok = m, true
		}
	}
	return highest, ok
}

// intersect finds the highest number not above n that all have.
func intersect(all []walker, n uint64) (uint64, bool) {
	for agreed := 0; agreed < len(all); {
		for _, w := range all {
			m, ok := w.seek(n)
			if !ok {
				return 0, false
			}
			if m < n {
				n, agreed = m, 0
			}
			if agreed++; agreed == len(all) {
				break
			}
		}
	}
	return n, true
}

func (l *listing) failed() error {
	var errs []error
	for _, s := range l.opened {
		errs = append(errs, s.err)
		if s.it != nil {
			errs = append(errs, s.it.Error())
		}
	}
	return errors.Join(errs...)
}

func (l *listing) close() {
	for _, s := range l.opened {
		if s.it != nil {
			s.it.Close()
		}
	}
}
