package rest

import (
	"errors"
	"os"
	"time"
)

// pace is how slow a transfer may be. fasthttp knows deadlines alone, and one
// that a menu of megabytes can keep over a bad line is one that a trickle can
// hold a connection with.
//
// An answer earns time: it has WriteTimeout, and one second more for every
// answerBytes that it moved. For the kernel takes megabytes at once, and then
// nothing for as long as a slow client needs for them.
//
// A request has ReadTimeout, and that again as long as requestBytes a second
// arrived since the last time. What it sent before earns nothing: else a body that
// stops at its last byte would be held for as long as the rest of it was worth.
type pace struct {
	requestBytes, answerBytes int64         // a second
	again                     time.Duration // a request has to send more
	longest                   time.Duration // that a transfer may last beyond its first time, however much it moves
}

// transfer is one direction of a connection since its deadline was set: one
// request that arrives, or one answer that leaves.
type transfer struct {
	deadline time.Time // zero = none
	alarm    time.Time // what the socket was told; it may ring before the deadline, which is then set again
	moved    int64     // bytes
	counted  int64     // of them, when the deadline was last put off
	end      time.Time // of a request, however fast it comes; zero = not asked yet
}

// begin is another transfer. An alarm that rings before its deadline is left as
// it is: three alarms for every request would be a tenth of what a read costs.
func (t *transfer) begin(deadline time.Time, set func(time.Time) error) error {
	t.deadline, t.moved, t.counted, t.end = deadline, 0, 0, time.Time{}
	if !t.alarm.IsZero() && t.alarm.Before(deadline) {
		return nil
	}
	t.alarm = deadline
	return set(deadline)
}

// rang reports whether it is the alarm that ended a read or a write, of a transfer
// that has a deadline.
func (t *transfer) rang(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && !t.deadline.IsZero()
}

// earn sets the deadline of an answer with what was earned, and answers false when
// that has passed, too.
func (t *transfer) earn(p pace, set func(time.Time) error) bool {
	earned := min(time.Duration(float64(t.moved)/float64(p.answerBytes)*float64(time.Second)), p.longest)
	t.alarm = t.deadline.Add(earned)
	return t.alarm.After(time.Now()) && set(t.alarm) == nil
}

// goOn sets the next deadline of a request, and answers false when too little came
// since the last, or it lasts too long.
func (t *transfer) goOn(p pace, set func(time.Time) error) bool {
	now := time.Now()
	if t.end.IsZero() {
		t.end = t.deadline.Add(p.longest)
	}
	if !now.Before(t.deadline) {
		if float64(t.moved-t.counted) < float64(p.requestBytes)*p.again.Seconds() || !now.Before(t.end) {
			return false
		}
		t.counted, t.deadline = t.moved, now.Add(p.again)
	}
	t.alarm = t.deadline
	return set(t.alarm) == nil
}

// Read reads on while the request arrives fast enough, and while there is room for
// it beside what others send.
func (c *conn) Read(b []byte) (int, error) {
	for {
		n, err := c.TCPConn.Read(b)
		if c.unpaced.Load() {
			return n, err
		}
		c.request.moved += int64(n)
		if n > 0 && !c.hold() {
			return 0, errNoRoom
		}
		if n > 0 || !c.request.rang(err) || !c.request.goOn(c.listener.pace, c.TCPConn.SetReadDeadline) {
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
		if written == len(b) || !c.answer.rang(err) || !c.answer.earn(c.listener.pace, c.TCPConn.SetWriteDeadline) {
			return written, err
		}
	}
}

// SetReadDeadline begins another request, for fasthttp sets it then.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.unpaced.Load() {
		return c.TCPConn.SetReadDeadline(t)
	}
	c.letGo()
	return c.request.begin(t, c.TCPConn.SetReadDeadline)
}

// SetWriteDeadline begins another answer.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.unpaced.Load() {
		return c.TCPConn.SetWriteDeadline(t)
	}
	return c.answer.begin(t, c.TCPConn.SetWriteDeadline)
}
