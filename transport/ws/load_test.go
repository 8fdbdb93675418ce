package ws_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/ws"
)

// number finds an integer behind a name in a frame, without decoding it: the
// clients share the processors with the server.
func number(frame []byte, name string) int64 {
	_, rest, ok := bytes.Cut(frame, []byte(name))
	if !ok {
		return -1
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// watch reads events until last, each with its place, and notes how long after
// the request began they came.
func (s *screen) watch(last uint64, tookNS *[]int64) error {
	for s.last < last {
		s.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		_, text, err := s.conn.ReadMessage()
		if err != nil {
			return fmt.Errorf("at %d of %d: %w", s.last, last, err)
		}
		seq := number(text, `"seq":`)
		if !bytes.HasPrefix(text, []byte(`{"type":"order_update"`)) {
			continue
		}
		if prev := number(text, `"prev":`); uint64(prev) != s.last || uint64(seq) != s.last+1 {
			return fmt.Errorf("after %d: %.120s", s.last, text)
		}
		s.last = uint64(seq)
		*tookNS = append(*tookNS, time.Now().UnixNano()-number(text, `"customer_name":"`))
	}
	return nil
}

// BenchmarkFanout is 1,000 screens of 20 organisations while 200 orders a second
// are placed: every screen must end with exactly the right sequence.
func BenchmarkFanout(b *testing.B) { fanout(b, 20, 50, 200) }

// BenchmarkLargeOrganisation is 1,000 screens of one.
func BenchmarkLargeOrganisation(b *testing.B) { fanout(b, 1, 1000, 10) }

// fanout places orders at a rate for some seconds; it must divide evenly.
func fanout(b *testing.B, organisations, screens, rate int) {
	const seconds = 4
	k := open(b)
	var mu sync.Mutex
	var took []int64
	for b.Loop() {
		var reading sync.WaitGroup
		tokens := make([]string, organisations)
		for i := range tokens {
			org := fmt.Sprintf("org-%d", i)
			tokens[i] = k.token(org, "w", domain.Waiter)
			for range screens {
				s := k.dial("/ws?token="+tokens[i], nil)
				s.open()
				reading.Add(1)
				last := s.last + uint64(rate*seconds/organisations)
				go func() {
					defer reading.Done()
					var own []int64
					if err := s.watch(last, &own); err != nil {
						b.Errorf("%s: %v", org, err)
					}
					s.conn.Close()
					mu.Lock()
					defer mu.Unlock()
					took = append(took, own...)
				}()
			}
		}
		var writing sync.WaitGroup
		start := time.Now()
		for i := range rate * seconds {
			time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
			writing.Add(1)
			go func() {
				defer writing.Done()
				body := fmt.Sprintf(`{"customer_name":"%d","items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`, time.Now().UnixNano())
				k.ok(tokens[i%organisations], "POST", "/api/orders", body)
			}()
		}
		writing.Wait()
		reading.Wait()
		k.waitFor("closed", func(s ws.Stats) bool { return s.Active == 0 })
	}
	slices.Sort(took)
	if len(took) == 0 {
		b.Fatal("nothing arrived")
	}
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1])/1e6, "max-ms")
	b.ReportMetric(float64(len(took))/float64(b.N), "frames/op")
	b.ReportMetric(k.gateway.Stats().AvgLatencyMS*1000, "durable-to-written-µs")
}

// BenchmarkIdle is what one more idle socket costs the process, its bare client
// in the same process included. The kernel's part is not in it.
func BenchmarkIdle(b *testing.B) {
	const sockets = 5000
	k := open(b)
	token := k.token("bistro", "w", domain.Waiter)
	inUse := func() uint64 {
		var m runtime.MemStats
		for range 4 { // a stack shrinks by half with each
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	for b.Loop() {
		k.raw(token).until(1, "snapshot_end")
		before := inUse()
		var failed atomic.Int64
		clients := make([]*raw, sockets)
		start := time.Now()
		for i := range clients {
			clients[i] = k.raw(token)
		}
		connected := time.Since(start)
		k.waitFor("all live", func(s ws.Stats) bool { return s.Active == sockets+1 && s.CatchingUp == 0 })
		for _, c := range clients {
			c.until(1, "snapshot_end")
			c.conn.SetDeadline(time.Time{})
			c.r = nil
		}
		b.ReportMetric(float64(inUse()-before)/sockets, "B/socket")
		b.ReportMetric(sockets/connected.Seconds(), "handshakes/s")
		for _, c := range clients {
			if _, err := c.conn.Write([]byte(masked(0x81, `{"type":"ping"}`))); err != nil {
				failed.Add(1)
			}
			c.conn.Close()
		}
		if failed.Load() > 0 {
			b.Errorf("%d sockets were gone", failed.Load())
		}
		k.waitFor("closed", func(s ws.Stats) bool { return s.Active <= 1 })
	}
}

// TestEveryScreenEndsWithTheSequence is the small form of BenchmarkFanout, with
// sockets that come and go.
func TestEveryScreenEndsWithTheSequence(t *testing.T) {
	k := open(t)
	const organisations, screens, events = 4, 12, 60
	var wg sync.WaitGroup
	for i := range organisations {
		org := fmt.Sprintf("org-%d", i)
		token := k.token(org, "w", domain.Waiter)
		for j := range screens {
			wg.Add(1)
			go func() {
				defer wg.Done()
				s := k.connect(org, fmt.Sprintf("u%d", j), domain.Staff, "")
				for s.open(); s.last < events; {
					if f := s.event(); !strings.Contains(f.text, `"organization_id":"`+org+`"`) {
						t.Errorf("of another organisation: %s", f.text)
					}
					if s.last%16 == uint64(j) {
						s.conn.Close()
						s = k.again(s, org, fmt.Sprintf("u%d", j), domain.Staff)
					}
				}
			}()
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range events {
				k.place(token, "t-1")
			}
		}()
	}
	wg.Wait()
}
