package rest

import "errors"

// smallBody is what a request may send without a token, and without being counted
// against the budget of all bodies, bytes.
const smallBody = 64 << 10

// errNoRoom ends a request for whose body there is no room now.
var errNoRoom = errors.New("too many bytes of requests are under way")

// hold counts the bytes of a large request that have arrived, for fasthttp keeps
// them all until it is answered. It answers false when there is no room for more.
func (c *conn) hold() bool {
	more := c.request.moved - smallBody - c.held.Load()
	if more <= 0 {
		return true
	}
	if c.listener.bodies.Add(more) > c.listener.maxBodies {
		c.listener.bodies.Add(-more)
		c.listener.noRoom.Add(1)
		return false
	}
	c.held.Add(more)
	return true
}

// letGo gives back what was counted: the request was answered, or is over.
func (c *conn) letGo() { c.listener.bodies.Add(-c.held.Swap(0)) }
