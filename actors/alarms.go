package actors

import (
	"sync"
	"time"

	"heard/domain"
	"heard/domain/outlet"
)

// alarms are when something of an organisation ends by the clock: an 86 with a
// time. They outlive its activation, since who watches a screen asks for nothing.
// An alarm only wakes: what happens then is decided by what the organisation is,
// so that one too many does nothing. An organisation that this process has not had
// in memory has none, and no screen here either; it ends what is due when it comes.
type alarms struct {
	mu sync.Mutex
	at map[string]int64 // ms since 1970, by organisation
}

// An alarm is noticed after the first, and rings again after the second until the
// organisation has moved on: the journal may be away.
const (
	alarmEvery   = 500 * time.Millisecond
	alarmAgainMS = 5_000
)

// set replaces an organisation's alarm; 0 = it has none.
func (s *alarms) set(org string, atMS int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if atMS == 0 {
		delete(s.at, org)
		return
	}
	if s.at == nil {
		s.at = map[string]int64{}
	}
	s.at[org] = atMS
}

// due are the organisations whose alarm rings.
func (s *alarms) due(nowMS int64) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.at {
		if at <= nowMS {
			ids = append(ids, id)
			s.at[id] = nowMS + alarmAgainMS
		}
	}
	return ids
}

// alarm asks an organisation to do what is due.
type alarm struct{}

func (e *Engine) ring() {
	if e.refusesWrites() != nil {
		return // they ring when it does not
	}
	for _, id := range e.alarms.due(e.nowMS()) {
		o, refusal := e.organisation(id)
		if refusal != nil { // another engine's
			e.alarms.set(id, 0)
			continue
		}
		e.system.Root.Send(o.pid, &alarm{})
	}
}

// endDue ends what is due by the clock. nil = nothing is, or it cannot be written
// now; else done tells when it is durable.
func (a *orgActor) endDue() (done <-chan struct{}) {
	end := a.tentative.Menu.NextEnd()
	if !a.ready || end == 0 || end > a.engine.nowMS() || len(a.releasing) > 0 || a.engine.refusesWrites() != nil {
		return nil
	}
	command := &outlet.EndEightySix{}
	m := &call{done: make(chan struct{}, 1), request: &domain.Request{Org: a.org.id, By: domain.System(), Command: command}}
	a.changeOutlet(m, command)
	a.submit()
	return m.done
}
