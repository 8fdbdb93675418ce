package rest

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// TestHijackedConnectionIsOurs is what WebSockets build on: the connection lives
// on after the handler, can be written without blocking, and stays counted.
func TestHijackedConnectionIsOurs(t *testing.T) {
	got := make(chan net.Conn, 1)
	r := start(t, func(o *Options) {
		o.Routes = append(o.Routes, Route{Method: "GET", Path: "/ws", Public: true, Hidden: true, Handle: func(x *Exchange) error {
			x.Ctx.HijackSetNoResponse(true)
			x.Ctx.Hijack(func(c net.Conn) { got <- c.(interface{ UnsafeConn() net.Conn }).UnsafeConn() })
			return nil
		}})
	})
	client := r.raw()
	fmt.Fprint(client, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
	c := <-got
	if _, ok := c.(syscall.Conn); !ok {
		t.Errorf("%T has no SyscallConn", c)
	}
	if _, ok := c.(interface{ SetWriteBuffer(int) error }); !ok {
		t.Errorf("%T has no SetWriteBuffer", c)
	}
	if n := r.Connections().Open; n != 1 {
		t.Errorf("%d open", n)
	}
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 5)
	if _, err := io.ReadFull(client, text); err != nil || string(text) != "hello" {
		t.Errorf("%q %v", text, err)
	}
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight", n)
	}
	c.Close()
	c.Close()
	if n := r.Connections().Open; n != 0 {
		t.Errorf("%d open after closing twice", n)
	}
	client.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := client.Read(text); err != io.EOF {
		t.Errorf("%v", err)
	}
}
