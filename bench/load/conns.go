package load

import (
	"net"
	"sync"
	"time"
)

// Conns are a client's connections, so that all of them can be cut: a server that
// hangs would else hold the end of a run until requests time out. The zero value
// is ready.
type Conns struct {
	mu   sync.Mutex
	open map[net.Conn]struct{}
	cut  bool
}

// Dial connects and remembers the connection; net.ErrClosed after Cut.
func (c *Conns) Dial(address string, timeout time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		conn.Close()
		return nil, net.ErrClosed
	}
	if c.open == nil {
		c.open = map[net.Conn]struct{}{}
	}
	c.open[conn] = struct{}{}
	return &trackedConn{Conn: conn, of: c}, nil
}

// Cut closes every connection, and those still to come.
func (c *Conns) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	for conn := range c.open {
		conn.Close()
	}
}

type trackedConn struct {
	net.Conn
	of *Conns
}

func (t *trackedConn) Close() error {
	t.of.mu.Lock()
	delete(t.of.open, t.Conn)
	t.of.mu.Unlock()
	return t.Conn.Close()
}
