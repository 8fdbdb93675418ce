package rest

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"heard/domain"
)

// slow gives every transfer 300 ms; an answer a second more for every KB, a request
// as much again while a KB a second comes: a client that moves anything worth
// mentioning is never cut here for being slow.
func slow(o *Options) {
	o.Limits.ReadTimeout, o.Limits.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	o.Limits.BytesPerSecond, o.Limits.RequestBytesPerSecond = 1000, 1000
}

// dripped is a request whose body never ends, of a client with a token.
func dripped() string {
	name, value := as(domain.Staff)
	return fmt.Sprintf("POST /api/orders HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: 1000000\r\n\r\n", name, value)
}

// large adds a route that answers with more than the kernel's buffers hold.
func large(o *Options) {
	body := []byte(`"` + strings.Repeat("x", 32<<20) + `"`)
	o.Routes = append(o.Routes, Route{ID: "getLarge", Tags: []string{"test"}, Answer: "", Media: "text/plain", Method: "GET", Path: "/large", Public: true, Handle: func(x *Exchange) error {
		x.WriteJSON(body, "")
		return nil
	}})
}

func TestSlowRequestArrives(t *testing.T) {
	r := start(t, slow)
	c := r.raw()
	name, value := as(domain.Staff)
	const pieces, piece = 20, 5000
	fmt.Fprintf(c, "POST /api/orders HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: %d\r\n\r\n", name, value, 12+pieces*piece)
	io.WriteString(c, `{"items":[]`)
	for range pieces { // 50 ms each: more than three times what one request has
		io.WriteString(c, strings.Repeat(" ", piece))
		<-time.After(50 * time.Millisecond)
	}
	io.WriteString(c, "}")
	head := make([]byte, 15)
	if _, err := io.ReadFull(c, head); err != nil || string(head) != "HTTP/1.1 200 OK" {
		t.Errorf("%q %v", head, err)
	}
	// the next request on the connection begins with nothing earned
	took, text := trickle(c, "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "", 20*time.Millisecond)
	if !strings.Contains(text, "408 Request Timeout") || took > 8*time.Second {
		t.Errorf("cut after %s with %q", took, text)
	}
}

func TestSlowReaderGetsItsAnswer(t *testing.T) {
	r := start(t, func(o *Options) { slow(o); large(o) })
	c := r.raw()
	c.SetDeadline(time.Now().Add(60 * time.Second))
	fmt.Fprint(c, "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	total := 0
	for b := make([]byte, 1<<20); ; { // 32 turns of 30 ms: three times what one answer has
		<-time.After(30 * time.Millisecond)
		n, err := io.ReadFull(c, b)
		if total += n; err != nil {
			break
		}
	}
	if total < 32<<20 {
		t.Errorf("%d bytes arrived", total)
	}
}

func TestWhoMovesTooLittleIsCut(t *testing.T) {
	r := start(t, func(o *Options) {
		slow(o)
		large(o)
		o.Limits.BytesPerSecond, o.Limits.RequestBytesPerSecond = 1<<30, 1<<30 // what the kernel takes earns milliseconds
	})
	// who reads nothing
	c := r.raw()
	fmt.Fprint(c, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := c.Read(make([]byte, 1)); err != nil { // the answer has begun
		t.Fatal(err)
	}
	r.wantNoneOpen()
	// who drips a body: every second has some of it
	took, text := trickle(r.raw(), dripped(), strings.Repeat(" ", 100), 20*time.Millisecond)
	if !strings.Contains(text, "408 Request Timeout") || took > 8*time.Second {
		t.Errorf("cut after %s with %q", took, text)
	}
}

// wantNoneOpen waits until the server has closed every connection.
func (r *running) wantNoneOpen() {
	r.t.Helper()
	for deadline := time.Now().Add(8 * time.Second); r.Connections().Open > 0; <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Errorf("%d connections are open", r.Connections().Open)
			return
		}
	}
}

func TestNoTransferLastsForEver(t *testing.T) {
	r := start(t, func(o *Options) {
		slow(o)
		o.Limits.LongestTransfer = 300 * time.Millisecond
	})
	took, text := trickle(r.raw(), dripped(), strings.Repeat(" ", 1000), 20*time.Millisecond)
	if !strings.Contains(text, "408 Request Timeout") || took < 500*time.Millisecond || took > 8*time.Second {
		t.Errorf("cut after %s with %q", took, text)
	}
}

// TestHijackedConnectionIsNotPaced: a WebSocket's deadline is its owner's, and
// stands however much was moved.
func TestHijackedConnectionIsNotPaced(t *testing.T) {
	got := make(chan net.Conn, 1)
	r := start(t, func(o *Options) {
		slow(o)
		o.Routes = append(o.Routes, Route{Method: "GET", Path: "/ws", Public: true, Hidden: true, Handle: func(x *Exchange) error {
			x.Ctx.HijackSetNoResponse(true)
			x.Ctx.Hijack(func(c net.Conn) { got <- c.(interface{ UnsafeConn() net.Conn }).UnsafeConn() })
			return nil
		}})
	})
	client := r.raw()
	fmt.Fprint(client, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
	c := <-got
	defer c.Close()
	io.WriteString(client, strings.Repeat("x", 20_000)) // would be 20 s
	began := time.Now()
	c.SetReadDeadline(began.Add(100 * time.Millisecond))
	if n, _ := io.Copy(io.Discard, struct{ io.Reader }{c}); n != 20_000 || time.Since(began) > 8*time.Second {
		t.Errorf("%d bytes, ended after %s", n, time.Since(began))
	}
}

// TestWaitingIsNotTransfer: between two requests a connection has IdleTimeout,
// also where the alarm of the first is still set.
func TestWaitingIsNotTransfer(t *testing.T) {
	r := start(t, slow)
	c := r.raw()
	c.SetDeadline(time.Now().Add(60 * time.Second))
	for i := range 3 {
		<-time.After(time.Duration(i) * 400 * time.Millisecond)
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		head := make([]byte, 15)
		if _, err := io.ReadFull(c, head); err != nil || string(head) != "HTTP/1.1 200 OK" {
			t.Fatalf("request %d: %q %v", i, head, err)
		}
		var rest [4096]byte
		if _, err := c.Read(rest[:]); err != nil { // the answer is one write
			t.Fatal(err)
		}
	}
}

// TestABodyThatStopsIsCut however much of it came before, and much may come.
func TestABodyThatStopsIsCut(t *testing.T) {
	r := start(t, slow)
	c := r.raw()
	io.WriteString(c, dripped()+strings.Repeat(" ", 900_000)) // was worth a quarter of an hour
	began := time.Now()
	text, _ := io.ReadAll(c)
	if took := time.Since(began); !strings.Contains(string(text), "408 Request Timeout") || took > cutBy {
		t.Errorf("cut after %s with %q", took, text)
	}
}
