package replay

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// attemptTimeout is longer than any answer of a healthy server; an attempt
	// that takes longer is repeated with the same key.
	attemptTimeout = 10 * time.Second
	// abandonAfter is how long answers under way are still waited for once the
	// run was cancelled: an answered order belongs in the partial report.
	abandonAfter = time.Second
)

// A client holds the connections to one server. Each worker talks through an
// exchange of its own.
type client struct {
	base string // no slash at the end
	http *fasthttp.Client

	mu        sync.Mutex
	conns     map[net.Conn]struct{}
	abandoned bool
}

func newClient(base string, connections int) (*client, error) {
	parsed, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
		return nil, fmt.Errorf("url: %q is not of the form http://host:port", base)
	}
	c := &client{base: strings.TrimRight(base, "/"), conns: make(map[net.Conn]struct{})}
	c.http = &fasthttp.Client{
		Name:               "heard-replay",
		DialTimeout:        c.dial,
		MaxConnsPerHost:    connections,
		MaxConnWaitTimeout: attemptTimeout,
		// Repeats are decided in one place, exchange.call, where they are
		// bounded in time and stop with the run.
		MaxIdemponentCallAttempts: 1,
	}
	return c, nil
}

// dial remembers the connection, so that abandon can cut it.
func (c *client) dial(address string, timeout time.Duration) (net.Conn, error) {
	if timeout <= 0 || timeout > attemptTimeout {
		timeout = attemptTimeout
	}
	conn, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.abandoned {
		conn.Close()
		return nil, net.ErrClosed
	}
	c.conns[conn] = struct{}{}
	return &trackedConn{Conn: conn, client: c}, nil
}

type trackedConn struct {
	net.Conn
	client *client
}

func (t *trackedConn) Close() error {
	t.client.mu.Lock()
	delete(t.client.conns, t.Conn)
	t.client.mu.Unlock()
	return t.Conn.Close()
}

// abandon cuts what is still open a moment after the run was cancelled. Without
// it a server that hangs would hold the run until the attempt times out.
func (c *client) abandon() {
	time.AfterFunc(abandonAfter, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.abandoned = true
		for conn := range c.conns {
			conn.Close()
		}
	})
}

func (c *client) close() { c.http.CloseIdleConnections() }
