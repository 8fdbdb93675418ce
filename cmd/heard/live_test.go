package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// socket is a client's; what was read of it is kept.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
	read []string
}

func (e *engine) socket(path string, header http.Header) *socket {
	e.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+e.address+path, header)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { conn.Close() })
	return &socket{t: e.t, conn: conn}
}

func (s *socket) send(text string) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// next reads up to a frame of a type that holds a text. The answer is the close
// error when the socket ended before.
func (s *socket) next(kind, has string) (string, *websocket.CloseError) {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, text, err := s.conn.ReadMessage()
		if err != nil {
			e, ok := errors.AsType[*websocket.CloseError](err)
			if !ok {
				s.t.Fatalf("waiting for %s %q: %v after %q", kind, has, err, s.read)
			}
			return "", e
		}
		s.read = append(s.read, string(text))
		var frame struct{ Type string }
		if err := json.Unmarshal(text, &frame); err != nil {
			s.t.Fatalf("%v in %s", err, text)
		}
		if frame.Type == kind && strings.Contains(string(text), has) {
			return string(text), nil
		}
	}
}

func (s *socket) want(kind, has string) string {
	s.t.Helper()
	text, closed := s.next(kind, has)
	if closed != nil {
		s.t.Fatalf("waiting for %s %q: %v after %q", kind, has, closed, s.read)
	}
	return text
}

// ended expects the close, and answers its code and reason.
func (s *socket) ended() *websocket.CloseError {
	s.t.Helper()
	_, closed := s.next("no such type", "")
	return closed
}

// TestTermSendsSocketsHomeToComeBack: they are told, closed with a code that
// says come again, and the process still ends well and in time.
func TestTermSendsSocketsHomeToComeBack(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir(), "--allow-insecure-ws")
	if a := e.create("k"); !a.ok() {
		t.Fatal(a)
	}
	sockets := []*socket{e.socket("/ws/bistro/anyone/waiter", nil)}
	for range 20 {
		sockets = append(sockets, e.socket("/ws", http.Header{"Authorization": {"Bearer " + e.token}}))
	}
	for _, s := range sockets {
		s.want("snapshot_end", "")
	}
	var wg sync.WaitGroup
	for _, s := range sockets {
		wg.Go(func() {
			switch _, closed := s.next("draining", ""); {
			case closed != nil:
				t.Errorf("closed with %v before it was told", closed)
			default:
				if end := s.ended(); end.Code != websocket.CloseServiceRestart {
					t.Errorf("closed with %v, want 1012", end)
				}
			}
		})
	}
	e.term()
	wg.Wait()
	e.wantClean()
}

// TestSocketWithoutATokenOnlyWatches: it may ping, subscribe and resume.
func TestSocketWithoutATokenOnlyWatches(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir(), "--allow-insecure-ws")
	if _, ok := e.stderr.find("INSECURE", patience, e.ended); !ok {
		t.Errorf("no warning:\n%s", e.stderr)
	}
	created := e.create("k")
	if !created.ok() {
		t.Fatal(created)
	}
	id := parse[row](t, created.body).ID
	s := e.socket("/ws/bistro/anyone/manager", nil)
	s.want("order_update", id)
	var snapshot struct {
		Epoch string
		Data  struct{ Seq uint64 }
	}
	if err := json.Unmarshal([]byte(s.want("snapshot_end", "")), &snapshot); err != nil || snapshot.Epoch == "" || snapshot.Data.Seq != 1 {
		t.Fatalf("%+v %v", snapshot, err)
	}
	s.send(`{"type":"ping"}`)
	s.want("pong", "")
	s.send(`{"type":"subscribe","rooms":["order:` + id + `"]}`)
	s.want("subscribed", id)
	s.send(`{"type":"resume","epoch":"` + snapshot.Epoch + `","seq":0}`)
	s.want("order_update", `"event":"order.created"`)
	for _, command := range []string{
		`"method":"GET","path":"/api/orders"`, `"method":"GET","path":"/api/settings"`, `"method":"POST","path":"/api/orders","body":{"items":[]}`,
		`"method":"PUT","path":"/api/orders/` + id + `/status?status=ready"`, `"method":"POST","path":"/api/admin/revoke","body":{"sub":"u-admin"}`,
	} {
		s.send(`{"type":"command","id":"c",` + command + `}`)
		if reply := s.want("reply", `"id":"c"`); !contains(reply, `"status":403`, "FORBIDDEN") {
			t.Errorf("%s: %s", command, reply)
		}
	}
	s.send(`{"type":"auth","token":"` + e.token + `"}`)
	s.want("error", "FORBIDDEN")
	if orders := e.list(); len(orders) != 1 || orders[0].Version != 1 {
		t.Errorf("it changed something: %+v", orders)
	}
	// Without the flag there is no such socket.
	e.term()
	e = e.restart()
	strict := e.socket("/ws/bistro/anyone/manager", nil)
	strict.send(`{"type":"ping"}`)
	if end := strict.ended(); end.Code != 4401 || len(strict.read) > 0 {
		t.Errorf("without the flag: closed with %v after %q", end, strict.read)
	}
	e.term()
}
