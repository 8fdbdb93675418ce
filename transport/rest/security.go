package rest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"heard/domain"
)

// Lines of the security log: so many of a kind in that time, so that whoever causes
// them cannot fill the disk with them. What was left out is counted in the next.
const (
	securityLines  = 20
	securityPeriod = 10 * time.Second
)

// securityLog writes what an operator wants to know of attacks: refused tokens,
// acts and origins, revocations, floods. Never a token, a header or a body.
type securityLog struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*securityKind
}

type securityKind struct {
	began   time.Time
	lines   int
	dropped int
}

// Security writes a line of the security log, for transports beside REST, too.
func (s *Server) Security(event string, attributes ...slog.Attr) {
	dropped, write := s.security.room(event, time.Now())
	if !write {
		return
	}
	all := append([]slog.Attr{slog.String("event", event)}, attributes...)
	if dropped > 0 {
		all = append(all, slog.Int("not_shown_before", dropped))
	}
	s.security.log.LogAttrs(context.Background(), slog.LevelWarn, "security", all...)
}

// room reports whether a line of a kind may be written, and how many were not
// since the last.
func (l *securityLog) room(event string, now time.Time) (dropped int, write bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kinds[event]
	if k == nil {
		k = &securityKind{}
		l.kinds[event] = k
	}
	if now.Sub(k.began) > securityPeriod {
		k.began, k.lines = now, 0
	}
	if k.lines++; k.lines > securityLines {
		k.dropped++
		return 0, false
	}
	dropped, k.dropped = k.dropped, 0
	return dropped, true
}

// securityEvent is what the security log calls a refusal; "" = nothing.
func securityEvent(code domain.Code) string {
	switch code {
	case domain.Unauthenticated, domain.TokenExpired:
		return "token refused"
	case domain.Forbidden, domain.AdminOnly, domain.OrgMismatch:
		return "act refused"
	case domain.RateLimited:
		return "too much asked"
	}
	return ""
}

// Witness writes what somebody did, or was refused, into the security log.
func (x *Exchange) Witness(event string, more ...slog.Attr) {
	by := &x.Subject.Identity
	x.server.Security(event, append([]slog.Attr{
		slog.String("request_id", x.RequestID()),
		slog.String("method", cutMethod(x.Ctx.Method())), slog.String("route", x.route.Path),
		slog.String("remote", x.Ctx.RemoteAddr().String()),
		slog.String("org", x.Subject.Org), slog.String("user", by.User), slog.String("role", string(by.Role)),
	}, more...)...)
}

// guard adds what a browser must know of an answer that is no page.
func (x *Exchange) guard() {
	h := &x.Ctx.Response.Header
	h.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	if !x.route.Public && len(h.Peek(fasthttp.HeaderCacheControl)) == 0 {
		h.Set(fasthttp.HeaderCacheControl, "no-store")
	}
}
