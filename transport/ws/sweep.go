package ws

import (
	"encoding/json"
	"time"

	"heard/domain"
	"heard/domain/outlet"
)

// sweepLoop looks after all sockets once a second: one timer instead of several
// for each.
func (g *Gateway) sweepLoop() {
	defer g.running.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			g.sweep(now)
		case <-g.stop:
			return
		}
	}
}

func (g *Gateway) sweep(now time.Time) {
	defer func() { g.recovered("sweep", recover()) }()
	for _, o := range g.all() {
		o.sweep(now)
	}
	g.forgetEmpty()
}

// sweep pings a share of the sockets, so that not all are written at once, and
// closes those that are idle or whose token has expired.
func (o *organisation) sweep(now time.Time) {
	o.mu.Lock()
	o.dropOldChunks(now)
	var ping, idle, expired []*socket
	interval := uint64(max(1, o.gateway.limits.PingInterval/time.Second))
	turn := uint64(now.Unix()) % interval
	quietMS := now.Add(-o.gateway.limits.IdleTimeout).UnixMilli()
	for _, s := range o.sockets {
		switch {
		case s.expired(now):
			expired = append(expired, s)
		case s.heardMS.Load() < quietMS:
			idle = append(idle, s)
		case s.number%interval == turn:
			ping = append(ping, s)
		}
	}
	o.mu.Unlock()
	for _, s := range expired {
		s.shut(closeNoToken, "Token expired")
	}
	for _, s := range idle {
		s.shut(closeIdle, "idle")
	}
	if len(ping) > 0 {
		frame := controlFrame(opPing, nil)
		for _, s := range ping {
			s.send(item{b: frame})
		}
	}
}

// revoked closes a user's sockets whose token is older; o.mu is held.
func (o *organisation) revoked(r *domain.Record) {
	var e outlet.UserRevoked
	if err := json.Unmarshal(r.Data, &e); err != nil {
		o.gateway.log.Error("revocation cannot be read", "org", o.id, "seq", r.Seq, "error", err)
		return
	}
	for _, s := range o.sockets {
		if s.user == e.Sub && s.issuedMS < e.Before {
			s.shut(closeNoToken, "Token revoked")
		}
	}
}
