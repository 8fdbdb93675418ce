package replay

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"heard/bench/load"
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
	base  string // no slash at the end
	http  *fasthttp.Client
	conns load.Conns
}

func newClient(base string, connections int) (*client, error) {
	parsed, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
		return nil, fmt.Errorf("url: %q is not of the form http://host:port", base)
	}
	c := &client{base: strings.TrimRight(base, "/")}
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

// dial bounds the patience that an attempt has left.
func (c *client) dial(address string, timeout time.Duration) (net.Conn, error) {
	if timeout <= 0 || timeout > attemptTimeout {
		timeout = attemptTimeout
	}
	return c.conns.Dial(address, timeout)
}

// abandon cuts what is still open a moment after the run was cancelled. Without
// it a server that hangs would hold the run until the attempt times out.
func (c *client) abandon() { time.AfterFunc(abandonAfter, c.conns.Cut) }

func (c *client) close() { c.http.CloseIdleConnections() }
