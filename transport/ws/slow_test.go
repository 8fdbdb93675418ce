package ws_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"heard/domain"
	"heard/transport/ws"
)

// narrow opens a socket whose receive buffer is small: on loopback, 4 KiB
// means some 30 KB/s.
func (k *kitchen) narrow(path string, bytes int) *screen {
	k.t.Helper()
	d := websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		c, err := net.Dial(network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(bytes)
		}
		return c, err
	}}
	conn, _, err := d.Dial("ws://"+k.address+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { conn.Close() })
	return &screen{t: k.t, k: k, conn: conn, skip: "presence"}
}

// TestStalledReaderIsCutAndOthersGoOn: who does not read is closed with 4008,
// after resync_required, and nobody else notices.
func TestStalledReaderIsCutAndOthersGoOn(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Limits.QueueFrames, o.Limits.QueueBytes = 64, 64<<10 })
	token := k.token("bistro", "w", domain.Waiter)
	stuck, late := k.narrow("/ws?token="+token, 4096), k.narrow("/ws?token="+token, 4096)
	stuck.open()
	late.open()
	var wg, reading sync.WaitGroup
	stop := make(chan bool)
	var written uint64
	var total atomic.Uint64 // events, once it is known
	// Who reads must never lag by a whole queue, however slow the machine: the
	// writer waits for them.
	const lead = 16
	reached := make([]chan struct{}, 5)
	for i := range reached {
		s := k.connect("bistro", "g", domain.Staff, "")
		s.open()
		ahead := make(chan struct{}, lead)
		reached[i] = ahead
		reading.Add(1)
		go func() {
			defer reading.Done()
			for s.event(); s.last != total.Load(); s.event() {
				<-ahead
			}
			s.silent()
		}()
	}
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-stop:
				return
			default:
				k.place(token, "t-1")
				written++
				for _, ahead := range reached {
					ahead <- struct{}{}
				}
			}
		}
	}()
	k.waitFor("one cut", func(s ws.Stats) bool { return s.Cut >= 1 })
	sawResync := false
	for { // it was not too late to tell this one
		f, err := late.read(patience)
		if err != nil {
			if e := (*websocket.CloseError)(nil); !errors.As(err, &e) || e.Code != 4008 || !sawResync {
				t.Errorf("ended with %v, resync %t", err, sawResync)
			}
			break
		}
		sawResync = sawResync || f.Type == "resync_required"
	}
	k.waitFor("both gone", func(s ws.Stats) bool { return s.Active == 5 })
	close(stop)
	wg.Wait()
	total.Store(written + 1)
	k.place(token, "t-1")
	reading.Wait()
}

// TestTenThousandOrdersReachASlowPhone reads the largest snapshot slowly while
// orders go on: never 4008, and live afterwards.
func TestTenThousandOrdersReachASlowPhone(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: -short")
	}
	k := open(t, func(o *ws.Options) { o.Limits.QueueFrames, o.Limits.QueueBytes = 64, 64<<10 })
	token := k.token("bistro", "w", domain.Waiter)
	const orders = 10_000
	k.placeMany(token, orders)
	s := k.narrow("/ws?token="+token, 64<<10)
	if f := s.want("connection_established"); f.Seq != orders {
		t.Fatalf("at %d", f.Seq)
	}
	seen := map[string]bool{}
	for f := s.next(); f.Type != "snapshot_end"; f = s.next() {
		if o := f.order(t); !seen[o.ID] {
			seen[o.ID] = true
		}
		if n := len(seen); n%500 == 0 { // about 1 MB/s at best, 2 MB in all
			time.Sleep(20 * time.Millisecond)
			k.place(token, "t-1")
		}
		s.last = f.Seq
	}
	s.last = orders
	if len(seen) < orders {
		t.Errorf("%d orders", len(seen))
	}
	s.through(orders + 20)
	if n := k.gateway.Stats().Cut; n != 0 {
		t.Errorf("%d cut", n)
	}
}

func (k *kitchen) placeMany(token string, orders int) {
	var wg sync.WaitGroup
	for range 32 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range orders / 32 {
				k.place(token, "t-1")
			}
		}()
	}
	for range orders % 32 {
		k.place(token, "t-1")
	}
	wg.Wait()
}

// TestTricklingReader takes ten bytes a tenth of a second: it must cost its own
// socket only.
func TestTricklingReader(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Limits.StallTimeout = time.Second })
	token := k.token("bistro", "w", domain.Waiter)
	k.placeMany(token, 640)
	s := k.narrow("/ws?snapshot=full&token="+token, 4096)
	conn := s.conn.NetConn()
	small := make([]byte, 10)
	conn.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, err := io.ReadFull(conn, small); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("not cut")
			}
			break
		}
		if k.gateway.Stats().Active == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	k.waitFor("cut", func(s ws.Stats) bool { return s.Active == 0 && s.Stalled == 0 })
}

// TestStormSharesOneSnapshot: 500 clients that come back at once cost a few
// encodings, not 500.
func TestStormSharesOneSnapshot(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "w", domain.Waiter)
	k.placeMany(token, 130)
	before := k.gateway.Stats().Pages
	var wg sync.WaitGroup
	start := time.Now()
	for i := range 500 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s, err := k.tryDial("/ws?token="+token, nil)
			if err != nil {
				t.Errorf("%d: %v", i, err)
				return
			}
			s.want("connection_established")
			if orders := s.snapshot(); len(orders) != 130 {
				t.Errorf("%d orders", len(orders))
			}
		}()
	}
	wg.Wait()
	took := time.Since(start)
	stats := k.gateway.Stats()
	if pages := stats.Pages - before; pages > 60 {
		t.Errorf("%d pages encoded for 500 sockets", pages)
	}
	t.Logf("500 sockets in %s, %d pages encoded, %d shared", took, stats.Pages-before, stats.Shared)
}

// TestFloodIsReadSlowly: a client that floods costs itself.
func TestFloodIsReadSlowly(t *testing.T) {
	k := open(t)
	flood := k.raw(k.token("bistro", "f", domain.Staff))
	go io.Copy(io.Discard, flood.conn)
	batch := strings.Repeat(masked(0x81, `{"type":"ping"}`), 500)
	sent, start := 0, time.Now()
	for time.Since(start) < 1500*time.Millisecond {
		flood.conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, _ := io.WriteString(flood.conn, batch)
		sent += n
		if n < len(batch) {
			break
		}
	}
	if k.gateway.Stats().Slowed == 0 && sent > 10<<20 {
		t.Errorf("%d bytes were read at full speed", sent)
	}
	s := k.connect("bistro", "w", domain.Waiter, "")
	s.open()
	begun := time.Now()
	k.place(k.token("bistro", "w", domain.Waiter), "t-1")
	s.event()
	if took := time.Since(begun); took > patience/2 {
		t.Errorf("another screen waited %s", took)
	}
}
