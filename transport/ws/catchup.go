package ws

import (
	"time"

	"heard/domain"
)

// catchUp is how far a socket has come that is not live yet: it is given a
// snapshot, or what it missed, in chunks as it drains them. Then it joins.
type catchUp struct {
	snapshot bool // is being given, before anything else
	full     bool // whole orders in it
	begun    bool
	below    uint64 // order number to go on below
	start    uint64 // sequence that the snapshot is good for, or more

	after uint64 // records up to here were looked at
	due   uint64 // the newest that was given
}

// chunk is a run of frames, encoded once for all sockets that ask for the same.
type chunk struct {
	b       []byte
	frames  int
	made    time.Time
	seq     uint64 // the log was at least here when it was read
	below   uint64 // snapshot: where to go on
	isLast  bool   // snapshot: this is the end
	through uint64 // replay: records looked at
	due     uint64 // replay: the newest in it
}

type chunkKey struct {
	audience string
	kind     chunkKind
	from     uint64
	due      uint64
}

type chunkKind byte

const (
	shortOrders chunkKind = iota
	wholeOrders
	replayed
)

// start is a socket's place when it comes: a snapshot, or what it missed.
func (o *organisation) start(s *socket, full bool, from *position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.audience = o.gateway.everyone[whole]
	if s.role == domain.Kitchen {
		s.audience = o.gateway.everyone[kitchen]
	}
	s.send(item{b: established(s.id(), o.last, o.epoch)})
	c := o.fromSnapshot()
	if from != nil {
		c = o.place(s, from)
	}
	c.full = full
	s.catch = c
	o.askFor(s)
}

// resume gives a socket again what came after a position, and then lets it join
// as before.
func (o *organisation) resume(s *socket, from *position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s.group != nil {
		s.group.remove(s)
	}
	s.catch = o.place(s, from)
	o.askFor(s)
}

// place checks a position; one that is of no use becomes a snapshot.
func (o *organisation) place(s *socket, from *position) *catchUp {
	reason := ""
	switch {
	case from.epoch != o.epoch:
		reason = "epoch"
	case from.seq > o.last:
		reason = "unknown position"
	case o.last-from.seq > maxBehind:
		reason = "too far behind"
	default:
		return &catchUp{after: from.seq, due: from.seq}
	}
	o.gateway.stats.resyncs.Add(1)
	s.send(item{b: resyncRequired(reason)})
	return o.fromSnapshot()
}

// fromSnapshot is the place of a socket that knows nothing: its snapshot is
// shared with others, but has everything that happened so far; o.mu is held.
func (o *organisation) fromSnapshot() *catchUp { return &catchUp{snapshot: true, start: o.last} }

// askFor has a socket be fed; o.mu is held. At most one chunk is on its way.
func (o *organisation) askFor(s *socket) {
	if s.asked || s.fed || s.catch == nil {
		return
	}
	s.asked = true
	o.hungry = append(o.hungry, s)
	if !o.feeding {
		o.feeding = true
		o.gateway.running.Add(1)
		go o.feed()
	}
}

// hunger is called when a socket has taken its chunk.
func (o *organisation) hunger(s *socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.fed = false
	o.askFor(s)
}

// feed serves the sockets that wait, one after the other, so that they share
// what was read. A few organisations do so at a time.
func (o *organisation) feed() {
	g := o.gateway
	defer g.running.Done()
	for {
		select {
		case g.workers <- struct{}{}:
		case <-g.stop:
			return
		}
		more := o.feedSome()
		<-g.workers
		if !more {
			return
		}
	}
}

func (o *organisation) feedSome() bool {
	for range turnSockets {
		o.mu.Lock()
		if len(o.hungry) == 0 {
			o.hungry, o.feeding = nil, false
			o.mu.Unlock()
			return false
		}
		s := o.hungry[0]
		o.hungry[0] = nil
		o.hungry = o.hungry[1:]
		s.asked = false
		c, a := s.catch, s.audience
		o.mu.Unlock()
		if c != nil && !s.ending() {
			o.feedOne(s, c, a)
		}
	}
	return true
}

func (o *organisation) feedOne(s *socket, c *catchUp, a *audience) {
	defer func() {
		if o.gateway.recovered("feed", recover()) {
			s.shut(closeInternal, "internal error")
		}
	}()
	for {
		feed := o.feedReplay
		if c.snapshot {
			feed = o.feedSnapshot
		}
		done, err := feed(s, c, a)
		if err != nil {
			o.gateway.log.Warn("screen cannot be fed", "org", o.id, "error", err)
			s.shut(closeTryLater, "try again later")
			return
		}
		if done {
			return
		}
	}
}

// give sends a chunk unless the socket's place has changed meanwhile.
func (o *organisation) give(s *socket, c *catchUp, items ...item) {
	o.mu.Lock()
	if s.catch != c {
		o.askFor(s)
		o.mu.Unlock()
		return
	}
	s.fed = true
	o.mu.Unlock()
	s.send(items...)
}

// shared finds a chunk that was made a moment ago; nil when there is none, or
// the log was not at least where it must have been.
func (o *organisation) shared(key chunkKey, atLeast uint64) *chunk {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.chunks[key]
	if c == nil || time.Since(c.made) > sharedLife || c.seq < atLeast {
		return nil
	}
	o.gateway.stats.shared.Add(1)
	return c
}

func (o *organisation) share(key chunkKey, c *chunk) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.made = time.Now()
	if len(o.chunks) >= sharedChunks {
		o.dropOldChunks(c.made)
	}
	if len(o.chunks) >= sharedChunks {
		for other := range o.chunks { // any: it is made again
			delete(o.chunks, other)
			break
		}
	}
	o.chunks[key] = c
}

// dropOldChunks is also called by the sweep; o.mu is held.
func (o *organisation) dropOldChunks(now time.Time) {
	for key, c := range o.chunks {
		if now.Sub(c.made) > sharedLife {
			delete(o.chunks, key)
		}
	}
}
