package ws

import (
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"heard/domain"
	"heard/transport/auth"
)

// socket is one client. There are many: its size counts.
//
// Locks are taken in this order: organisation, shard, socket.
type socket struct {
	gateway  *Gateway
	shard    *shard // writes it
	conn     tcp
	raw      syscall.RawConn
	number   uint64
	insecure bool // let in without a token: read only

	org       *organisation
	user      string
	name      string
	role      domain.Role
	issuedMS  int64
	expiresMS atomic.Int64
	heardMS   atomic.Int64 // ms since 1970; of the last byte

	// Of the organisation's lock.
	index    int // in organisation.sockets
	audience *audience
	group    *group
	catch    *catchUp // nil = live
	asked    bool     // waits in organisation.hungry
	fed      bool     // a chunk is on its way to it
	greeted  bool     // presence was asked for

	mu       sync.Mutex
	part     *part  // that it is a member of; also of the shard's lock
	at       int    // in part.members
	done     uint64 // frames of the part that were handed to it
	due      uint64 // sequence of the newest event handed to it
	queue    []item
	frames   int // in the queue, of those that count
	bytes    int
	inFlight int         // commands
	reading  bool        // one that reads is carried out, or its answer waits
	reads    []*incoming // that wait for it
	held     int64       // bytes of its answer
	stalled  bool
	listed   bool // waits in shard.ready
	closing  bool // a close frame is queued: nothing follows it
	dead     bool

	in input
}

// item is what waits in a socket's queue.
type item struct {
	b     []byte
	kind  kind
	extra int32 // frames in b beyond the first
	read  bool  // the answer of a command that reads
}

type kind byte

const (
	live   kind = iota // counts against the queue's limits
	fed                // a chunk that was asked for; when it is written the next is
	beside             // goes with a chunk
	reply              // of a command; holds its place in flight until it is written
	last               // a close frame
)

func newSocket(g *Gateway, c net.Conn) (*socket, error) {
	conn, ok := c.(tcp)
	if !ok {
		return nil, errNotTCP
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := conn.SetWriteBuffer(sendBuffer); err != nil {
		return nil, err
	}
	n := g.last.Add(1)
	s := &socket{gateway: g, conn: conn, raw: raw, number: n, shard: g.shards[n%uint64(len(g.shards))]}
	s.heard()
	return s, nil
}

func (s *socket) id() string { return s.gateway.process + "-" + strconv.FormatUint(s.number, 36) }

// is takes over who the token speaks for.
func (s *socket) is(who auth.Subject) {
	by := &who.Identity
	s.user, s.name, s.role, s.issuedMS = by.User, by.Name, by.Role, by.IssuedAt
	s.expiresMS.Store(who.ExpiresMS)
}

func (s *socket) identity() domain.Identity {
	return domain.Identity{User: s.user, Name: s.name, Role: s.role, IssuedAt: s.issuedMS}
}

// send queues frames for this socket alone. It never waits.
func (s *socket) send(items ...item) {
	s.mu.Lock()
	for _, it := range items {
		s.push(it)
	}
	s.wake()
}

// push appends to the queue; s.mu is held.
func (s *socket) push(it item) {
	if s.dead || s.closing {
		s.gateway.stats.failed.Add(1)
		return
	}
	if it.kind == live {
		limits := &s.gateway.limits
		if s.frames >= limits.QueueFrames || s.frames > 0 && s.bytes+len(it.b) > limits.QueueBytes {
			s.cut()
			return
		}
		s.frames++
		s.bytes += len(it.b)
	}
	s.queue = append(s.queue, it)
}

// wake has the shard write what was pushed, and unlocks s.mu.
func (s *socket) wake() {
	list := len(s.queue) > 0 && !s.stalled && !s.listed && !s.dead
	if list {
		s.listed = true
	}
	s.mu.Unlock()
	if list {
		s.shard.list(s)
	}
}

// cut ends a socket that reads too slowly; s.mu is held. What it can still take
// tells it so: nothing is dropped silently, it resumes where it was.
func (s *socket) cut() {
	g := s.gateway
	g.stats.cut.Add(1)
	g.stats.failed.Add(int64(len(s.queue)) + 1)
	s.queue = append([]item(nil), item{b: resyncRequired("slow"), kind: beside}, item{b: closeFrame(closeSlow, "reads too slowly; resume"), kind: last})
	s.frames, s.bytes, s.closing = 0, 0, true
	time.AfterFunc(cutPatience, s.kill)
}

// shut queues a close frame behind what waits, and cuts the connection when the
// client does not do its half.
func (s *socket) shut(code int, reason string) {
	s.mu.Lock()
	if s.closing || s.dead {
		s.mu.Unlock()
		return
	}
	s.gateway.stats.closed(code)
	s.queue = append(s.queue, item{b: closeFrame(code, reason), kind: last})
	s.closing = true
	time.AfterFunc(2*closePatience, s.kill)
	s.wake()
}

func (s *socket) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing || s.dead
}

// kill ends the connection now. The reader then leaves the organisation.
func (s *socket) kill() {
	s.mu.Lock()
	if s.dead {
		s.mu.Unlock()
		return
	}
	s.dead = true
	s.gateway.stats.failed.Add(int64(len(s.queue)))
	s.queue, s.reads = nil, nil
	s.letGo()
	stuck := s.stalled
	s.mu.Unlock()
	if stuck {
		s.conn.SetLinger(0) // else the kernel keeps its send buffer for minutes
	}
	s.conn.Close()
}

// taken is what take took.
type taken struct {
	frames    int
	fed, last bool
	read      bool
}

// take joins what waits, up to joinedBytes, into one write, but for what is
// large; s.mu is held and the queue is not empty.
func (s *socket) take() ([]byte, taken) {
	count, size := 1, len(s.queue[0].b)
	for count < len(s.queue) && size+len(s.queue[count].b) <= joinedBytes && max(len(s.queue[0].b), len(s.queue[count].b)) < aloneBytes {
		size += len(s.queue[count].b)
		count++
	}
	b := s.queue[0].b
	if count > 1 {
		b = make([]byte, 0, size)
	}
	t := taken{}
	for i := range s.queue[:count] {
		it := &s.queue[i]
		t.frames += 1 + int(it.extra)
		if count > 1 {
			b = append(b, it.b...)
		}
		switch it.kind {
		case live:
			s.frames--
			s.bytes -= len(it.b)
		case fed:
			t.fed = true
		case reply:
			s.inFlight--
			t.read = t.read || it.read
		case last:
			t.last = true
		}
	}
	clear(s.queue[:count])
	if s.queue = s.queue[count:]; len(s.queue) == 0 {
		s.queue = nil
	}
	return b, t
}
