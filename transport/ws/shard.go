package ws

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// shard writes a share of all sockets. Organisations take turns, so that a large
// one does not make a small one wait.
type shard struct {
	gateway *Gateway
	index   int
	signal  chan struct{}

	mu    sync.Mutex
	ring  []*part   // have frames to send
	ready []*socket // have something of their own to send

	current *part // whose turn it is

	// Of the shard's goroutine.
	b    []byte
	n    int
	err  error
	call func(fd uintptr) bool
}

// frame is one event or notice for an audience.
type frame struct {
	b      []byte
	seq    uint64 // 0 = no event of the log
	bornNS int64  // when it became durable, or was made
}

// part is the share of an audience that one shard writes.
type part struct {
	group *group
	shard *shard

	// Of the shard's lock.
	members []*socket
	pending []frame
	bytes   int    // of pending
	next    uint64 // position behind the newest frame
	listed  bool   // is in the ring, or its turn runs
	pass    *pass  // under way; nil = none

	spare []byte // the shard's goroutine joins frames in it
}

// pass is one round over a part's members with the frames that waited.
type pass struct {
	part    *part
	start   uint64 // position of the first frame
	frames  []frame
	offsets []int // of each frame in bytes
	bytes   []byte
	due     uint64 // sequence of the newest event in it; 0 = none
	members []*socket
	at      int // next member
}

func (sh *shard) wake() {
	select {
	case sh.signal <- struct{}{}:
	default:
	}
}

// list has a socket's own queue written.
func (sh *shard) list(s *socket) {
	sh.mu.Lock()
	sh.ready = append(sh.ready, s)
	sh.mu.Unlock()
	sh.wake()
}

func (sh *shard) run() {
	defer sh.gateway.running.Done()
	for {
		select {
		case <-sh.signal:
		case <-sh.gateway.stop:
			return
		}
		for sh.turn() {
			runtime.Gosched() // requests must not wait behind a broadcast
		}
	}
}

// turn writes to at most turnSockets sockets of each kind, and reports whether
// there was anything to do.
func (sh *shard) turn() (more bool) {
	defer func() {
		if sh.gateway.recovered("turn", recover()) {
			sh.abandon()
			more = true
		}
	}()
	ready, p := sh.next()
	for i, s := range ready {
		sh.each(s, nil)
		ready[i] = nil
	}
	if p == nil {
		return len(ready) > 0 || sh.waiting()
	}
	r := p.pass
	end := min(r.at+turnSockets, len(r.members))
	for _, s := range r.members[r.at:end] {
		sh.each(s, r)
	}
	r.at = end
	if end == len(r.members) {
		sh.gateway.stats.delivered(r)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	p.endTurn()
	return true
}

// abandon ends the sockets of the part whose turn broke: they resume.
func (sh *shard) abandon() {
	sh.mu.Lock()
	p := sh.current
	if p == nil {
		sh.mu.Unlock()
		return
	}
	p.pass, p.pending, p.bytes, p.listed = nil, nil, 0, false
	members := slices.Clone(p.members)
	sh.mu.Unlock()
	for _, s := range members {
		s.kill()
	}
}

// next takes what the turn is for.
func (sh *shard) next() ([]*socket, *part) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := min(len(sh.ready), turnSockets)
	ready := sh.ready[:n:n]
	if sh.ready = sh.ready[n:]; len(sh.ready) == 0 {
		sh.ready = nil
	}
	sh.current = nil
	return ready, sh.nextPart()
}

// nextPart takes the part whose turn it is, with its pass begun; the lock is
// held. nil = there is none, or what waited there has been taken away.
func (sh *shard) nextPart() *part {
	if len(sh.ring) == 0 {
		return nil
	}
	p := sh.ring[0]
	sh.ring[0] = nil
	if sh.ring = sh.ring[1:]; len(sh.ring) == 0 {
		sh.ring = nil
	}
	sh.current = p
	if p.pass == nil && len(p.pending) == 0 {
		p.pending, p.listed = nil, false
		return nil
	}
	if p.pass == nil {
		p.begin()
	}
	return p
}

// waiting reports whether there is more to do.
func (sh *shard) waiting() bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return len(sh.ring) > 0 || len(sh.ready) > 0
}

// each writes one socket. A panic is that socket's: the others go on.
func (sh *shard) each(s *socket, p *pass) {
	defer func() {
		if sh.gateway.recovered("write", recover()) {
			s.kill()
		}
	}()
	if p == nil {
		s.flush()
	} else {
		s.write(p)
	}
}

// begin takes all that waits, up to joinedBytes, as one write for every member.
func (p *part) begin() {
	n, size := 1, len(p.pending[0].b)
	for n < len(p.pending) && size+len(p.pending[n].b) <= joinedBytes {
		size += len(p.pending[n].b)
		n++
	}
	r := &pass{part: p, start: p.next - uint64(len(p.pending)), members: p.members, frames: p.pending[:n:n]}
	p.pending = p.pending[n:]
	p.bytes -= size
	r.offsets = make([]int, n)
	r.bytes = r.frames[0].b
	if n > 1 {
		p.spare = p.spare[:0]
	}
	for i := range r.frames {
		if n > 1 {
			r.offsets[i] = len(p.spare)
			p.spare = append(p.spare, r.frames[i].b...)
		}
		r.due = max(r.due, r.frames[i].seq)
	}
	if n > 1 {
		r.bytes = p.spare
	}
	p.pass = r
}

// endTurn puts the part back where there is more to do; the shard's lock is held.
func (p *part) endTurn() {
	if p.pass.at == len(p.pass.members) {
		p.pass = nil
		if cap(p.spare) > 16<<10 || len(p.members) == 0 {
			p.spare = nil
		}
		if len(p.pending) == 0 {
			p.pending, p.listed = nil, false
			return
		}
	}
	p.shard.ring = append(p.shard.ring, p)
}

// put gives every member a frame; false when the shard cannot keep up and the
// part has no room. It never waits.
func (p *part) put(f frame) bool {
	sh := p.shard
	sh.mu.Lock()
	if len(p.members) == 0 {
		sh.mu.Unlock()
		return true
	}
	if len(p.pending) > 0 && p.bytes+len(f.b) > sh.gateway.limits.PendingBytes {
		sh.mu.Unlock()
		return false
	}
	p.pending = append(p.pending, f)
	p.bytes += len(f.b)
	p.next++
	list := !p.listed
	if list {
		p.listed = true
		sh.ring = append(sh.ring, p)
	}
	sh.mu.Unlock()
	if list {
		sh.wake()
	}
	return true
}

func nowNS() int64 { return time.Now().UnixNano() }
