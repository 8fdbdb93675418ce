package screen

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/gorilla/websocket"
)

// patience bounds waits whose length is no claim.
const patience = time.Minute

// display serves sockets that send these messages behind an empty snapshot up to
// sequence 7, in writes of so many bytes; 0 = a message each.
func display(t *testing.T, piece int, messages ...string) *Wall {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for _, m := range append([]string{`{"type":"snapshot_end","seq":7}`}, messages...) {
			frame := append([]byte{0x81, byte(len(m))}, m...)
			if len(m) >= 126 {
				frame = append([]byte{0x81, 126, byte(len(m) >> 8), byte(len(m))}, m...)
			}
			for part := range slices.Chunk(frame, cmp.Or(piece, len(frame))) {
				if _, err := conn.NetConn().Write(part); err != nil {
					return // the wall has seen enough
				}
			}
		}
		_, _ = io.Copy(io.Discard, conn.NetConn())
	}))
	t.Cleanup(server.Close)
	w, err := NewWall(server.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func orderMessage(seq int, sent time.Time) string {
	return fmt.Sprintf(`{"type":"order_update","event":"order.created","seq":%d,"prev":%d,"data":{"customer_name":"%d","notes":%q}}`, seq, seq-1, sent.UnixMicro(), strings.Repeat("n", 300))
}

// TestWallMeasuresWhatIsInOrder: every screen's orders are counted, and those
// sent after Measure are timed, however the bytes come.
func TestWallMeasuresWhatIsInOrder(t *testing.T) {
	for _, piece := range []int{0, 1, 100} {
		t.Run(fmt.Sprint(piece), func(t *testing.T) {
			now := time.Now()
			w := display(t, piece, orderMessage(8, now.Add(-time.Hour)), orderMessage(9, now.Add(time.Minute)), orderMessage(10, now.Add(-50*time.Minute)))
			w.Measure() // the second order only is sent later
			latency := hdrhistogram.New(1, 60_000_000, 3)
			for range 3 {
				if err := w.Dial(Look{Path: "/", Latency: latency}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Await(context.Background(), &w.Delivered, 9, patience); err != nil {
				t.Fatal(err)
			}
			if w.Ready.Load() != 3 || latency.TotalCount() != 3 {
				t.Errorf("%d screens ready, %d orders timed; want 3 and 3", w.Ready.Load(), latency.TotalCount())
			}
		})
	}
}

// TestWallRefusesGapsAndRepeats: a benchmark that loses an order fails.
func TestWallRefusesGapsAndRepeats(t *testing.T) {
	for name, seqs := range map[string][2]int{"gap": {8, 10}, "repeat": {8, 8}, "gap behind the snapshot": {9, 10}, "older": {8, 7}} {
		t.Run(name, func(t *testing.T) {
			w := display(t, 0, orderMessage(seqs[0], time.Now()), orderMessage(seqs[1], time.Now()))
			if err := w.Dial(Look{Path: "/", Latency: hdrhistogram.New(1, 60_000_000, 3)}); err != nil {
				t.Fatal(err)
			}
			if err := w.Await(context.Background(), &w.Delivered, 3, patience); err == nil || !strings.Contains(err.Error(), " comes ") {
				t.Fatalf("error %v, want one of the sequence", err)
			}
		})
	}
}
