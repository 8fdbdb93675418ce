package ws

import "slices"

// group is the live sockets of one audience of an organisation. All of it is of
// the organisation's lock, but what the shards own.
type group struct {
	org      *organisation
	audience *audience
	due      uint64    // sequence of the newest event handed out here
	parts    []*part   // one for each shard
	joiners  []*socket // came from another place than due: their next frame is their own
	size     int
}

// groupOf finds or makes the group of an audience; o.mu is held.
func (o *organisation) groupOf(a *audience, due uint64) *group {
	g := o.groups[a.key]
	if g == nil {
		g = &group{org: o, audience: a, due: due, parts: make([]*part, len(o.gateway.shards))}
		for i, sh := range o.gateway.shards {
			g.parts[i] = &part{group: g, shard: sh}
		}
		o.groups[a.key] = g
		if len(a.stations) > 0 && !a.all {
			o.needStations()
		}
	}
	return g
}

// join makes a socket live: from here it gets what its audience gets. due is the
// newest event it was given; o.mu is held.
func (o *organisation) join(s *socket, due uint64) {
	g := o.groupOf(s.audience, due)
	g.size++
	s.group, s.catch = g, nil
	if due == g.due {
		g.attach(s, due)
	} else {
		s.mu.Lock()
		s.due = due
		s.mu.Unlock()
		g.joiners = append(g.joiners, s)
	}
	if !s.greeted {
		s.greeted = true
		o.presenceChanged()
	}
}

// attach makes a socket a member of its part. Frames that wait there are not for
// it.
func (g *group) attach(s *socket, due uint64) {
	p := g.parts[s.shard.index]
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.part, s.at, s.done, s.due = p, len(p.members), p.next, due
	p.members = append(p.members, s)
}

// remove takes a socket out, and gives it what it has not got yet of what was
// handed out. The newest event it then has is g.due.
func (g *group) remove(s *socket) {
	s.group = nil
	if g.size--; g.size == 0 {
		delete(g.org.groups, g.audience.key)
	}
	if i := slices.Index(g.joiners, s); i >= 0 {
		g.joiners = slices.Delete(g.joiners, i, i+1)
		return
	}
	p := g.parts[s.shard.index]
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	s.mu.Lock()
	for _, f := range p.detach(s) {
		s.push(item{b: f.b})
		s.due = max(s.due, f.seq)
	}
	list := len(s.queue) > 0 && !s.stalled && !s.listed && !s.dead
	if list {
		s.listed = true
		p.shard.ready = append(p.shard.ready, s)
	}
	s.mu.Unlock()
	if list {
		p.shard.wake()
	}
}

// detach returns the frames a member has not been handed; both locks are held.
func (p *part) detach(s *socket) (missing []frame) {
	if s.part != p {
		return nil
	}
	if r := p.pass; r != nil && s.done < r.start+uint64(len(r.frames)) {
		missing = append(missing, r.frames[max(s.done, r.start)-r.start:]...)
	}
	start := p.next - uint64(len(p.pending))
	if s.done < p.next {
		missing = append(missing, p.pending[max(s.done, start)-start:]...)
	}
	end := len(p.members) - 1
	if p.pass != nil { // it walks over the list that is there now
		p.members = slices.Clone(p.members)
	}
	p.members[s.at] = p.members[end]
	p.members[end] = nil
	p.members = p.members[:end]
	if s.at < end {
		moved := p.members[s.at]
		moved.at = s.at
	}
	s.part, s.done = nil, p.next
	return missing
}

// deliver hands an event to the audience; the organisation's lock is held.
func (g *group) deliver(e *encoder) {
	seq := e.record.Seq
	g.toAll(frame{e.frame(g.audience.view, g.due), seq, e.bornNS})
	for _, s := range g.joiners {
		s.send(item{b: e.frame(g.audience.view, s.dueNow())})
		g.attach(s, seq)
	}
	g.joiners = nil
	g.due = seq
}

func (s *socket) dueNow() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.due
}

func (g *group) toAll(f frame) {
	for _, p := range g.parts {
		if !p.put(f) {
			after := g.org.last
			if f.seq > 0 {
				after = f.seq - 1
			}
			g.org.overflow(p, after)
			g.org.gateway.stats.overflows.Add(1)
		}
	}
}

// overflow is a shard's fault, not the sockets': they read what they missed from
// the log, in chunks, at the pace each can take.
// after is the newest event that a member without waiting frames has.
func (o *organisation) overflow(p *part, after uint64) {
	sh := p.shard
	sh.mu.Lock()
	members := slices.Clone(p.members)
	for _, s := range members {
		s.mu.Lock()
		missing := p.detach(s)
		c := &catchUp{after: after, due: s.due}
		for _, f := range missing {
			if f.seq > 0 {
				c.after = f.seq - 1
				break
			}
		}
		s.mu.Unlock()
		s.group, s.catch = nil, c
		p.group.size--
	}
	p.pending, p.bytes = nil, 0
	sh.mu.Unlock()
	if p.group.size == 0 {
		delete(o.groups, p.group.audience.key)
	}
	for _, s := range members {
		o.askFor(s)
	}
}

// stepAside has every live socket read what comes now from the log instead, in
// chunks, at the pace each can take: a batch of a thousand orders is more than a
// socket's queue holds, and who reads well must not be cut for it.
func (o *organisation) stepAside() {
	for _, g := range o.groups {
		for _, s := range g.joiners {
			s.group, s.catch = nil, &catchUp{after: o.last, due: s.dueNow()}
			g.size--
			o.askFor(s)
		}
		g.joiners = nil
		for _, p := range g.parts {
			o.overflow(p, o.last)
		}
		delete(o.groups, g.audience.key)
	}
}
