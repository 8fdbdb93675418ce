package ws_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/ws"
)

func TestTokenExpiryEndsTheSocket(t *testing.T) {
	t.Parallel() // it waits, mostly
	k := open(t)
	dial := func(ttl time.Duration) *screen {
		s := k.dial("/ws?token="+k.tokenFor("bistro", "w", domain.Waiter, ttl), nil)
		s.open()
		return s
	}
	const life = 5 * time.Second // enough to connect and to renew on a busy machine
	short, renewed, moved := dial(life), dial(life), dial(time.Hour)
	renewed.send(fmt.Sprintf(`{"type":"auth","token":%q}`, k.token("bistro", "w", domain.Waiter)))
	renewed.silent()
	short.closed(4401)
	time.Sleep(2 * time.Second) // two sweeps, of which each would close it
	renewed.silent()
	moved.send(fmt.Sprintf(`{"type":"auth","token":%q}`, k.token("bistro", "w", domain.Admin)))
	moved.closed(4403)
}

func TestRevokedUserIsClosedAtOnce(t *testing.T) {
	k := open(t)
	admin := k.token("bistro", "boss", domain.Admin)
	old := k.token("bistro", "w", domain.Waiter)
	s, again, other, rival := k.connect("bistro", "w", domain.Waiter, ""), k.dial("/ws?token="+old, nil), k.connect("bistro", "x", domain.Waiter, ""), k.connect("rival", "w", domain.Waiter, "")
	for _, s := range []*screen{s, again, other, rival} {
		s.open()
	}
	time.Sleep(2 * time.Millisecond) // tokens carry milliseconds
	k.ok(admin, "POST", "/api/admin/revoke", `{"sub":"w"}`)
	revoked := time.Now()
	s.closed(4401)
	again.closed(4401)
	t.Logf("closed %v after the revocation was answered; the contract says 1 s", time.Since(revoked).Round(time.Millisecond))
	other.silent()
	rival.silent()
	late := k.dial("/ws?token="+old, nil)
	late.closed(4401)
	other.send(fmt.Sprintf(`{"type":"auth","token":%q}`, old))
	other.closed(4403)
	k.dial("/ws?token="+k.token("bistro", "w", domain.Waiter), nil).open()
}

func TestIdleSocketsAreClosed(t *testing.T) {
	t.Parallel() // it waits, mostly
	k := open(t, func(o *ws.Options) { o.Limits.IdleTimeout, o.Limits.PingInterval = 6*time.Second, time.Second })
	answers := k.connect("bistro", "a", domain.Staff, "") // gorilla answers pings while it reads
	answers.open()
	var pinged atomic.Int64
	answer := answers.conn.PingHandler()
	answers.conn.SetPingHandler(func(text string) error { pinged.Add(1); return answer(text) })
	answers.skip = "pong"
	reading := make(chan error, 1)
	go func() {
		for {
			if f, err := answers.read(patience); err != nil || f.Type == "subscribed" {
				reading <- err
				return
			}
		}
	}()
	silent := k.raw(k.token("bistro", "b", domain.Staff))
	silent.until(9, "") // our ping
	if got := silent.until(8, ""); !strings.HasPrefix(got, closePayload(4408, "")) {
		t.Errorf("closed with %x", got)
	}
	answers.send(`{"type":"subscribe","rooms":["org"]}`)
	if err := <-reading; err != nil || pinged.Load() < 2 {
		t.Errorf("who answers pings is not idle: %v after %d pings", err, pinged.Load())
	}
}

func TestDrainTellsEveryone(t *testing.T) {
	k := open(t)
	var all []*screen
	for i := range 40 {
		s := k.connect("bistro", fmt.Sprintf("u%d", i), domain.Staff, "")
		s.open()
		all = append(all, s)
	}
	stuck := k.raw(k.token("bistro", "stuck", domain.Staff)) // never answers the close
	stuck.until(1, "snapshot_end")
	var wg sync.WaitGroup
	for _, s := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.want("draining")
			s.closed(1012)
		}()
	}
	k.stop() // which bounds it
	wg.Wait()
}

// TestNothingIsLeftBehind opens and closes many sockets, in every way, and looks
// at goroutines and memory.
func TestNothingIsLeftBehind(t *testing.T) {
	k := open(t)
	shared := k
	round := func(t *testing.T) {
		own := *shared // what a client holds goes with the subtest
		own.t = t
		k := &own
		var all []*screen
		for i := range 200 {
			s := k.connect("bistro", fmt.Sprintf("u%d", i), domain.Staff, "")
			s.open()
			all = append(all, s)
		}
		for i, s := range all {
			if i%2 == 0 {
				s.conn.Close()
			} else {
				s.send(`{"type":"subscribe","rooms":["table:t"]}`)
				s.want("subscribed")
				s.conn.WriteControl(8, []byte(closePayload(1000, "")), time.Now().Add(time.Second))
				s.closed(1000)
				s.conn.Close()
			}
		}
		k.waitFor("all closed", func(s ws.Stats) bool { return s.Active == 0 && s.Organisations == 0 })
	}
	measure := func() (int, uint64) {
		var m runtime.MemStats
		for range 3 {
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return runtime.NumGoroutine(), m.HeapAlloc
	}
	t.Run("first", round)
	goroutines, heap := measure()
	for range 3 {
		t.Run("again", round)
	}
	after, grown := measure()
	for end := time.Now().Add(patience); after > goroutines+20 && time.Now().Before(end); after, grown = measure() {
		time.Sleep(50 * time.Millisecond) // the last ones are on their way out
	}
	if after > goroutines+20 {
		t.Errorf("%d goroutines became %d", goroutines, after)
	}
	if grown > heap+2<<20 {
		t.Errorf("heap %d became %d", heap, grown)
	}
}
