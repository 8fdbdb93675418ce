package actors

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"heard/persistence"
)

// maxDamages bounds what is named.
const maxDamages = 100

// damages are what was found that cannot be read as it was written, each once. A
// process looks at what it is asked for, so that this is not all there may be;
// audit finds that.
type damages struct {
	mu    sync.Mutex
	found []persistence.Unreadable
}

// note remembers whose data an error is about, where it is damage.
func (e *Engine) note(err error) {
	d, is := errors.AsType[*persistence.Unreadable](err)
	if !is {
		return
	}
	s := &e.damages
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(known persistence.Unreadable) bool {
		return known.Org == d.Org && known.Seq == d.Seq && known.Where == d.Where
	}
	if len(s.found) == maxDamages || slices.ContainsFunc(s.found, same) {
		return
	}
	s.found = append(s.found, *d)
	e.log.Error("what was durable cannot be read any more", "org", d.Org, "seq", d.Seq, "in", d.Where, "error", d.Err)
}

// Damages lists what was found damaged since the process began, in order of
// organisation and sequence.
func (e *Engine) Damages() []persistence.Unreadable {
	e.damages.mu.Lock()
	defer e.damages.mu.Unlock()
	all := slices.Clone(e.damages.found)
	slices.SortFunc(all, func(a, b persistence.Unreadable) int {
		return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Seq, b.Seq))
	})
	return all
}
