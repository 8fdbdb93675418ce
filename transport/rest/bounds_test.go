package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"heard/domain"
)

// TestWithoutATokenNoLargeBodyIsRead: the answer comes while the body is still to
// come, and says what is wrong with the caller.
func TestWithoutATokenNoLargeBodyIsRead(t *testing.T) {
	r := start(t, nil)
	kitchen := func() (string, string) { return as(domain.Kitchen) }
	nobody := func() (string, string) { return "X-None", "1" }
	r2 := start(t, func(o *Options) {
		o.Routes = append(o.Routes, Route{Method: "PUT", Path: "/api/menu", BodyBytes: 8 << 20, Roles: []domain.Role{domain.Manager}, Handle: func(x *Exchange) error { return nil }})
	})
	for name, c := range map[string]struct {
		r      *running
		target string
		who    func() (string, string)
		status int
	}{
		"no token":                 {r, "POST /api/orders/batch", nobody, 401},
		"no token, unknown path":   {r, "POST /none", nobody, 401},
		"the wrong role":           {r2, "PUT /api/menu", kitchen, 403},
		"another method":           {r2, "DELETE /api/menu", kitchen, 413},
		"right, and too much":      {r2, "PUT /api/menu", func() (string, string) { return as(domain.Manager) }, 413},
		"a token, and an order":    {r, "POST /api/orders", kitchen, 413},
		"an order without a token": {r, "POST /api/orders", nobody, 401},
	} {
		for _, length := range []string{"Content-Length: 100000000", "Transfer-Encoding: chunked"} {
			conn := c.r.raw()
			key, value := c.who()
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\n%s: %s\r\n%s\r\n\r\n", c.target, key, value, length)
			if strings.HasPrefix(length, "Transfer") { // what is too much of it
				fmt.Fprintf(conn, "%x\r\n%s", 9<<20, strings.Repeat(" ", 9<<20))
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || answer.StatusCode != c.status && (answer.StatusCode != 413 || length[0] == 'C') {
				t.Errorf("%s, %s: %v %v", name, length, answer, err)
			}
		}
	}
	small := strings.Repeat(" ", smallBody)
	r.do("POST", "/api/orders", small).want(t, 401, domain.Unauthenticated, "")
	r.do("POST", "/api/orders", small+" ").want(t, 401, domain.Unauthenticated, "")
}

// TestBodiesHaveABudgetTogether, and it is given back however a request ends.
func TestBodiesHaveABudgetTogether(t *testing.T) {
	r := start(t, func(o *Options) { o.Limits.BodiesInFlight = 1 << 20 })
	name, value := as(domain.Staff)
	half := func(length string) net.Conn {
		c := r.raw()
		fmt.Fprintf(c, "POST /api/orders HTTP/1.1\r\nHost: x\r\n%s: %s\r\n%s\r\n\r\n", name, value, length)
		return c
	}
	first := half("Content-Length: 900000")
	io.WriteString(first, strings.Repeat(" ", 800_000))
	wait(t, "the first counts", func() bool { return r.Connections().Bodies > 700_000 })
	second := half("Content-Length: 900000")
	io.WriteString(second, strings.Repeat(" ", 800_000))
	answer, err := http.ReadResponse(bufio.NewReader(second), nil)
	if err != nil || answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("the second: %v %v", answer, err)
	}
	r.do("POST", "/api/orders", `{"items":[]}`, name, value).want(t, 200, "", "") // small ones go on
	first.Close()
	wait(t, "all is given back", func() bool { return r.Connections().Bodies == 0 })
	third := half("Content-Length: 900000")
	io.WriteString(third, `{"items":[]`+strings.Repeat(" ", 900_000-12)+`}`)
	if answer, err = http.ReadResponse(bufio.NewReader(third), nil); err != nil || answer.StatusCode != 200 {
		t.Errorf("the third: %v %v", answer, err)
	}
	fmt.Fprint(third, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	wait(t, "all is given back on a connection that lives on", func() bool { return r.Connections().Bodies == 0 })
	if n := r.Connections().NoRoom; n != 1 {
		t.Errorf("%d refused", n)
	}
}

func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func TestOneAddressCannotHoldAllConnections(t *testing.T) {
	r := start(t, func(o *Options) { o.Limits.Connections, o.Limits.PerAddress = 6, 3 })
	ok := func(from string) (net.Conn, bool) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		_, err = http.ReadResponse(bufio.NewReader(c), nil)
		return c, err == nil
	}
	var kept []net.Conn
	for range 3 {
		c, is := ok("127.0.0.1")
		if !is {
			t.Fatal("refused below the limit")
		}
		kept = append(kept, c)
	}
	if _, is := ok("127.0.0.1"); is {
		t.Error("a fourth connection of one address")
	}
	if _, is := ok("127.0.0.2"); !is {
		t.Error("another address is refused")
	}
	kept[0].Close()
	wait(t, "the place is free again", func() bool { _, is := ok("127.0.0.1"); return is })
	if r.Connections().Crowded == 0 {
		t.Error("not counted")
	}
}

func TestAddressesAreCountedAsClients(t *testing.T) {
	a := addresses{most: 1, open: map[netip.Addr]int{}, proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	enter := func(ip string) bool {
		_, is := a.enter(&net.TCPAddr{IP: net.ParseIP(ip)})
		return is
	}
	for i, c := range []struct {
		ip   string
		want bool
	}{
		{"192.0.2.1", true}, {"192.0.2.1", false}, {"::ffff:192.0.2.1", false}, {"192.0.2.2", true},
		{"2001:db8::1", true}, {"2001:db8::2", false}, {"2001:db8:0:1::1", true},
		{"10.1.1.1", true}, {"10.1.1.1", true}, // a proxy
	} {
		if got := enter(c.ip); got != c.want {
			t.Errorf("row %d, %s: %v", i, c.ip, got)
		}
	}
}

// TestLongListsAreRefusedBeforeTheyAreDecoded: the decoder would make hundreds of
// bytes of each three.
func TestLongListsAreRefusedBeforeTheyAreDecoded(t *testing.T) {
	type group struct {
		Options []struct{} `json:"options"`
	}
	type body struct {
		Items  []struct{} `json:"items"`
		Groups *[]group   `json:"groups"`
		Other  any        `json:"other"`
	}
	s := &Server{decoding: make(chan struct{}, 1)}
	s.shapes.most = map[reflect.Type]int{reflect.TypeFor[[]group](): 3000}
	many := func(n int, what string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(what+",", n), ",") + "]"
	}
	for name, c := range map[string]struct{ json, want string }{
		"as many as there may be": {`{"items":` + many(1000, "{}") + pad, ""},
		"one more":                {`{"items":` + many(1001, "{}") + pad, "items: has more than 1000 elements"},
		"of a named type":         {`{"groups":` + many(3000, "{}") + pad, ""},
		"one more of it":          {`{"groups":` + many(3001, "{}") + pad, "groups: has more than 3000 elements"},
		"below":                   {`{"groups":[{},{"options":` + many(1001, "{}") + "}]" + pad, "groups[1].options: has more than 1000 elements"},
		"together":                {`{"groups":` + many(61, `{"options":`+many(1000, "{}")+"}") + pad, "body: its lists have more than 60000 elements together"},
		"what is not decoded":     {`{"unknown":` + many(5000, "{}") + pad, ""},
		"no JSON":                 {`{"items":` + many(999, "{}") + strings.Repeat(" ", countedFrom), ""},
		"small":                   {`{"items":` + many(2000, "{}") + "}", ""},
	} {
		decoded := false
		err := s.counted([]byte(c.json), s.shapes.of(reflect.TypeFor[*body]()), func() error { decoded = true; return nil })
		if got := fmt.Sprint(err); (c.want == "") != decoded || !decoded && !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: decoded %v, %v", name, decoded, err)
		}
	}
	bare := []byte(many(1001, strings.Repeat(" ", 20)+"{}"))
	if err := s.counted(bare, s.shapes.of(reflect.TypeFor[*[]struct{}]()), func() error { return nil }); err == nil || !strings.Contains(err.Error(), "more than 1000") {
		t.Errorf("a bare list: %v", err)
	}
}

// pad ends an object and makes it one that is counted.
var pad = "}" + strings.Repeat(" ", countedFrom)

// TestAnswersHaveABudgetTogether: who does not read holds no more than that, and
// gives it back.
func TestAnswersHaveABudgetTogether(t *testing.T) {
	r := start(t, func(o *Options) {
		large(o)
		o.Routes[len(o.Routes)-1].Public = false
		o.Limits.AnswersInFlight = 40 << 20 // one of 32 MiB
	})
	name, value := as(domain.Staff)
	ask := func() net.Conn {
		c := r.raw()
		fmt.Fprintf(c, "GET /large HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n", name, value)
		return c
	}
	stuck := ask()
	wait(t, "one is held", func() bool { return r.Connections().Answers > 32<<20 })
	answer, err := http.ReadResponse(bufio.NewReader(ask()), nil)
	if err != nil || answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("the second: %v %v", answer, err)
	}
	r.do("GET", "/api/ping", "", name, value).want(t, 200, "", "")
	stuck.Close()
	wait(t, "it is given back", func() bool { return r.Connections().Answers == 0 })
	if answer, err = http.ReadResponse(bufio.NewReader(ask()), nil); err != nil || answer.StatusCode != 200 {
		t.Errorf("afterwards: %v %v", answer, err)
	}
}
