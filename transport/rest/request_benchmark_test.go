package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"heard/domain"
	"heard/transport/auth"
)

// BenchmarkRequest compares an authenticated request through the whole chain
// with fasthttp alone, over a connection in memory.
func BenchmarkRequest(b *testing.B) {
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(Options{Routes: table(), Verify: verify})
	if err != nil {
		b.Fatal(err)
	}
	name, value := as(domain.Staff)
	get := fmt.Sprintf("GET /api/ping HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n", name, value)
	order := `{"table_id":"t-4","items":[{"name":"Tea","quantity":2,"price":52.50}]}`
	post := fmt.Sprintf("POST /api/orders/o-1/items HTTP/1.1\r\nHost: x\r\n%s: %s\r\nIdempotency-Key: k-1\r\nContent-Length: %d\r\n\r\n%s", name, value, len(order), order)
	b.Run("fasthttp", func(b *testing.B) {
		benchmark(b, func(ctx *fasthttp.RequestCtx) {
			ctx.Response.Header.SetContentType(typeJSON)
			ctx.Response.SetBodyRaw([]byte(`{"ok":true}`))
		}, get)
	})
	b.Run("heard", func(b *testing.B) { benchmark(b, s.Handle, get) })
	b.Run("heard-post", func(b *testing.B) { benchmark(b, s.Handle, post) })
}

func benchmark(b *testing.B, handler fasthttp.RequestHandler, request string) {
	ln := fasthttputil.NewInmemoryListener()
	server := &fasthttp.Server{Handler: handler, NoDefaultServerHeader: true, NoDefaultContentType: true}
	go server.Serve(ln)
	defer ln.Close()
	c, err := ln.Dial()
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	send(b, c, bufio.NewReader(c), request)
}

func send(b *testing.B, c net.Conn, in *bufio.Reader, request string) {
	var res fasthttp.Response
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := io.WriteString(c, request); err != nil {
			b.Fatal(err)
		}
		if err := res.Read(in); err != nil || res.StatusCode() != 200 {
			b.Fatalf("%v %s", err, res.Body())
		}
	}
	b.StopTimer()
}
