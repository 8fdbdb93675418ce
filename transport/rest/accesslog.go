package rest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// logAccess writes a line for each request, at debug level only. It never
// writes headers, bodies or the query, where tokens are; the handler of slog
// escapes what a client made up.
func (s *Server) logAccess(x *Exchange, took time.Duration) {
	if !s.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	path := cut(strings.ToValidUTF8(string(x.Ctx.URI().PathOriginal()), "�"))
	s.log.LogAttrs(context.Background(), slog.LevelDebug, "request",
		slog.String("request_id", x.RequestID()),
		slog.String("method", cutMethod(x.Ctx.Method())),
		slog.String("path", path),
		slog.String("route", x.route.Path),
		slog.Int("status", x.Ctx.Response.StatusCode()),
		slog.Int64("took_us", took.Microseconds()),
		slog.Int("bytes", len(x.Ctx.Response.Body())),
		slog.String("org", x.Subject.Org),
		slog.String("user", x.Subject.Identity.User),
		slog.String("remote", x.Ctx.RemoteAddr().String()))
}

func cutMethod(m []byte) string { return string(m[:min(len(m), 16)]) }

// fasthttpLog takes fasthttp's own messages: refused connections and broken
// requests, which are the clients' faults.
type fasthttpLog struct{ log *slog.Logger }

func (l fasthttpLog) Printf(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("fasthttp", slog.String("message", cut(fmt.Sprintf(format, args...))))
	}
}
