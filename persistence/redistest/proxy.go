package redistest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Proxy stands between a client and a server and makes the network bad.
type Proxy struct {
	listener net.Listener
	target   string

	mu        sync.Mutex
	delay     time.Duration
	swallow   string // the request whose reply is lost; "" = none
	swallowed chan struct{}
	links     map[net.Conn]struct{}
}

// NewProxy starts a proxy in front of a server.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: s.Addr(), links: make(map[net.Conn]struct{}), swallowed: make(chan struct{}, 1)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.Cut()
		wg.Wait()
	})
	return p
}

// URL names the proxied server for a client.
func (p *Proxy) URL() string { return "redis://" + p.listener.Addr().String() + "/0" }

// Delay holds back everything the server says from now on.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// SwallowReply loses the answer to the next request that contains a text, and
// cuts that connection. The channel tells when it has happened.
func (p *Proxy) SwallowReply(request string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallow = request
	return p.swallowed
}

// Cut breaks every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.links {
		c.Close()
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	p.link(client, server)
	defer p.unlink(client, server)
	var lose atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		carry(server, client, func(request []byte) bool {
			if p.awaited(request) {
				lose.Store(true)
			}
			return true
		})
		server.Close()
	}()
	carry(client, server, func([]byte) bool {
		if lose.Load() {
			p.swallowed <- struct{}{}
			return false
		}
		p.hold()
		return true
	})
	client.Close()
	<-ended
}

// carry takes bytes from one side to the other while pass lets them through.
func carry(to io.Writer, from io.Reader, pass func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !pass(buf[:n]) || err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) awaited(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.swallow == "" || !bytes.Contains(request, []byte(p.swallow)) {
		return false
	}
	p.swallow = ""
	return true
}

func (p *Proxy) hold() {
	p.mu.Lock()
	d := p.delay
	p.mu.Unlock()
	time.Sleep(d)
}

func (p *Proxy) link(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.links[c] = struct{}{}
	}
}

func (p *Proxy) unlink(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.links, c)
	}
}
