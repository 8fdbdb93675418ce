package rest

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport"
	"heard/transport/auth"
)

// Handle is the whole chain. It is exported for servers in memory.
func (s *Server) Handle(ctx *fasthttp.RequestCtx) {
	s.handleAs(ctx, ctx.Time(), nil)
}

// handleAs takes an Exchange that was used before: it would be half of what a
// read leaves to the collector.
func (s *Server) handleAs(ctx *fasthttp.RequestCtx, start time.Time, given *auth.Subject) {
	x := s.exchanges.Get().(*Exchange)
	*x = Exchange{Ctx: ctx, server: s, route: s.other, start: start, given: given}
	s.handle(x)
	*x = Exchange{} // nothing of a request is in reach after it
	s.exchanges.Put(x)
}

func (s *Server) handle(x *Exchange) {
	ctx := x.Ctx
	s.inFlight.Add(1)
	defer s.finish(x)
	repeated := x.readHeaders()
	x.identify()
	if ambiguous(&ctx.Request.Header) {
		ctx.SetConnectionClose()
		x.fail(domain.Refuse(domain.BadRequest, "Both Content-Length and Transfer-Encoding"))
		return
	}
	if repeated != "" {
		x.fail(domain.Blame(domain.BadRequest, repeated, "is there twice"))
		return
	}
	if s.origins.preflight(x) {
		return
	}
	ctx.SetUserValue(exchangeKey{}, x)
	s.router(ctx)
}

// finish does what every answer needs, also that of a handler that panicked:
// fasthttp recovers nothing, and one bad request would end the process.
func (s *Server) finish(x *Exchange) {
	if p := recover(); p != nil {
		s.panicked(x, p, debug.Stack())
	}
	if c, ok := x.Ctx.Conn().(*conn); ok && x.Ctx.Hijacked() {
		c.unpaced.Store(true)
	}
	response := &x.Ctx.Response
	response.Header.SetBytesV(headerRequestID, x.id[:x.idLen])
	s.origins.answer(x)
	took := time.Since(x.start)
	s.inFlight.Add(-1)
	s.metrics.observe(x.route, response.StatusCode(), took)
	s.latency.record(x.start.Add(took), took)
	s.logAccess(x, took)
}

func (s *Server) panicked(x *Exchange, p any, stack []byte) {
	s.metrics.panics.Inc()
	s.log.Error("panic in a request", slog.String("request_id", x.RequestID()),
		slog.String("route", x.route.Path), slog.Any("panic", p), slog.String("stack", string(stack)))
	if x.Ctx.Hijacked() {
		x.Ctx.Hijack(nil)
	}
	x.Ctx.Response.Reset()
	x.fail(domain.Refuse(domain.Internal, "Internal error"))
}

// handleBroken answers what fasthttp could not read as a request. It closes the
// connection afterwards.
func (s *Server) handleBroken(ctx *fasthttp.RequestCtx, err error) {
	x := &Exchange{Ctx: ctx, server: s, route: s.other, start: time.Now()}
	s.inFlight.Add(1)
	defer s.finish(x)
	x.readHeaders()
	x.identify()
	if small := (*fasthttp.ErrSmallBuffer)(nil); errors.As(err, &small) {
		x.fail(domain.Refuse(transport.HeaderTooLarge, "The request's headers are too large"))
	} else if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		x.fail(domain.Refuse(domain.PayloadTooLarge, "The request's body is too large"))
	} else if network := net.Error(nil); errors.As(err, &network) && network.Timeout() {
		x.fail(domain.Refuse(transport.RequestTimeout, "The request took too long to arrive"))
		return
	} else {
		x.fail(domain.Refuse(domain.BadRequest, "Malformed HTTP request"))
	}
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
}

// limitBody gives the few routes that take more or less their own limit.
func (s *Server) limitBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := bytes.Cut(h.RequestURI(), []byte{'?'})
	return fasthttp.RequestConfig{MaxRequestBodySize: s.bodyBytes[string(path)]}
}

// ambiguous finds requests with two lengths. A proxy in front may have believed
// the other one, and what follows would be somebody else's request.
func ambiguous(h *fasthttp.RequestHeader) bool {
	if h.ContentLength() != -1 { // not chunked
		return false
	}
	for line := range bytes.Lines(h.RawHeaders()) {
		name, _, _ := bytes.Cut(line, []byte{':'})
		if bytes.EqualFold(bytes.TrimSpace(name), []byte("content-length")) {
			return true
		}
	}
	return false
}
