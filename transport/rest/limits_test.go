package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"heard/domain"
)

// cutBy is later than the time-outs that tests set and earlier than the defaults.
const cutBy = 8 * time.Second

// raw is a client that can misbehave.
func (r *running) raw() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(2 * cutBy))
	return c
}

// trickle sends a byte at a time until the server hangs up, and says how long
// that took and what came back.
func trickle(c net.Conn, head, drop string, every time.Duration) (time.Duration, string) {
	began := time.Now()
	fmt.Fprint(c, head)
	stop := make(chan string)
	go func() {
		text, _ := io.ReadAll(c)
		stop <- string(text)
	}()
	for {
		select {
		case text := <-stop:
			return time.Since(began), text
		case <-time.After(every):
			io.WriteString(c, drop)
		}
	}
}

func TestSlowClientsAreCut(t *testing.T) {
	r := start(t, func(o *Options) { o.Limits.ReadTimeout = 300 * time.Millisecond })
	for name, head := range map[string]string{
		"header": "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ",
		"body":   "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"chunks": "POST /api/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
	} {
		took, text := trickle(r.raw(), head, "x", 20*time.Millisecond)
		if took > cutBy || took < 250*time.Millisecond || !strings.Contains(text, "408 Request Timeout") || !strings.Contains(text, "REQUEST_TIMEOUT") {
			t.Errorf("slow %s: cut after %s with %q", name, took, text)
		}
	}
	silent := r.raw()
	began := time.Now()
	io.ReadAll(silent)
	if took := time.Since(began); took > cutBy {
		t.Errorf("a silent connection lived %s", took)
	}
	r.do("GET", "/healthz", "").want(t, 200, "", "")
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	r := start(t, func(o *Options) { o.Limits.IdleTimeout = 200 * time.Millisecond })
	c := r.raw()
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	began := time.Now()
	text, _ := io.ReadAll(c)
	if took := time.Since(began); !strings.Contains(string(text), "200 OK") || took > cutBy || took < 150*time.Millisecond {
		t.Errorf("closed after %s, %q", took, text)
	}
}

func TestTooLargeIsToldNotReset(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	for range 5 {
		a := r.do("POST", "/api/orders", strings.Repeat("x", 3<<20), name, value, "Origin", "http://localhost:1")
		a.want(t, 413, domain.PayloadTooLarge, "The request's body is larger than the 1048576 bytes that this call takes")
		if a.Header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("no CORS: %v", a.Header)
		}
		a = r.do("GET", "/healthz", "", "X-Long", strings.Repeat("x", 9<<10))
		a.want(t, 431, "HEADER_TOO_LARGE", "The request's headers are too large")
	}
	exact := `{"items":[]` + strings.Repeat(" ", 1<<20-12) + `}`
	r.do("POST", "/api/orders", exact, name, value).want(t, 200, "", "")
	r.do("POST", "/api/orders", exact+" ", name, value).want(t, 413, domain.PayloadTooLarge, "")
}

func TestRouteMayTakeMore(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	r.do("POST", "/api/orders/batch?_=1", strings.Repeat(" ", 2<<20), name, value).want(t, 200, "", "")
	r.do("POST", "/api/orders/batch", strings.Repeat(" ", 2<<20+1), name, value).want(t, 413, domain.PayloadTooLarge, "")
	// The limit is the route's, not the connection's.
	r.do("POST", "/api/orders", strings.Repeat(" ", 2<<20), name, value).want(t, 413, domain.PayloadTooLarge, "")
}

func TestBrokenRequestsAreRefused(t *testing.T) {
	r := start(t, nil)
	name, value := as(domain.Staff)
	auth := name + ": " + value + "\r\n"
	for what, text := range map[string]string{
		"not HTTP":           "hello\r\n\r\n",
		"two lengths":        "POST /api/orders HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"length and chunks":  "POST /api/orders HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"chunks and length":  "POST /api/orders HTTP/1.1\r\nHost: x\r\n" + auth + "Transfer-Encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"xchunked":           "POST /api/orders HTTP/1.1\r\nHost: x\r\n" + auth + "Transfer-Encoding: xchunked\r\n\r\n{}",
		"no host":            "GET /healthz HTTP/1.1\r\n\r\n",
		"identity":           "POST /api/orders HTTP/1.1\r\nHost: x\r\n" + auth + "Transfer-Encoding: identity\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"bare LF":            "GET /healthz HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n",
		"folded line":        "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n  2\r\n\r\n",
		"space in a name":    "GET /healthz HTTP/1.1\r\nHost: x\r\nX A: y\r\n\r\n",
		"HTTP/1.9":           "GET /healthz HTTP/1.9\r\nHost: x\r\n\r\n",
		"HTTP/3.7":           "GET /healthz HTTP/3.7\r\nHost: x\r\n\r\n",
		"blank before colon": "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A : 1\r\n\r\n",
	} {
		c := r.raw()
		fmt.Fprint(c, text)
		answer, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), "BAD_REQUEST") || strings.Count(string(answer), "HTTP/1.1") != 1 {
			t.Errorf("%s: %v %q", what, err, answer)
		}
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	r := start(t, nil)
	c := r.raw()
	const n = 2000
	go func() {
		for i := range n {
			fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-%d\r\n\r\n", i)
		}
	}()
	in := bufio.NewReader(c)
	for i := range n {
		a, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, a.Body)
		if id := a.Header.Get("X-Request-Id"); a.StatusCode != 200 || id != fmt.Sprint("r-", i) {
			t.Fatalf("answer %d: %d %s", i, a.StatusCode, id)
		}
	}
}
