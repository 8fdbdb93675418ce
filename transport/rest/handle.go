package rest

import (
	"bytes"
	"errors"
	"fmt"
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
	if why := ambiguous(&ctx.Request.Header); why != "" {
		ctx.SetConnectionClose()
		x.fail(domain.Refuse(domain.BadRequest, why))
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
	x.boundAnswer()
	response := &x.Ctx.Response
	response.Header.SetBytesV(headerRequestID, x.id[:x.idLen])
	s.origins.answer(x)
	x.guard()
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
	} else if errors.Is(err, errNoRoom) {
		x.fail(domain.Refuse(domain.Overloaded, "Too many large requests arrive at once; repeat it"))
	} else if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		x.fail(s.tooLarge(&ctx.Request.Header, x.start))
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

// limitBody says how much of a body is read. It is asked when the headers are
// there: who has no token, or not the role, cannot make the process hold more than
// smallBody.
func (s *Server) limitBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	n := h.ContentLength()
	if n == 0 {
		return fasthttp.RequestConfig{}
	}
	config := fasthttp.RequestConfig{ReadTimeout: s.limits.ReadTimeout}
	if n < 0 || n > smallBody {
		config.MaxRequestBodySize, _ = s.bodyLimit(h, time.Now())
	}
	return config
}

// bodyLimit is what a request may send, and why it is no more than smallBody.
func (s *Server) bodyLimit(h *fasthttp.RequestHeader, now time.Time) (limit int, refused error) {
	who, err := s.verify.Verify(bearer(h.Peek(fasthttp.HeaderAuthorization)), now)
	if err != nil {
		return min(smallBody, s.limits.BodyBytes), err
	}
	path, _, _ := bytes.Cut(h.RequestURI(), []byte{'?'})
	for _, r := range s.large {
		if string(h.Method()) == r.Method && string(path) == r.Path {
			if err := r.admit(who.Identity); err != nil {
				return min(smallBody, s.limits.BodyBytes), err
			}
			return r.BodyBytes, nil
		}
	}
	return s.limits.BodyBytes, nil
}

// tooLarge says why no more of a body is read.
func (s *Server) tooLarge(h *fasthttp.RequestHeader, now time.Time) error {
	if len(h.Host()) == 0 { // of a chunked body fasthttp has thrown the headers away by now
		return domain.Refuse(domain.PayloadTooLarge, "The request's body is larger than this call takes")
	}
	limit, refused := s.bodyLimit(h, now)
	if refused != nil {
		return refused
	}
	return domain.Refuse(domain.PayloadTooLarge, fmt.Sprintf("The request's body is larger than the %d bytes that this call takes", limit))
}

// ambiguous finds requests that a proxy in front may have read in another way:
// then what follows would be somebody else's request. RFC 9112 asks for most of it.
func ambiguous(h *fasthttp.RequestHeader) string {
	lengths, coded := 0, false
	for line := range bytes.Lines(h.RawHeaders()) {
		end := len(line) - 2
		if end < 0 || line[end] != '\r' {
			return "A header line does not end with CR LF"
		}
		if end == 0 {
			break
		}
		name, value, _ := bytes.Cut(line[:end], []byte{':'})
		if bytes.IndexByte(name, ' ') >= 0 || bytes.IndexByte(name, '\t') >= 0 {
			return "A header's name has a space in it, or is a line folded"
		}
		switch len(name) {
		case len("Content-Length"):
			if bytes.EqualFold(name, []byte("Content-Length")) {
				lengths++
			}
		case len("Transfer-Encoding"):
			if bytes.EqualFold(name, []byte("Transfer-Encoding")) {
				if !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
					return "Transfer-Encoding must be chunked"
				}
				coded = true
			}
		}
	}
	if coded && lengths > 0 {
		return "Both Content-Length and Transfer-Encoding"
	}
	if p := h.Protocol(); string(p) != "HTTP/1.1" && string(p) != "HTTP/1.0" {
		return "Only versions 1.0 and 1.1 of HTTP are spoken here"
	}
	return ""
}
