package audit

import (
	"fmt"
	"math"
)

// check numbers what is checked, in the order it is reported.
type check int

const (
	readable check = iota
	contiguous
	complete
	chained
	forward
	redecided
	numbered
	keyedOnce
	viewEqual
)

func newChecks() []finding {
	texts := [...][2]string{
		readable:   {"log readable", "entries"},
		contiguous: {"sequence contiguous", "records"},
		complete:   {"log complete", "organisations"},
		chained:    {"hash chain", "events"},
		forward:    {"times never backwards", "records"},
		redecided:  {"bills recomputed", "events"},
		numbered:   {"order numbers", "orders"},
		keyedOnce:  {"idempotency keys", "keys"},
		viewEqual:  {"view store equals log", "orders"},
	}
	checks := make([]finding, len(texts))
	for i, text := range texts {
		checks[i].Name, checks[i].Unit = text[0], text[1]
	}
	return checks
}

// finding is a check with the place of its first offender.
type finding struct {
	Check
	org string
	seq uint64
}

// fail notes an offender; the first one is named. Organisations come one after
// the other, but the Store's rows do not come in the order of the log, so
// within one organisation the lowest seq counts. 0 = not in the log: comes last.
func (h *history) fail(c check, seq uint64, order, format string, args ...any) {
	f := &h.audit.checks[c]
	f.Failures++
	rank := seq
	if seq == 0 {
		rank = math.MaxUint64
	}
	if f.Failures > 1 && (f.org != h.org || f.seq <= rank) {
		return
	}
	f.org, f.seq = h.org, rank
	f.Offender = h.org
	if seq != 0 {
		f.Offender += fmt.Sprintf(" seq %d", seq)
	}
	if order != "" {
		f.Offender += " order " + order
	}
	f.Detail = fmt.Sprintf(format, args...)
}

func (h *history) count(c check, n int) { h.audit.checks[c].Count += int64(n) }
