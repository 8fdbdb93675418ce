package scenario

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"heard/bench/load"
)

// door accepts sockets, greets, and then does with each what a test says.
func door(t *testing.T, after func(n int64, conn *websocket.Conn)) *Target {
	t.Helper()
	var opened atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("token"); r.URL.Path != "/ws" || token != "a" && token != "b" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		after(opened.Add(1), conn)
	}))
	t.Cleanup(server.Close)
	client, err := load.NewClient(server.URL, 4, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return &Target{Client: client, Tokens: []string{"a", "b"}, Seed: 1}
}

func greet(conn *websocket.Conn) {
	_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_established"}`))
}

func untilClosed(conn *websocket.Conn) {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
	}
}

// wait is for what comes sooner or later, however slow the machine is.
func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestSocketsAreHeld(t *testing.T) {
	target := door(t, func(_ int64, conn *websocket.Conn) {
		greet(conn)
		untilClosed(conn)
	})
	o := load.Options{Connections: 4, Duration: time.Second, Server: &load.Process{PID: os.Getpid()}}
	r, err := Hold(context.Background(), target, 50, 50*time.Millisecond, o)
	if err != nil || r.Errors != 0 || r.Sockets == nil || r.Server == nil {
		t.Fatalf("%v %+v", err, r)
	}
	if s := r.Sockets; s.Opened != 50 || s.Closed != 0 || s.Frames != 0 {
		t.Errorf("%+v, want 50 open and nothing after the first frame", s)
	}
	if r.FromSend.N != 50 || r.Requests != 50 || r.Label != "connect" {
		t.Errorf("%q %+v", r.Label, r.FromSend)
	}
}

func TestWhatTheServerDoesToSocketsIsCounted(t *testing.T) {
	target := door(t, func(n int64, conn *websocket.Conn) {
		greet(conn)
		greet(conn)
		if n%2 == 0 {
			untilClosed(conn)
		}
	})
	d := &doorway{target: target}
	defer d.closeAll()
	for range 20 {
		if _, err := d.Send(load.Turn{}); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, "a frame each after the first", func() bool { return d.frames.Load() == 20 })
	wait(t, "half are closed", func() bool { return d.lost.Load() == 10 })
	if d.opened() != 20 {
		t.Errorf("%d opened", d.opened())
	}
}

func TestARefusedSocketSaysWhy(t *testing.T) {
	target := door(t, func(_ int64, conn *websocket.Conn) {
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4401, "no token"), time.Now().Add(time.Minute))
	})
	if _, err := Hold(context.Background(), target, 5, 0, load.Options{Connections: 1}); err == nil || !strings.Contains(err.Error(), "closed with 4401 no token") {
		t.Errorf("closed: %v", err)
	}
	target.Tokens = []string{"wrong"}
	if _, err := Hold(context.Background(), target, 5, 0, load.Options{Connections: 1}); err == nil || !strings.Contains(err.Error(), "GET /ws: 401") {
		t.Errorf("refused: %v", err)
	}
}
