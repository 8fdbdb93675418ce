package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport/auth"
	"heard/transport/rest"
	"heard/transport/rest/api"
)

// instant answers at once what a whole order looks like.
type instant struct{ body []byte }

func (e instant) Execute(context.Context, *domain.Request) (domain.Reply, error) {
	return domain.Reply{Body: e.body, Version: 1}, nil
}

func (e instant) Read(context.Context, *domain.Query) (domain.Answer, error) {
	return domain.Answer{Body: e.body, Tag: "v1"}, nil
}

// BenchmarkRequest is what HTTP and JSON cost of a request, without an engine
// behind it, against fasthttp alone: a client and a server in one process, one
// connection. cpu-ns/op is what both take, and steadier than the time.
func BenchmarkRequest(b *testing.B) {
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		b.Fatal(err)
	}
	engine := instant{fmt.Appendf(nil, `{"id":"o-1","padding":%0900d}`, 1)}
	s, err := rest.New(rest.Options{Routes: api.API{Engine: engine, Reads: engine}.Routes(), Words: api.Vocabulary(), Most: api.Most(), Verify: verify})
	if err != nil {
		b.Fatal(err)
	}
	bare := &fasthttp.Server{NoDefaultServerHeader: true, NoDefaultContentType: true, Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.Response.Header.SetContentType("application/json")
		ctx.Response.SetBodyRaw(engine.body)
	}}
	token, err := auth.Mint(secret, domain.Identity{User: "w-1", Name: "Asha", Role: domain.Waiter}, "o", time.Hour, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	head := " HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: heard-bench\r\nAuthorization: Bearer " + token + "\r\n"
	body := `{"items":[{"menu_item_id":"dish-4","name":"Butter Chicken","quantity":2,"price":160.00},` +
		`{"menu_item_id":"dish-1","name":"Garlic Naan","quantity":3,"price":70.50},` +
		`{"menu_item_id":"dish-2","name":"Sweet Lassi","quantity":1,"price":100.00}],"table_id":"t-17","table_number":17}`
	post := fmt.Appendf(nil, "POST /api/orders%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
	get := []byte("GET /api/orders/o-1" + head + "\r\n")
	serve := func(ln net.Listener) error { return bare.Serve(ln) }
	own := func(ln net.Listener) error { s.ListenOn(ln.(*net.TCPListener)); return s.Serve() }
	for name, text := range map[string][]byte{"get": get, "create": post} {
		b.Run(name, func(b *testing.B) { request(b, own, text) })
		b.Run("bare-"+name, func(b *testing.B) { request(b, serve, text) })
	}
}

func request(b *testing.B, serve func(net.Listener) error, text []byte) {
	ln, err := rest.Bind(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go serve(ln)
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var answer fasthttp.Response
	in := bufio.NewReader(c)
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		if _, err := c.Write(text); err != nil {
			b.Fatal(err)
		}
		if err := answer.Read(in); err != nil || answer.StatusCode() != 200 {
			b.Fatalf("%v %s", err, answer.Body())
		}
	}
	b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
}

// cpu is what the process has used, ns.
func cpu(b *testing.B) int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
