package rest

import (
	"time"

	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport/auth"
)

// HandleFor carries out a request that came in another way than HTTP, in the
// name of a subject whose token was verified then: the same table, limits,
// decoder and errors as for any other request. ctx is the caller's, made with
// Init; the answer stands in ctx.Response.
func (s *Server) HandleFor(ctx *fasthttp.RequestCtx, subject auth.Subject) {
	s.handleAs(ctx, time.Now(), &subject)
}

// checkGiven refuses a subject whose token has expired since it was verified.
func (x *Exchange) checkGiven() error {
	if x.given.ExpiresMS <= x.start.UnixMilli() {
		return domain.Refuse(domain.TokenExpired, "Token expired")
	}
	x.Subject = *x.given
	return nil
}

// Server is who serves the exchange, for routes that go on after it.
func (x *Exchange) Server() *Server { return x.server }
