package actors

import (
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	clockTolerance = time.Minute // what the machine's clock may be off at once and is still believed
	clockLook      = time.Second
)

// clock gives the time of records. It is the machine's as long as that grows
// steadily. A clock that jumps is not followed: one wrong second of it would
// forget a day's keys, or lock out users for as long as it was ahead, since
// times never run backwards. What is taken over of a jump is slow, so that a
// right clock wins in the end and a wrong one does no harm before it is noticed;
// a restart takes the machine's clock at once.
type clock struct {
	now     func() time.Time
	elapsed func() time.Duration
	log     *slog.Logger

	base  atomic.Int64 // ms since 1970 when elapsed was 0
	ahead atomic.Int64 // ms that the machine's clock is ahead, less than 0 behind; 0 = it is believed

	// Of the goroutine that looks.
	looked  time.Duration
	asleep  func() time.Duration // that elapsed does not count
	wasDown time.Duration
}

func newClock(now func() time.Time, elapsed func() time.Duration, log *slog.Logger) *clock {
	c := &clock{now: now, elapsed: elapsed, log: log, asleep: asleep}
	c.base.Store(now().UnixMilli() - elapsed().Milliseconds())
	c.wasDown = c.asleep()
	return c
}

// ms is the time, ms since 1970.
func (c *clock) ms() int64 {
	wall, own := c.now().UnixMilli(), c.own()
	if believed(wall - own) {
		return wall
	}
	return own
}

func (c *clock) own() int64 { return c.base.Load() + c.elapsed().Milliseconds() }

func believed(ahead int64) bool {
	return -clockTolerance.Milliseconds() <= ahead && ahead <= clockTolerance.Milliseconds()
}

// look follows the machine's clock: at once where it is believed, else with a
// twentieth of the time that passes, or half of it where ours must wait. So keys
// live at least 0.95 of their day meanwhile.
func (c *clock) look() {
	down := c.asleep()
	c.base.Add((down - c.wasDown).Milliseconds()) // the machine slept: no jump
	c.wasDown = down
	passed := c.elapsed() - c.looked
	c.looked += passed
	ahead := c.now().UnixMilli() - c.own()
	before := c.ahead.Load()
	switch {
	case believed(ahead):
		c.base.Add(ahead)
		ahead = 0
	case ahead > 0:
		c.base.Add(passed.Milliseconds() / 20)
	default:
		c.base.Add(-passed.Milliseconds() / 2)
	}
	c.ahead.Store(ahead)
	if (before == 0) != (ahead == 0) {
		c.log.Error("clock", "jumped", ahead != 0, "ahead", time.Duration(ahead)*time.Millisecond)
	}
}
