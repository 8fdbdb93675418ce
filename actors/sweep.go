package actors

import "github.com/asynkron/protoactor-go/actor"

// Closed orders stay in memory a little longer than the drain needs, so that a
// list that reads the Store meanwhile cannot miss one.
const leaveAfterMS = 10_000

// An organisation that nobody uses leaves memory after this time.
const idleOrgMS = 30 * 60 * 1000

// leaver is a closed order that may leave memory once the Store has it.
type leaver struct {
	entry *entry
	seq   uint64 // it was closed by
	atMS  int64
}

// sweep comes every few seconds.
type sweep struct{ nowMS int64 }

func (a *orgActor) sweep(c actor.Context, m *sweep) {
	if !a.ready {
		return
	}
	a.countKeys(-a.keys.forget(a.at))
	drained := a.org.drained.Load()
	n := 0
	for ; n < len(a.leaving); n++ {
		l := a.leaving[n]
		if l.seq > drained || l.atMS > m.nowMS-leaveAfterMS {
			break
		}
		a.passivate(c, l.entry)
	}
	a.leaving = append(a.leaving[:0], a.leaving[n:]...)
	if a.idle(m.nowMS) {
		a.leave(c, errMoved)
		a.giveUp(nil, false)
	}
}

// passivate lets a closed and idle order go, with its actor. One that was closed
// again since has a later leaver too, which then finds it gone.
func (a *orgActor) passivate(c actor.Context, e *entry) {
	if e.doc == nil || e.doc.Active || e.seq > a.org.drained.Load() || e.busy || e.loading || len(e.waiting) > 0 || a.orders[e.id] != e {
		return
	}
	a.org.view.leave(e)
	if e.pid != nil {
		c.Stop(e.pid)
	}
}

// idle reports that nobody needs the organisation in memory. While the journal is
// away it could not come back.
func (a *orgActor) idle(nowMS int64) bool {
	return a.engine.committer.Down() == nil && a.newest() == nil && a.org.drained.Load() == a.seq && a.org.waiting.Load() == 0 && a.org.usedMS.Load() < nowMS-idleOrgMS
}
