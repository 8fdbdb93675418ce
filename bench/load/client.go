package load

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// A Client holds the connections to one server. It never repeats a request: a
// load test counts what went wrong.
type Client struct {
	// Answered, when set before the first request, hears of every good answer; the
	// bytes are valid during the call, and calls overlap.
	Answered func(method, path string, answer *fasthttp.Response)

	base  string // no slash at the end
	http  *fasthttp.HostClient
	conns Conns
}

// maxAnswer is far beyond any answer to a load; a target that announces more must
// not take our memory.
const maxAnswer = 64 << 20

// NewClient makes a client for a URL such as http://127.0.0.1:8000. A request
// without an answer for timeout is a fault.
func NewClient(base string, connections int, timeout time.Duration) (*Client, error) {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return nil, fmt.Errorf("%q is not of the form http://host:port", base)
	}
	tls := parsed.Scheme == "https"
	c := &Client{base: strings.TrimRight(base, "/")}
	c.http = &fasthttp.HostClient{
		Addr: fasthttp.AddMissingPort(parsed.Host, tls), IsTLS: tls, Name: "heard-bench",
		MaxConns: connections, MaxIdleConnDuration: time.Hour,
		MaxConnWaitTimeout: timeout, // of the preparations, which may be more
		ReadTimeout:        timeout, WriteTimeout: timeout, MaxResponseBodySize: maxAnswer,
		Dial:       func(address string) (net.Conn, error) { return c.conns.Dial(address, timeout) },
		RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
	}
	return c, nil
}

// URL is where the client sends to, without a slash at the end.
func (c *Client) URL() string { return c.base }

// Abandon cuts every connection, and those still to come.
func (c *Client) Abandon() { c.conns.Cut() }

// An Exchange sends one request at a time and is reused for the next.
type Exchange struct {
	client        *Client
	authorization string
	url           []byte
	req           fasthttp.Request
	resp          fasthttp.Response
}

// Exchange makes one that sends with a bearer token.
func (c *Client) Exchange(token string) *Exchange {
	return &Exchange{client: c, authorization: "Bearer " + token, url: []byte(c.base)}
}

// As sends with another token from now on.
func (x *Exchange) As(token string) { x.authorization = "Bearer " + token }

// Do sends a request; a body of nil is none. The answer is valid until the next
// call. Anything but a 2xx is a *Fault.
func (x *Exchange) Do(method, path string, body []byte) ([]byte, error) {
	x.url = append(x.url[:len(x.client.base)], path...)
	x.req.Reset() // a GET would keep the length of the last body otherwise
	x.req.Header.SetMethod(method)
	x.req.SetRequestURIBytes(x.url)
	x.req.Header.Set("Authorization", x.authorization)
	if body != nil {
		x.req.Header.SetContentType("application/json")
		x.req.SetBodyRaw(body)
	}
	if err := x.client.http.Do(&x.req, &x.resp); err != nil {
		return nil, Unanswered(err)
	}
	if status := x.resp.StatusCode(); status/100 != 2 {
		return nil, refusal(method, path, status, x.resp.Body())
	}
	if x.client.Answered != nil {
		x.client.Answered(method, path, &x.resp)
	}
	return x.resp.Body(), nil
}

// Unanswered makes a fault of an error of the network.
func Unanswered(err error) *Fault { return &Fault{Kind: reason(err)} }

// reason says shortly why there was no answer; errors that differ by the port
// alone are one kind.
func reason(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, fasthttp.ErrConnectionClosed):
		return "connection closed by the server"
	case errors.Is(err, fasthttp.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, fasthttp.ErrDialTimeout):
		return "no answer in time"
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return fmt.Sprintf("an answer of more than %d MiB", maxAnswer>>20)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		if op.Timeout() {
			return "no answer in time"
		}
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
