package ws

import (
	"github.com/valyala/fasthttp"

	"heard/domain"
)

// What a socket reads by commands goes one after the other: the next begins when
// the answer before has left. Sixteen lists at once that nobody reads were thirty
// times what the queue may hold, for each of a client's sockets.

// startRead has a read carried out, now or when those before it are; s.mu is held.
func (s *socket) startRead(m *incoming) {
	if s.reading {
		s.reads = append(s.reads, m) // bounded by maxInFlight
		return
	}
	s.reading = true
	s.gateway.running.Add(1)
	go s.perform(m)
}

// endRead begins the next: the answer before has left.
func (s *socket) endRead() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letGo()
	if s.reading = false; s.dead || s.closing || len(s.reads) == 0 {
		s.reads = nil
		return
	}
	next := s.reads[0]
	s.reads[0] = nil
	s.reads = s.reads[1:]
	s.startRead(next)
}

// hold counts a large answer against what all sockets together may have waiting,
// and makes it a refusal where there is no room.
func (s *socket) hold(response *fasthttp.Response) *domain.Error {
	n := int64(len(response.Body()))
	if n < largeReply {
		return nil
	}
	if s.gateway.replies.Add(n) > maxReplyBytes {
		s.gateway.replies.Add(-n)
		s.gateway.stats.repliesRefused.Add(1)
		return domain.Refuse(domain.Overloaded, "Too many large answers wait for slow readers; repeat it")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = n
	if s.dead {
		s.letGo()
	}
	return nil
}

// letGo gives back what hold took; s.mu is held.
func (s *socket) letGo() {
	s.gateway.replies.Add(-s.held)
	s.held = 0
}
