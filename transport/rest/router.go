package rest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fasthttp/router"
	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport/auth"
)

// mounted is a route with its metrics.
type mounted struct {
	Route
	metrics routeMetrics
	closed  bool // its parameters are those of the table
}

// mount puts the table on the router. Redirects are off: they would send a
// client to a Location built from its own Host header.
func (s *Server) mount(routes []Route) (err error) {
	defer func() {
		if p := recover(); p != nil { // the router panics on paths that contradict each other
			err = fmt.Errorf("routes: %v", p)
		}
	}()
	r := router.New()
	r.RedirectTrailingSlash = false
	r.RedirectFixedPath = false
	r.NotFound = s.answerError(domain.Refuse(domain.NotFound, "Not Found"))
	r.MethodNotAllowed = s.answerError(domain.Refuse(domain.MethodNotAllowed, "Method Not Allowed"))
	r.GlobalOPTIONS = func(ctx *fasthttp.RequestCtx) { ctx.SetStatusCode(fasthttp.StatusNoContent) }
	seen := map[string]bool{}
	for _, route := range routes {
		at := route.Method + " " + route.Path
		method := strings.Trim(route.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		if seen[at] || route.Handle == nil || !method || !strings.HasPrefix(route.Path, "/") {
			return fmt.Errorf("route %s: registered twice, without a method, a handler or a path", at)
		}
		seen[at] = true
		// The address of a page, a probe or a socket is often of others' making.
		m := &mounted{Route: route, closed: strings.HasPrefix(route.Path, "/api/")}
		r.Handle(route.Method, route.Path, s.handler(m))
		if route.Method == fasthttp.MethodGet {
			r.Handle(fasthttp.MethodHead, route.Path, s.handler(m)) // fasthttp leaves the body out
		}
		if route.BodyBytes > 0 {
			s.large = append(s.large, &m.Route)
		}
	}
	s.router = r.Handler
	return nil
}

func (s *Server) handler(m *mounted) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		x := exchangeOf(ctx)
		x.route = m
		err := s.enter(x)
		if err == nil {
			err = x.checkQuery()
		}
		if err == nil {
			err = m.Handle(x)
		}
		if err != nil {
			x.fail(err)
		}
	}
}

// enter checks the token, then the role.
func (s *Server) enter(x *Exchange) error {
	if x.route.Public {
		return x.limitAddress()
	}
	if x.given != nil {
		if err := x.checkGiven(); err != nil {
			return err
		}
		if err := x.limitSubject(); err != nil {
			return err
		}
		return x.route.admit(x.Subject.Identity)
	}
	var err error
	x.Subject, err = s.verify.Verify(x.Token(), x.start)
	if err != nil {
		if slow := x.limitAddress(); slow != nil {
			return slow
		}
		return err
	}
	if err := x.limitSubject(); err != nil {
		return err
	}
	return x.route.admit(x.Subject.Identity)
}

// bearer returns the token of an Authorization header, nil when it has another
// form. The slice is the request's.
func bearer(header []byte) []byte {
	const scheme = "bearer "
	if len(header) > len(scheme) && bytes.EqualFold(header[:len(scheme)], []byte(scheme)) {
		return bytes.TrimSpace(header[len(scheme):])
	}
	return nil
}

// Token is the token of the request's Authorization header, for routes that are
// Public and check it in their own way; empty = none. It dies with the request.
func (x *Exchange) Token() []byte {
	return bearer(x.headers.authorization)
}

// Verifier is the server's, for the same routes.
func (s *Server) Verifier() *auth.Verifier { return s.verify }

func (s *Server) answerError(e *domain.Error) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) { exchangeOf(ctx).fail(e) }
}
