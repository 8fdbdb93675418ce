package rest

import (
	"errors"

	"heard/domain"
)

// smallBody is what a request may send without a token, and without being counted
// against the budget of all bodies, bytes.
const smallBody = 64 << 10

// largeAnswer is what counts against the budget of all answers, bytes.
const largeAnswer = 64 << 10

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

// holdAnswer counts a large answer until its connection has another request, or
// ends. It answers false when too many wait for clients that read slowly.
func (c *conn) holdAnswer(bytes int64) bool {
	if c.listener.answers.Add(bytes) > c.listener.maxAnswers {
		c.listener.answers.Add(-bytes)
		c.listener.noRoom.Add(1)
		return false
	}
	c.answering.Add(bytes)
	return true
}

// letGo gives back what was counted: the request was answered, or is over.
func (c *conn) letGo() {
	c.listener.bodies.Add(-c.held.Swap(0))
	c.listener.answers.Add(-c.answering.Swap(0))
}

// boundAnswer makes a large answer a refusal where there is no room for it. Those to
// writes are let through: they have had their effect.
func (x *Exchange) boundAnswer() {
	response := &x.Ctx.Response
	if len(response.Body()) < largeAnswer || x.route.Public || !x.Ctx.IsGet() {
		return
	}
	if c, ok := x.Ctx.Conn().(*conn); ok && !c.holdAnswer(int64(len(response.Body()))) {
		response.Reset()
		x.fail(domain.Refuse(domain.Overloaded, "Too many large answers wait for slow readers; repeat it"))
	}
}
