package ws

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport"
	"heard/transport/rest"
)

// handle answers a handshake: with an ordinary problem where nothing was asked
// that a socket could answer better, else with 101 and then a close code, which
// is all that a browser's page can see.
func (g *Gateway) handle(x *rest.Exchange) error {
	g.server.CompareAndSwap(nil, x.Server())
	r := handshakeOf(x.Ctx)
	if !websocket.IsWebSocketUpgrade(r) {
		x.Ctx.Response.Header.Set("Upgrade", "websocket")
		return domain.Refuse(transport.UpgradeNeeded, "This is a WebSocket endpoint")
	}
	if !x.Server().AllowedOrigin(r.Header.Get("Origin"), r.Host) {
		return domain.Refuse(domain.Forbidden, "Origin not allowed")
	}
	if g.draining.Load() {
		return domain.Refuse(domain.Draining, "The node is shutting down; connect again")
	}
	if g.open.Add(1) > int64(g.limits.Sockets) {
		g.open.Add(-1)
		g.stats.refused.Add(1)
		return domain.Refuse(domain.Overloaded, "Too many sockets")
	}
	asked := g.request(x, r)
	x.Ctx.HijackSetNoResponse(true) // gorilla writes the 101 itself
	x.Ctx.Hijack(func(c net.Conn) {
		defer func() {
			if g.recovered("upgrade", recover()) {
				g.open.Add(-1)
				c.Close()
			}
		}()
		if err := g.upgrade(c, r, asked); err != nil {
			g.open.Add(-1)
			c.Close()
		}
	})
	return nil
}

// handshakeOf copies what gorilla and we look at: the request dies with the
// handler.
func handshakeOf(ctx *fasthttp.RequestCtx) *http.Request {
	h := make(http.Header, 6)
	for _, name := range [...]string{"Connection", "Upgrade", "Origin", "Sec-Websocket-Version", "Sec-Websocket-Key", "Sec-Websocket-Protocol"} {
		for _, value := range ctx.Request.Header.PeekAll(name) {
			h[name] = append(h[name], string(value))
		}
	}
	return &http.Request{Method: string(ctx.Method()), Host: string(ctx.Host()), Header: h, ProtoMajor: 1, ProtoMinor: 1}
}

var errEarlyData = errors.New("data before the handshake was finished")

// upgrade takes the TCP connection over and starts the socket's goroutine.
// fasthttp's own goroutine, reader and request end with it.
func (g *Gateway) upgrade(hijacked net.Conn, r *http.Request, asked *request) error {
	c, err := bare(hijacked)
	if err != nil {
		return err
	}
	upgraded, err := g.upgrader.Upgrade(&shim{conn: c}, r, nil)
	if err != nil {
		return err
	}
	s, err := newSocket(g, upgraded.NetConn())
	if err != nil {
		return err
	}
	g.stats.accepted.Add(1)
	g.running.Add(1)
	go s.run(asked)
	return nil
}

// bare takes the connection out of fasthttp's wrapper. Bytes that a client sent
// behind its request would be lost with the wrapper's reader; RFC 6455 forbids
// them, so such a client is refused. With a deadline that has passed, the reader
// still hands out what it holds and never waits.
func bare(hijacked net.Conn) (net.Conn, error) {
	wrapper, ok := hijacked.(interface{ UnsafeConn() net.Conn })
	if !ok {
		return nil, errors.New("connection cannot be taken over")
	}
	if err := hijacked.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	var one [1]byte
	if n, _ := hijacked.Read(one[:]); n > 0 {
		return nil, errEarlyData
	}
	return wrapper.UnsafeConn(), hijacked.SetReadDeadline(time.Time{})
}

// tcp is what a socket needs of its connection beside reading and writing.
type tcp interface {
	net.Conn
	syscall.Conn
	SetWriteBuffer(bytes int) error
	SetLinger(seconds int) error
	CloseWrite() error
}

// shim shows gorilla the connection as net/http would.
type shim struct {
	conn   net.Conn
	header http.Header
	status int
}

// Header is what a refusal carries.
func (s *shim) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}

// WriteHeader sends a refusal; the connection ends after it.
func (s *shim) WriteHeader(status int) {
	if s.status != 0 {
		return
	}
	s.status = status
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\n", status, http.StatusText(status))
	if err := s.Header().Write(&b); err != nil {
		return
	}
	b.WriteString("\r\n")
	if s.conn.SetWriteDeadline(time.Now().Add(handshakeTimeout)) == nil {
		s.conn.Write([]byte(b.String()))
	}
}

// Write sends the body of a refusal.
func (s *shim) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return s.conn.Write(p)
}

// Hijack hands the connection over. With its own sizes set, gorilla asks the
// pair only how large it is.
func (s *shim) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return s.conn, bufio.NewReadWriter(bufio.NewReaderSize(nil, 16), bufio.NewWriterSize(nil, 16)), nil
}
