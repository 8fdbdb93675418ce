package ws

import (
	"errors"

	"heard/domain"
)

var (
	errLogShort   = errors.New("the log ends before what was announced")
	errLogDamaged = errors.New("a record of the log is damaged")
)

// feedReplay gives the next events after a socket's position, or lets it join
// when there are none.
func (o *organisation) feedReplay(s *socket, c *catchUp, a *audience) (done bool, err error) {
	o.mu.Lock()
	if s.catch != c {
		o.askFor(s)
		o.mu.Unlock()
		return true, nil
	}
	if c.after >= o.last {
		o.join(s, c.due)
		o.mu.Unlock()
		return true, nil
	}
	through, behind := o.last, o.last-c.after > maxBehind
	o.mu.Unlock()
	if behind { // slower than the organisation
		o.startOver(s, c, "too far behind")
		return false, nil
	}
	key := chunkKey{audience: a.key, kind: replayed, from: c.after, due: c.due}
	events := o.shared(key, 0)
	if events == nil {
		events, err = o.events(a, c, through)
		if errors.Is(err, errLogDamaged) { // what it missed cannot be told
			o.startOver(s, c, err.Error())
			return false, nil
		}
		if err != nil {
			return false, err
		}
		o.share(key, events)
	}
	c.after, c.due = events.through, events.due
	if events.frames == 0 {
		return false, nil
	}
	o.give(s, c, item{b: events.b, kind: fed, extra: int32(events.frames - 1)})
	return true, nil
}

// startOver makes a replay a snapshot, and says so.
func (o *organisation) startOver(s *socket, c *catchUp, reason string) {
	o.mu.Lock()
	*c = catchUp{snapshot: true, full: c.full, start: o.last}
	o.mu.Unlock()
	o.gateway.stats.resyncs.Add(1)
	s.send(item{b: resyncRequired(reason)})
}

// events encodes what an audience gets of the records after a position, as far
// as they were handed out to those who are live.
func (o *organisation) events(a *audience, c *catchUp, through uint64) (*chunk, error) {
	most := replayRecords
	if !a.all {
		most *= 8 // few of them are due
	}
	records, err := o.log(c.after, most)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errLogShort
	}
	o.mu.Lock()
	stations := o.stations
	o.mu.Unlock()
	e := &chunk{seq: through, through: c.after, due: c.due}
	for i := range records {
		r := &records[i]
		if r.Seq > through || len(e.b) > joinedBytes {
			break
		}
		if r.Kind == domain.RecordDamaged {
			return nil, errLogDamaged
		}
		e.through = r.Seq
		one := newEncoder(o.epoch, r)
		if !one.due(a, stations) {
			continue
		}
		e.b = append(e.b, one.frame(a.view, e.due)...)
		e.due = r.Seq
		e.frames++
	}
	o.gateway.stats.replayed.Add(int64(e.frames))
	return e, nil
}
