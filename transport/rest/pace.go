package rest

import (
	"errors"
	"os"
	"time"
)

// pace is how slow a transfer may be. fasthttp knows deadlines alone, and one
// that a menu of megabytes can keep over a bad line is one that a trickle can
// hold a connection with. So what moves earns time: a transfer has ReadTimeout or
// WriteTimeout, and one second more for every bytesPerSecond that it moved.
type pace struct {
	bytesPerSecond int64
	longest        time.Duration // that a transfer can earn, however much it moves
}

// transfer is one direction of a connection since its deadline was set: one
// request that arrives, or one answer that leaves.
type transfer struct {
	deadline time.Time // zero = none
	alarm    time.Time // what the socket was told; it may ring before the deadline, for renew puts it off
	moved    int64     // bytes
}

// begin is another transfer. An alarm that rings before its deadline is left as
// it is: three alarms for every request would be a tenth of what a read costs.
func (t *transfer) begin(deadline time.Time, set func(time.Time) error) error {
	t.deadline, t.moved = deadline, 0
	if !t.alarm.IsZero() && t.alarm.Before(deadline) {
		return nil
	}
	t.alarm = deadline
	return set(deadline)
}

// renew is called when the alarm has rung. It sets the deadline with what was
// earned, and answers false when there is none or that has passed, too.
func (t *transfer) renew(p pace, err error, set func(time.Time) error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || t.deadline.IsZero() {
		return false
	}
	earned := min(time.Duration(float64(t.moved)/float64(p.bytesPerSecond)*float64(time.Second)), p.longest)
	t.alarm = t.deadline.Add(earned)
	return t.alarm.After(time.Now()) && set(t.alarm) == nil
}

// Read reads on while the request arrives fast enough.
func (c *conn) Read(b []byte) (int, error) {
	for {
		n, err := c.TCPConn.Read(b)
		if c.unpaced.Load() {
			return n, err
		}
		c.request.moved += int64(n)
		if n > 0 || !c.request.renew(c.listener.pace, err, c.TCPConn.SetReadDeadline) {
			return n, err
		}
	}
}

// Write writes on while the answer leaves fast enough. What the kernel has taken
// counts as gone: who reads nothing at all has earned the time for its buffers.
func (c *conn) Write(b []byte) (written int, err error) {
	for {
		n, err := c.TCPConn.Write(b[written:])
		written += n
		if c.unpaced.Load() {
			return written, err
		}
		c.answer.moved += int64(n)
		if written == len(b) || !c.answer.renew(c.listener.pace, err, c.TCPConn.SetWriteDeadline) {
			return written, err
		}
	}
}

// SetReadDeadline begins another request, for fasthttp sets it then.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.unpaced.Load() {
		return c.TCPConn.SetReadDeadline(t)
	}
	return c.request.begin(t, c.TCPConn.SetReadDeadline)
}

// SetWriteDeadline begins another answer.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.unpaced.Load() {
		return c.TCPConn.SetWriteDeadline(t)
	}
	return c.answer.begin(t, c.TCPConn.SetWriteDeadline)
}
