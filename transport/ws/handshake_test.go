package ws_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/ws"
)

func TestTokenComesInManyWays(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "u-1", domain.Waiter)
	const path = "/ws/bistro/u-1/waiter"
	bearer := http.Header{"Authorization": {"Bearer " + token}}
	protocol := http.Header{"Sec-Websocket-Protocol": {"bearer, " + token}}
	for name, s := range map[string]*screen{
		"query":               k.dial(path+"?token="+token, nil),
		"query without parts": k.dial("/ws?token="+token, nil),
		"header":              k.dial(path, bearer),
		"own origin":          k.dial(path+"?token="+token, http.Header{"Origin": {"http://" + k.address}}),
		"development origin":  k.dial(path+"?token="+token, http.Header{"Origin": {"http://localhost:3000"}}),
	} {
		t.Run(name, func(t *testing.T) { s.t = t; s.open(); s.silent() })
	}
	s := k.dial(path, protocol)
	if got := s.conn.Subprotocol(); got != "bearer" {
		t.Errorf("subprotocol %q: only bearer may be echoed", got)
	}
	s.open()
	s = k.dial("/ws", nil)
	s.send(`{"type":"auth","token":"` + token + `"}`)
	s.open()
	s.silent()
}

func TestRefusedTokensEndWithACode(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Limits.AuthTimeout = 300 * time.Millisecond })
	patient := open(t) // a first frame may take its time
	token := k.token("bistro", "u-1", domain.Waiter)
	expired := k.tokenFor("bistro", "u-1", domain.Waiter, time.Nanosecond)
	signature := token[strings.LastIndexByte(token, '.')+1:]
	for path, told := range map[string]struct {
		code   int
		reason string
	}{
		"/ws/bistro/u-1/waiter?token=nonsense":   {4401, "Invalid token: not a JWT"},
		"/ws/bistro/u-1/waiter?token=" + expired: {4401, "Token expired"},
		"/ws/bistro/u-1/waiter":                  {4401, "no token"}, // and no frame
		"/ws":                                    {4401, "no token"},
		"/ws/bistro/u-1/admin?token=" + token:    {4403, "another role"},
		"/ws/bistro/u-1/WAITER?token=" + token:   {4403, "another role"},
		"/ws/bistro/u-2/waiter?token=" + token:   {4403, "another user"},
		"/ws/rival/u-1/waiter?token=" + token:    {4403, "another organisation"},
		"/ws/rival/u-1/waiter?token=nonsense":    {4401, "Invalid token"},
		"/ws/bistro/u-1/kitchen?token=" + strings.TrimSuffix(token, signature) + strings.Repeat("A", len(signature)): {4401, "wrong signature"},
	} {
		s := k.dial(path, nil)
		if f, err := s.read(patience); err == nil {
			t.Errorf("%s: got %s before the token was accepted", path, f.text)
		}
		s = k.dial(path, nil)
		if e := s.closed(told.code); !strings.Contains(e.Text, told.reason) {
			t.Errorf("%s: closed with %q", path, e.Text)
		}
	}
	for _, first := range []string{`{"type":"auth"}`, `{"type":"auth","token":"x"}`, `{"type":"ping"}`, `{"type":"subscribe","rooms":["org"]}`, `nonsense`, `[]`} {
		s := patient.dial("/ws", nil)
		s.send(first)
		s.closed(4401)
	}
	k.waitFor("all closed", func(s ws.Stats) bool { return s.Active == 0 })
}

func TestOrdinaryRefusals(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "u-1", domain.Waiter)
	if status, body := k.call(token, "GET", "/ws/bistro/u-1/waiter", ""); status != 426 || !strings.Contains(body, "UPGRADE_REQUIRED") {
		t.Errorf("no upgrade: %d %s", status, body)
	}
	for _, origin := range []string{"https://evil.example", "null", "http://localhost.evil.example"} {
		if _, err := k.tryDial("/ws?token="+token, http.Header{"Origin": {origin}}); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("origin %s: %v", origin, err)
		}
	}
	const upgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: %s\r\nSec-WebSocket-Key: %s\r\n\r\n%s"
	for name, c := range map[string]struct{ version, key, early, want string }{
		"good":       {"13", "dGhlIHNhbXBsZSBub25jZQ==", "", "HTTP/1.1 101"},
		"version":    {"12", "dGhlIHNhbXBsZSBub25jZQ==", "", "HTTP/1.1 400"},
		"key":        {"13", "short", "", "HTTP/1.1 400"},
		"early data": {"13", "dGhlIHNhbXBsZSBub25jZQ==", "\x81\x80\x00\x00\x00\x00", ""},
	} {
		conn := k.dialTCP()
		fmt.Fprintf(conn, upgrade, c.version, c.key, c.early)
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if !strings.HasPrefix(line, c.want) || c.want == "" && line != "" {
			t.Errorf("%s: %q", name, line)
		}
		conn.Close()
	}
	k.waitFor("all closed", func(s ws.Stats) bool { return s.Active == 0 })
}

// TestUpgradeAfterRequestsOnOneConnection is what proxies do that keep their
// connections.
func TestUpgradeAfterRequestsOnOneConnection(t *testing.T) {
	k := open(t)
	conn := k.dialTCP()
	r := bufio.NewReader(conn)
	for range 3 {
		fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		io.Copy(io.Discard, res.Body)
	}
	fmt.Fprintf(conn, "GET /ws?token=%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", url.QueryEscape(k.token("bistro", "u", domain.Staff)))
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != 101 || res.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatal(res, err)
	}
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil || head[0] != 0x81 {
		t.Errorf("first frame %x %v", head, err)
	}
}

func TestInsecureSocketsOnlyWatch(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.AllowInsecure = true })
	waiter := k.token("bistro", "w", domain.Waiter)
	board, pass, line := k.dial("/ws/bistro/anyone/manager", nil), k.dial("/ws/bistro/cook/KITCHEN", nil), k.dial("/ws/bistro/cook/kitchen", nil)
	board.open()
	pass.open()
	line.open()
	id := k.place(waiter, "t-1")
	if f := board.event(); f.order(t).ID != id || !strings.Contains(f.text, "payment") {
		t.Errorf("manager: %s", f.text)
	}
	for _, s := range []*screen{pass, line} {
		if f := s.event(); f.order(t).ID != id || strings.Contains(f.text, "payment") {
			t.Errorf("kitchen: %s", f.text)
		}
	}
	if status, _, body := board.command("c1", "POST", "/api/orders", "{}", orderAt("t-2")); status != 403 {
		t.Errorf("command without a token: %d %s", status, body)
	}
	board.send(`{"type":"subscribe","rooms":["table:t-9"]}`)
	board.want("subscribed")
	board.silent()
	// Who is not known is told so: a board that stays empty for ever tells nobody.
	for path, reason := range map[string]string{
		"bi%20stro/x/waiter":            "not an organisation",
		"bistro/x/chef":                 "unknown role",
		"bistro/x/undefined":            "undefined",
		"undefined/x/waiter":            "undefined",
		"bistro/null/waiter":            "null",
		"undefined/undefined/undefined": "undefined",
	} {
		if e := k.dial("/ws/"+path, nil).closed(4403); !strings.Contains(e.Text, reason) {
			t.Errorf("%s: closed with %q", path, e.Text)
		}
	}
	k.dial("/ws/bistro/w/waiter?token=bad", nil).closed(4401)
	rebound := k.dial("/ws/bistro/anyone/manager", http.Header{"Host": {"evil.example:80"}})
	rebound.send(`{"type":"ping"}`)
	rebound.closed(4401)
}

func TestLimitsOfSockets(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Limits.Sockets, o.Limits.PerOrg = 4, 2 })
	k.connect("bistro", "a", domain.Staff, "").open()
	b := k.connect("bistro", "b", domain.Staff, "")
	b.open()
	c := k.connect("bistro", "c", domain.Staff, "")
	c.closed(1013)
	c.conn.Close()
	k.waitFor("two", func(s ws.Stats) bool { return s.Active == 2 })
	k.connect("rival", "a", domain.Staff, "").open()
	k.connect("rival", "b", domain.Staff, "").open()
	k.waitFor("four", func(s ws.Stats) bool { return s.Active == 4 })
	if _, err := k.tryDial("/ws?token="+k.token("third", "a", domain.Staff), nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("beyond the limit: %v", err)
	}
	b.conn.Close()
	k.waitFor("three", func(s ws.Stats) bool { return s.Active == 3 })
	k.connect("bistro", "c", domain.Staff, "").open()
}
