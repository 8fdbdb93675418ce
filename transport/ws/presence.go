package ws

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"heard/domain"
)

// presence says who is connected. It is no event of the log: only the newest
// state matters, so changes are told together, and less often the more there are
// to tell.
type presence struct {
	planned bool
	told    time.Time // the last frame
}

// presenceQuiet is how many times PresencePause lies between two frames while
// people keep coming: a storm of n sockets must not become n times n frames.
const presenceQuiet = 8

// person is one user in one role.
type person struct {
	user string
	role domain.Role
}

// presenceChanged plans a frame; o.mu is held.
func (o *organisation) presenceChanged() {
	if o.presence.planned || len(o.sockets) == 0 {
		return
	}
	o.presence.planned = true
	pause := o.gateway.limits.PresencePause
	if quiet := presenceQuiet*pause + time.Duration(len(o.sockets))*time.Millisecond; time.Since(o.presence.told) < quiet {
		pause = quiet
	}
	time.AfterFunc(pause, o.announce)
}

func (o *organisation) announce() {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() { o.gateway.recovered("presence", recover()) }()
	o.presence = presence{told: time.Now()}
	f := frame{b: o.presenceFrame(), bornNS: nowNS()}
	for _, g := range o.groups {
		if !g.audience.all {
			continue
		}
		g.toAll(f)
		for _, s := range g.joiners {
			s.send(item{b: f.b})
		}
	}
}

func (o *organisation) presenceFrame() []byte {
	type seen struct {
		name    string
		sockets int
	}
	people := map[person]seen{}
	for _, s := range o.sockets {
		p := person{s.user, s.role}
		people[p] = seen{s.name, people[p].sockets + 1}
	}
	sorted := slices.SortedFunc(maps.Keys(people), func(a, b person) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.role, b.role))
	})
	b := append(message(typePresence, 64+64*min(len(sorted), maxListedUsers)), `{"users":[`...)
	for i, p := range sorted[:min(len(sorted), maxListedUsers)] {
		if i > 0 {
			b = append(b, ',')
		}
		who := people[p]
		b = domain.AppendString(append(b, `{"user_id":`...), p.user)
		b = domain.AppendString(append(b, `,"name":`...), who.name)
		b = domain.AppendString(append(b, `,"role":`...), string(p.role))
		b = strconv.AppendInt(append(b, `,"sockets":`...), int64(who.sockets), 10)
		b = append(b, '}')
	}
	b = append(b, ']')
	if more := len(sorted) - maxListedUsers; more > 0 {
		b = strconv.AppendInt(append(b, `,"more":`...), int64(more), 10)
	}
	return end(append(b, '}'))
}
