package screen

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"syscall"
	"time"
)

// take reads what a screen has got and looks at every frame of it; it reports
// whether there may be more.
func (w *Wall) take(s *Screen, buffer []byte) (more bool) {
	held := copy(buffer, s.kept)
	n, err := syscall.Read(s.fd, buffer[held:])
	switch {
	case err == syscall.EINTR:
		return true
	case err == syscall.EAGAIN:
		return false
	case err != nil || n == 0:
		w.fail(fmt.Errorf("the server cut a screen behind %d: %w", s.last, cmp.Or(err, io.EOF)))
		w.hangUp(s)
		return false
	}
	b := buffer[:held+n]
	if !s.open {
		head, rest, whole := bytes.Cut(b, []byte("\r\n\r\n"))
		if whole && !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
			w.fail(fmt.Errorf("handshake: %.200s", head))
		}
		if s.open = whole; whole {
			b = rest
			_, _ = syscall.Write(s.fd, s.hello) // too little to be taken in part
		}
	}
	for s.open && len(b) > 0 {
		payload, opcode, rest := cutFrame(b)
		if rest == nil {
			break
		}
		if opcode == 8 && len(payload) >= 2 {
			w.fail(fmt.Errorf("the server closed a screen: %d %s", binary.BigEndian.Uint16(payload), payload[2:]))
		}
		if opcode == 1 {
			for line := range bytes.SplitSeq(payload, []byte("\n")) { // a peer joins messages
				w.see(s, line)
			}
		}
		b = rest
	}
	s.kept = append(s.kept[:0:0], b...)
	return held+n == len(buffer)
}

// cutFrame takes a server's frame off the front; rest nil = it is not complete.
func cutFrame(b []byte) (payload []byte, opcode byte, rest []byte) {
	if len(b) < 2 {
		return nil, 0, nil
	}
	size, head := int(b[1]), 2
	switch {
	case size == 126 && len(b) >= 4:
		size, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127 && len(b) >= 10:
		size, head = int(binary.BigEndian.Uint64(b[2:])), 10
	case size >= 126:
		return nil, 0, nil
	}
	if len(b) < head+size {
		return nil, 0, nil
	}
	return b[head : head+size], b[0] & 0xf, b[head+size:]
}

var (
	greeting      = []byte(`{"type":"connection_established"`)
	created       = []byte(`"event":"order.created","seq":`)
	sentAt        = []byte(`"customer_name":"`) // µs since 1970, written by Plan
	snapshotOrder = []byte(`{"type":"order_update","snapshot":true`)
	snapshotEnd   = []byte(`"type":"snapshot_end"`)
)

// see looks at one message.
func (w *Wall) see(s *Screen, message []byte) {
	if bytes.HasPrefix(message, snapshotOrder) {
		return
	}
	if !s.greeted && bytes.HasPrefix(message, greeting) {
		w.greet(s, message)
		return
	}
	_, seqOn, order := bytes.Cut(message[:min(len(message), 256)], created)
	if !order {
		if bytes.Contains(message[:min(len(message), 256)], snapshotEnd) {
			w.begin(s, message)
		}
		return
	}
	now := time.Now().UnixMicro()
	seq := number(seqOn)
	if seq == 0 {
		s.last = 0 // a peer keeps no log
	} else if seq != s.last+1 {
		w.fail(fmt.Errorf("after %d comes %d in %.80s", s.last, seq, message))
	}
	s.last = seq
	_, sentOn, _ := bytes.Cut(message, sentAt)
	if sent := int64(number(sentOn)); s.latency != nil && sent >= w.since.Load() {
		_ = s.latency.RecordValue(max(1, now-sent))
	}
	if w.Sample.Load() == nil {
		sample := bytes.Clone(message)
		w.Sample.Store(&sample)
	}
	if s.resumes && !s.ready {
		w.caughtUp(s)
		return // an order that was missed is not delivered on time
	}
	w.Delivered.Add(1)
}

// greet takes the server's position at the moment the screen came in.
func (w *Wall) greet(s *Screen, message []byte) {
	s.greeted = true
	_, seqOn, _ := bytes.Cut(message, []byte(`"seq":`))
	s.until = number(seqOn)
	if s.greets != nil {
		_, epoch, _ := bytes.Cut(message, []byte(`"epoch":"`))
		epoch, _, _ = bytes.Cut(epoch, []byte(`"`))
		*s.greets = Position{string(epoch), s.until}
	}
	if s.resumes {
		w.caughtUp(s)
	}
}

// caughtUp counts a screen that resumes once it has all that it had missed.
func (w *Wall) caughtUp(s *Screen) {
	if s.greeted && s.last >= s.until {
		w.enter(s)
	}
}

// begin ends the snapshot: orders go on from its place in the log.
func (w *Wall) begin(s *Screen, message []byte) {
	_, seqOn, _ := bytes.Cut(message, []byte(`"seq":`))
	if s.resumes {
		w.fail(fmt.Errorf("a screen that resumes after %d got a snapshot", s.last))
		return
	}
	s.last = number(seqOn)
	w.enter(s)
}

func (w *Wall) enter(s *Screen) {
	s.ready = true
	if s.began != nil {
		_ = s.began.RecordValue(max(1, time.Since(s.dialled).Microseconds()))
	}
	if s.stalled { // it reads no more
		w.epoll.remove(s.fd)
	}
	w.Ready.Add(1)
}

// Again makes an engine's message of an order anew, as of no log and sent at a
// moment in µs since 1970: for servers that are handed what they send.
func Again(sample []byte) func(sentMicros int64) []byte {
	head, rest, _ := bytes.Cut(sample, created)
	front, back, _ := bytes.Cut(rest, sentAt)
	front = bytes.TrimLeft(front, "0123456789")
	back = bytes.TrimLeft(back, "0123456789")
	front = bytes.Join([][]byte{head, created, []byte("0"), front, sentAt}, nil)
	return func(sentMicros int64) []byte {
		return append(fmt.Appendf(nil, "%s%d", front, sentMicros), back...)
	}
}

// number reads the digits at the front.
func number(b []byte) (n uint64) {
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		n = n*10 + uint64(b[0]-'0')
		b = b[1:]
	}
	return n
}
