package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"heard/transport"
	"heard/transport/auth"
)

// Server is the HTTP side of a node: one port for everything.
type Server struct {
	http     *fasthttp.Server
	listener atomic.Pointer[Listener]
	router   fasthttp.RequestHandler
	verify   *auth.Verifier
	health   transport.Health
	degraded func() []string
	log      *slog.Logger
	security securityLog
	rates    rates
	origins  *Origins
	limits   Limits
	large    []*Route // that take another body than BodyBytes

	exchanges sync.Pool
	decoding  chan struct{} // large bodies
	ids       requestIDs
	shapes    shapes
	metrics   *metrics
	latency   latency
	inFlight  atomic.Int64
	documents map[string]func() ([]byte, error) // OpenAPI by version; made when first asked for: it is a quarter of a start
	other     *mounted
}

// New makes a server from its table. Errors are mistakes in the options, one
// line each.
func New(o Options) (*Server, error) {
	if o.Verify == nil {
		return nil, errors.New("rest: no token verifier")
	}
	origins, err := NewOrigins(o.CORSOrigins)
	if err != nil {
		return nil, err
	}
	s := &Server{
		verify: o.Verify, health: o.Health, degraded: o.Degraded, log: o.Log, origins: origins,
		limits: o.Limits.withDefaults(), documents: map[string]func() ([]byte, error){},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.security = securityLog{log: s.log, kinds: map[string]*securityKind{}}
	s.rates = newRates(o.Limits.Rates)
	s.exchanges.New = func() any { return &Exchange{} }
	s.decoding, s.shapes.most = make(chan struct{}, maxDecoding), o.Most
	s.ids.init()
	if s.metrics, err = newMetrics(s, o.Collectors); err != nil {
		return nil, err
	}
	s.other = &mounted{Route: Route{Method: "other", Path: "other"}}
	routes := slices.Concat(o.Routes, s.systemRoutes())
	for _, version := range Versions() {
		s.documents[version] = sync.OnceValues(func() ([]byte, error) { return buildDocument(routes, o, version) })
	}
	if err := s.mount(routes); err != nil {
		return nil, err
	}
	s.http = s.fasthttpServer()
	return s, nil
}

// fasthttpServer has every limit set: fasthttp's own defaults are open.
func (s *Server) fasthttpServer() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:            s.Handle,
		ErrorHandler:       s.handleBroken,
		HeaderReceived:     s.limitBody,
		Logger:             fasthttpLog{s.log},
		ReadTimeout:        s.limits.ReadTimeout, // of the headers, and again of the body: see pace
		WriteTimeout:       s.limits.WriteTimeout,
		IdleTimeout:        s.limits.IdleTimeout,
		ReadBufferSize:     s.limits.HeaderBytes,
		MaxRequestBodySize: s.limits.BodyBytes,

		KeepHijackedConns:            true, // WebSockets live on without fasthttp's goroutine
		CloseOnShutdown:              true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
		SecureErrorLogMessage:        true, // else request bytes, tokens too, reach the log
	}
}

// Resolve reads an address to listen on. Errors are one line for the operator.
func Resolve(address string) (*net.TCPAddr, error) {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return nil, fmt.Errorf("listen on %s: want host and port, like 127.0.0.1:8000", address)
	}
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return at, nil
}

// Bind takes an address and does not accept from it yet: connections wait. A
// process does it before it makes or starts anything, so that a taken address
// stops it with nothing done. Errors are one line for the operator.
func Bind(at *net.TCPAddr) (*net.TCPListener, error) {
	config := net.ListenConfig{KeepAlive: 30 * time.Second}
	ln, err := config.Listen(context.Background(), "tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: the address is in use, perhaps by another heard", at)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", at, err)
	}
	return ln.(*net.TCPListener), nil
}

// Listen binds the address; Serve then accepts. Between the two, connections wait.
func (s *Server) Listen(address string) error {
	at, err := Resolve(address)
	if err != nil {
		return err
	}
	ln, err := Bind(at)
	if err != nil {
		return err
	}
	s.ListenOn(ln)
	return nil
}

// ListenOn takes what Bind bound; Serve then accepts from it.
func (s *Server) ListenOn(ln *net.TCPListener) {
	s.listener.Store(NewListener(ln, s.limits))
}

// Addr is where Listen bound; the port is known then.
func (s *Server) Addr() net.Addr { return s.listener.Load().Addr() }

// Serve accepts connections until Shutdown, and returns nil then.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener.Load()); err != nil {
		return fmt.Errorf("serve http: %w", err)
	}
	return nil
}

// Shutdown stops accepting, lets running requests finish and closes idle
// connections. When ctx ends first, requests that are not complete yet are left
// to the process's end; an error says that complete ones were still running.
// Hijacked connections are not touched: their owner closes them.
func (s *Server) Shutdown(ctx context.Context) error {
	// fasthttp closes only listeners that it already serves; a Serve that comes
	// late must find this one closed.
	if l := s.listener.Load(); l != nil {
		if err := l.Close(); err != nil {
			return fmt.Errorf("shut down http: %w", err)
		}
	}
	if err := s.http.ShutdownWithContext(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("shut down http: %w", err)
	}
	if n := s.inFlight.Load(); n > 0 && ctx.Err() != nil {
		return fmt.Errorf("shut down http: %d requests still running: %w", n, ctx.Err())
	}
	return nil
}

// AllowedOrigin is the check for WebSockets; see Origins.
func (s *Server) AllowedOrigin(origin, host string) bool {
	return s.origins.AllowedOrigin(origin, host)
}
