package ws

import (
	"sync/atomic"
	"time"
)

// counters only ever rise, but for stalled.
type counters struct {
	accepted, refused, received, commands      atomic.Int64
	sent, failed, cut, stalled, slowed, panics atomic.Int64
	overflows, resyncs, replayed               atomic.Int64
	pages, shared                              atomic.Int64
	passes, latencyNS                          atomic.Int64
	idle, unauthenticated                      atomic.Int64
	repliesRefused                             atomic.Int64
}

// delivered counts a pass that has reached its last socket.
func (c *counters) delivered(p *pass) {
	c.passes.Add(1)
	c.latencyNS.Add(max(0, time.Now().UnixNano()-p.frames[0].bornNS))
}

func (c *counters) closed(code int) {
	switch code {
	case closeIdle:
		c.idle.Add(1)
	case closeNoToken, closeForbidden:
		c.unauthenticated.Add(1)
	}
}

// Stats are the gateway's figures.
type Stats struct {
	Accepted       int64 // sockets ever
	Active         int64 // now
	Refused        int64 // beyond a limit
	Received       int64 // messages from clients
	Commands       int64
	Sent           int64 // frames that the kernel has taken
	Failed         int64 // frames that a socket ended before
	Cut            int64 // sockets that read too slowly
	Stalled        int64 // sockets whose send buffer is full now
	Slowed         int64 // times that a flood was read more slowly
	Panics         int64
	Overflows      int64 // times that a shard could not keep up
	Resyncs        int64 // positions that were of no use
	Replayed       int64 // events encoded from the log
	Pages          int64 // snapshot chunks encoded
	Shared         int64 // chunks that were taken again
	Idle           int64 // sockets closed with 4408
	Refusals       int64 // sockets closed with 4401 or 4403
	ReplyBytes     int64 // of large answers that wait now
	RepliesRefused int64 // because too many waited
	Organisations  int64 // with sockets
	Rooms          int64 // audiences that are live
	CatchingUp     int64 // sockets that are not live yet
	AvgLatencyMS   float64
}

// Stats reads the figures. AvgLatencyMS is from durable to the last socket of an
// audience.
func (g *Gateway) Stats() Stats {
	c := &g.stats
	s := Stats{
		Accepted: c.accepted.Load(), Active: g.open.Load(), Refused: c.refused.Load(), Received: c.received.Load(),
		Commands: c.commands.Load(), Sent: c.sent.Load(), Failed: c.failed.Load(), Cut: c.cut.Load(),
		Stalled: c.stalled.Load(), Slowed: c.slowed.Load(), Panics: c.panics.Load(), Overflows: c.overflows.Load(),
		Resyncs: c.resyncs.Load(), Replayed: c.replayed.Load(), Pages: c.pages.Load(), Shared: c.shared.Load(),
		Idle: c.idle.Load(), Refusals: c.unauthenticated.Load(),
		ReplyBytes: g.replies.Load(), RepliesRefused: c.repliesRefused.Load(),
	}
	if n := c.passes.Load(); n > 0 {
		s.AvgLatencyMS = float64(c.latencyNS.Load()) / float64(n) / 1e6
	}
	for _, o := range g.all() {
		o.mu.Lock()
		s.Organisations++
		s.Rooms += int64(len(o.groups))
		for _, socket := range o.sockets {
			if socket.group == nil {
				s.CatchingUp++
			}
		}
		o.mu.Unlock()
	}
	return s
}
