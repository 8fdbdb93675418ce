package ws

import (
	"slices"

	"heard/domain"
)

// move changes a socket's rooms: what was handed out before still reaches it,
// and what comes after is what the new rooms get. False when they are too many.
func (o *organisation) move(s *socket, add bool, names []string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	rooms := o.gateway.roomsAfter(s.audience, add, names)
	if len(rooms) > maxRooms {
		return false
	}
	next := o.audienceOf(s.role, rooms)
	live := s.group != nil
	if live {
		s.group.remove(s)
	}
	s.audience = next
	s.send(item{b: subscribed(next.rooms)})
	if live {
		o.join(s, s.dueNow())
	}
	return true
}

func (g *Gateway) roomsAfter(a *audience, add bool, names []string) []string {
	if !add {
		return slices.DeleteFunc(slices.Clone(a.rooms), func(name string) bool { return slices.Contains(names, name) })
	}
	before := a.rooms
	if a == g.everyone[whole] || a == g.everyone[kitchen] {
		before = nil
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(before, names))))
}

// audienceOf shares the audience of those who are there already.
func (o *organisation) audienceOf(role domain.Role, rooms []string) *audience {
	next := newAudience(role, rooms)
	if g := o.groups[next.key]; g != nil && slices.Equal(g.audience.rooms, next.rooms) {
		return g.audience
	}
	return next
}

func subscribed(rooms []string) []byte {
	b := append(message(typeRooms, 128), `{"rooms":[`...)
	for i, name := range rooms {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(b, name)
	}
	return end(append(b, ']', '}'))
}
