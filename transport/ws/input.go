package ws

import (
	"encoding/binary"
	"errors"
	"time"
	"unicode/utf8"
)

// input reads frames strictly as RFC 6455 writes them. gorilla's reader is not
// used after the handshake: it takes one-byte close frames, lengths that are not
// minimal and text that is not UTF-8, and needs a deeper stack.
type input struct {
	read, written int
	buffer        [256]byte

	second        int64 // that the next two count for
	frames, bytes int
}

// closing is an error that ends the socket with a code.
type closing struct {
	code   int
	reason string
}

func (c *closing) Error() string { return c.reason }

func violation(reason string) error { return &closing{closeProtocol, reason} }

// errClosed is the client's own close frame; it was answered.
var errClosed = errors.New("closed by the client")

// header is a frame's.
type header struct {
	final  bool
	opcode byte
	length int
	mask   [4]byte
}

// next returns the client's next message, valid until next is called again.
// Control frames are answered on the way. Errors are *closing, errClosed, or the
// connection's.
func (s *socket) next() ([]byte, error) {
	var message []byte
	fragmented := false
	for {
		h, err := s.header()
		if err != nil {
			return nil, err
		}
		if h.opcode >= opClose {
			if err := s.control(h); err != nil {
				return nil, err
			}
			continue
		}
		switch {
		case h.opcode == opContinuation && !fragmented:
			return nil, violation("continuation of nothing")
		case h.opcode != opContinuation && fragmented:
			return nil, violation("message within a message")
		case h.opcode == opBinary:
			return nil, &closing{closeNoBinary, "text frames only"}
		case len(message)+h.length > maxMessageBytes:
			return nil, &closing{closeTooBig, "message too big"}
		}
		if h.final && !fragmented && h.length <= len(s.in.buffer) {
			message, err = s.short(h)
		} else {
			message, err = s.payload(message, h)
		}
		if err != nil {
			return nil, err
		}
		if fragmented = true; !h.final {
			continue
		}
		if !utf8.Valid(message) {
			return nil, &closing{closeBadText, "text is not UTF-8"}
		}
		return message, nil
	}
}

func (s *socket) header() (h header, err error) {
	if err := s.fill(2); err != nil {
		return h, err
	}
	in := &s.in
	first, second := in.buffer[in.read], in.buffer[in.read+1]
	h.final, h.opcode = first&finBit != 0, first&0xF
	h.length = int(second &^ maskBit)
	switch {
	case first&0x70 != 0:
		return h, violation("reserved bits")
	case h.opcode > opBinary && h.opcode < opClose || h.opcode > opPong:
		return h, violation("unknown opcode")
	case second&maskBit == 0:
		return h, violation("frame is not masked")
	case h.opcode >= opClose && (!h.final || h.length > maxControlBytes):
		return h, violation("control frame too long or in fragments")
	}
	in.read += 2
	if err := s.length(&h); err != nil {
		return h, err
	}
	if err := s.fill(4); err != nil {
		return h, err
	}
	copy(h.mask[:], in.buffer[in.read:])
	in.read += 4
	s.pace(h.length)
	return h, nil
}

// length reads the longer forms; only the shortest that fits is allowed.
func (s *socket) length(h *header) error {
	in := &s.in
	switch h.length {
	case 126:
		if err := s.fill(2); err != nil {
			return err
		}
		h.length = int(binary.BigEndian.Uint16(in.buffer[in.read:]))
		in.read += 2
		if h.length < 126 {
			return violation("length is not minimal")
		}
	case 127:
		if err := s.fill(8); err != nil {
			return err
		}
		n := binary.BigEndian.Uint64(in.buffer[in.read:])
		in.read += 8
		if n>>63 != 0 || n < 1<<16 {
			return violation("length is not minimal, or beyond 63 bits")
		}
		h.length = int(min(n, maxMessageBytes+1))
	}
	return nil
}

// control answers a control frame. Pings are answered through the queue: a frame
// may be half written.
func (s *socket) control(h header) error {
	payload, err := s.short(h)
	if err != nil {
		return err
	}
	switch h.opcode {
	case opPing:
		s.send(item{b: controlFrame(opPong, payload)})
		return nil
	case opPong:
		return nil
	}
	if len(payload) == 0 {
		s.shut(closeNoStatus, "")
		return errClosed
	}
	if len(payload) == 1 {
		return violation("close code of one byte")
	}
	code := int(binary.BigEndian.Uint16(payload))
	if !validCloseCode(code) {
		return violation("close code")
	}
	if !utf8.Valid(payload[2:]) {
		return &closing{closeBadText, "close reason is not UTF-8"}
	}
	s.shut(code, "")
	return errClosed
}

// short reads a payload that fits the buffer, in place.
func (s *socket) short(h header) ([]byte, error) {
	if err := s.fill(h.length); err != nil {
		return nil, err
	}
	in := &s.in
	payload := in.buffer[in.read : in.read+h.length]
	in.read += h.length
	unmask(payload, h.mask, 0)
	return payload, nil
}

// payload appends a frame's to what came before. Memory grows with what has
// arrived, not with what a header promises.
func (s *socket) payload(message []byte, h header) ([]byte, error) {
	const step = 4 << 10
	in := &s.in
	start := len(message)
	n := min(h.length, in.written-in.read)
	message = append(message, in.buffer[in.read:in.read+n]...)
	in.read += n
	for end := start + h.length; len(message) < end; {
		if room := min(end-len(message), max(step, len(message))); cap(message)-len(message) < room {
			grown := make([]byte, len(message), len(message)+room)
			copy(grown, message)
			message = grown
		}
		n, err := s.conn.Read(message[len(message):min(cap(message), end)])
		message = message[:len(message)+n]
		if err != nil {
			return nil, err
		}
		s.heard()
	}
	unmask(message[start:], h.mask, 0)
	return message, nil
}

func unmask(b []byte, mask [4]byte, at int) {
	for i := range b {
		b[i] ^= mask[(at+i)&3]
	}
}

// fill waits until n bytes are in the buffer.
func (s *socket) fill(n int) error {
	in := &s.in
	if in.written-in.read >= n {
		return nil
	}
	copy(in.buffer[:], in.buffer[in.read:in.written])
	in.written -= in.read
	in.read = 0
	for in.written < n {
		m, err := s.conn.Read(in.buffer[in.written:])
		in.written += m
		if err != nil {
			return err
		}
		s.heard()
	}
	return nil
}

// heard notes that the client is alive.
func (s *socket) heard() { s.heardMS.Store(time.Now().UnixMilli()) }

// pace reads a flood more slowly. What waits stays with the client: TCP's window
// closes.
func (s *socket) pace(length int) {
	in := &s.in
	if in.frames++; in.frames < maxFramesPerSecond && in.bytes+length < maxBytesPerSecond {
		in.bytes += length
		if in.frames&63 != 1 {
			return
		}
		if now := time.Now().Unix(); now != in.second {
			in.second, in.frames, in.bytes = now, 1, length
		}
		return
	}
	now := time.Now()
	if now.Unix() == in.second {
		s.gateway.stats.slowed.Add(1)
		select {
		case <-time.After(time.Until(now.Truncate(time.Second).Add(time.Second))):
		case <-s.gateway.stop:
		}
	}
	in.second, in.frames, in.bytes = time.Now().Unix(), 1, length
}

// discard reads on for a while after the reason for a close was queued: closing
// with unread bytes resets the connection, and takes the reason with it.
func (s *socket) discard() {
	if s.conn.SetReadDeadline(time.Now().Add(closePatience)) != nil {
		return
	}
	for left := lingerBytes; left > 0; {
		n, err := s.conn.Read(s.in.buffer[:])
		if err != nil {
			return
		}
		left -= n
	}
}
