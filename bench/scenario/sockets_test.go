package scenario

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"heard/bench/load"
)

// board is a server with screens: an order is handed to all of them.
type board struct {
	mu      sync.Mutex
	seq     int
	frames  []string
	screens []*websocket.Conn
	skip    int  // this frame is never sent
	silent  bool // no snapshot ends
	asked   []string
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/ws" {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seq++
		frame := fmt.Sprintf(`{"type":"order_update","event":"order.created","seq":%d,"data":%s}`, b.seq, body)
		b.frames = append(b.frames, frame)
		for _, s := range b.screens {
			if b.seq != b.skip {
				_ = s.WriteMessage(websocket.TextMessage, []byte(frame)) // some are cut by now
			}
		}
		fmt.Fprintf(w, `{"order_id":"o-%d"}`, b.seq)
		return
	}
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	b.mu.Lock()
	b.asked = append(b.asked, r.URL.RawQuery)
	_ = conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"connection_established","data":{"connection_id":"c","seq":%d,"epoch":"e1"}}`, b.seq))
	if r.URL.Query().Get("epoch") == "e1" {
		var from int
		_, _ = fmt.Sscan(r.URL.Query().Get("seq"), &from)
		for _, frame := range b.frames[from:] {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(frame))
		}
	} else if !b.silent {
		_ = conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"snapshot_end","data":{"seq":%d}}`, b.seq))
	}
	b.screens = append(b.screens, conn)
	b.mu.Unlock()
	untilClosed(conn)
}

func (b *board) target(t *testing.T) *Target {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	client, err := load.NewClient(server.URL, 8, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Abandon)
	return &Target{Client: client, Tokens: []string{"a"}, Seed: 1}
}

const long = time.Minute // no claim

func TestFanoutTimesEveryScreen(t *testing.T) {
	b := &board{}
	f, err := OpenFanout(context.Background(), b.target(t), 7, long, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := f.Run(context.Background(), load.Options{Connections: 4, Rate: 100, Warmup: 100 * time.Millisecond, Duration: 300 * time.Millisecond})
	if err != nil || r.Requests != 30 || r.Errors != 0 {
		t.Fatalf("%v %+v", err, r)
	}
	if s := r.Screens; s == nil || s.Screens != 7 || s.Due != 210 || s.Delivered != 210 || s.Latency.N != 210 || s.Latency.P50 <= 0 || s.PerSecond <= 0 {
		t.Errorf("%+v", s)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seq != 1+10+30 { // the first, the warm-up and what counts
		t.Errorf("%d orders placed", b.seq)
	}
}

// TestAFrameThatIsMissingFailsFanout, whatever the figures are.
func TestAFrameThatIsMissingFailsFanout(t *testing.T) {
	for skip, want := range map[int]string{5: "after 4 comes 6", 11: "20 of 22 after 200ms"} { // in between; the last
		b := &board{skip: skip}
		f, err := OpenFanout(context.Background(), b.target(t), 2, long, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.patience = 200 * time.Millisecond
		r, err := f.Run(context.Background(), load.Options{Connections: 1, Rate: 100, Duration: 100 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), want) || r.Requests != 10 {
			t.Errorf("frame %d: %v, %d orders", skip, err, r.Requests)
		}
		f.Close()
	}
}

func TestAFanoutHandsOnTheFramesItSaw(t *testing.T) {
	f, err := OpenFanout(context.Background(), (&board{}).target(t), 1, long, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if frame := string(f.Again()(12345)); !strings.Contains(frame, `"seq":0,`) || !strings.Contains(frame, `"customer_name":"12345","items"`) && !strings.Contains(frame, `"customer_name":"12345",`) {
		t.Errorf("%s", frame)
	}
}

func TestACrowdComesBack(t *testing.T) {
	for _, resume := range []bool{false, true} {
		b := &board{}
		r, err := Reconnect(context.Background(), b.target(t), 30, resume, long, load.Options{Connections: 8})
		if err != nil || r.Errors != 0 || r.Requests != 30 {
			t.Fatalf("resume %v: %v %+v", resume, err, r)
		}
		if r.Latency.N != 30 || r.Latency.P50 <= 0 || r.Label != "back" || r.Back == nil || r.Back.Sockets != 30 || r.Back.Resumed != resume || r.Back.LastMS == 0 {
			t.Errorf("resume %v: %+v %+v", resume, r.Latency, r.Back)
		}
		b.mu.Lock()
		first, back := b.asked[0], b.asked[len(b.asked)-1]
		if want := fmt.Sprintf("token=a&epoch=e1&seq=%d", readable); first != "token=a" || (back == want) != resume || b.seq != readable+map[bool]int{true: missed}[resume] {
			t.Errorf("resume %v: asked %q, then %q; %d orders", resume, first, back, b.seq)
		}
		b.mu.Unlock()
	}
}

func TestACrowdThatGetsNoSnapshotIsAnError(t *testing.T) {
	b := &board{silent: true}
	_, err := Reconnect(context.Background(), b.target(t), 5, false, 100*time.Millisecond, load.Options{Connections: 2})
	if err == nil || !strings.Contains(err.Error(), "screens with a snapshot: 0 of 5 after 100ms") {
		t.Errorf("%v", err)
	}
}
