package ws

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"time"
)

var errNotTCP = errors.New("connection is not TCP")

// write hands a socket what its part is about to send to all members. b is the
// part's own buffer.
func (s *socket) write(p *pass) {
	s.mu.Lock()
	end := p.start + uint64(len(p.frames))
	if s.dead || s.closing || s.part != p.part || s.done >= end {
		s.mu.Unlock()
		return
	}
	from := int(max(s.done, p.start) - p.start)
	s.done = end
	if p.due > 0 {
		s.due = p.due
	}
	if s.stalled || len(s.queue) > 0 {
		for i := range p.frames[from:] {
			s.push(item{b: p.frames[from+i].b})
		}
		s.wake()
		return
	}
	s.mu.Unlock()
	s.try(p.bytes[p.offsets[from]:], taken{frames: len(p.frames) - from}, len(p.frames) > 1)
}

// flush writes what waits for this socket alone.
func (s *socket) flush() {
	s.mu.Lock()
	s.listed = false
	if s.dead || s.stalled || len(s.queue) == 0 {
		s.mu.Unlock()
		return
	}
	b, t := s.take()
	s.mu.Unlock()
	s.try(b, t, false)
	s.mu.Lock()
	s.wake()
}

// try is one write that does not wait. borrowed bytes are copied when they are
// kept. Only the shard's goroutine calls it, and only while no stalled goroutine
// owns the socket.
func (s *socket) try(b []byte, t taken, borrowed bool) {
	n, err := s.shard.write(s.raw, b)
	if err != nil {
		s.gateway.stats.failed.Add(int64(t.frames))
		s.kill()
		return
	}
	if n == len(b) {
		s.wrote(t)
		return
	}
	rest := b[n:]
	if borrowed {
		rest = bytes.Clone(rest)
	}
	s.mu.Lock()
	if s.dead {
		s.mu.Unlock()
		return
	}
	s.stalled = true
	s.mu.Unlock()
	s.gateway.running.Add(1)
	s.gateway.stats.stalled.Add(1)
	go s.drain(rest, t)
}

// wrote follows what the kernel has taken.
func (s *socket) wrote(t taken) {
	s.gateway.stats.sent.Add(int64(t.frames))
	if t.last {
		s.conn.CloseWrite()
	}
	if t.fed {
		s.org.hunger(s)
	}
	if t.read {
		s.endRead()
	}
}

// drain owns a socket whose send buffer is full, until it has taken everything.
// The deadline bounds progress, not how much waits.
func (s *socket) drain(b []byte, t taken) {
	g := s.gateway
	defer g.running.Done()
	defer g.stats.stalled.Add(-1)
	defer func() {
		if g.recovered("drain", recover()) {
			s.kill()
		}
	}()
	for {
		for len(b) > 0 {
			n := min(len(b), stalledStep)
			s.conn.SetWriteDeadline(time.Now().Add(g.limits.StallTimeout))
			if _, err := s.conn.Write(b[:n]); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					g.stats.cut.Add(1)
				}
				g.stats.failed.Add(int64(t.frames))
				s.kill()
				return
			}
			b = b[n:]
		}
		s.wrote(t)
		s.mu.Lock()
		if s.dead {
			s.mu.Unlock()
			return
		}
		if len(s.queue) == 0 {
			s.stalled = false
			s.conn.SetWriteDeadline(time.Time{}) // else the shard's writes fail when it passes
			s.mu.Unlock()
			return
		}
		b, t = s.take()
		s.mu.Unlock()
	}
}

// write is one non-blocking write(2). The closure is the shard's, not each
// socket's.
func (sh *shard) write(raw syscall.RawConn, b []byte) (int, error) {
	sh.b, sh.n, sh.err = b, 0, nil
	if sh.call == nil {
		sh.call = func(fd uintptr) bool {
			for {
				sh.n, sh.err = syscall.Write(int(fd), sh.b)
				if sh.err != syscall.EINTR {
					return true // never wait here
				}
			}
		}
	}
	err := raw.Write(sh.call)
	sh.b = nil
	if err != nil {
		return 0, err
	}
	if sh.err == syscall.EAGAIN {
		return 0, nil
	}
	return sh.n, sh.err
}
