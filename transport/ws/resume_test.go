package ws_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/ws"
)

func (s *screen) position() string { return fmt.Sprintf("&epoch=%s&seq=%d", s.epoch, s.last) }

// again is a socket that resumes where another one was.
func (k *kitchen) again(s *screen, org, user string, role domain.Role) *screen {
	k.t.Helper()
	next := k.connect(org, user, role, s.position())
	next.epoch, next.last = s.epoch, s.last
	if f := next.want("connection_established"); f.Epoch != s.epoch {
		k.t.Fatalf("epoch changed: %s", f.text)
	}
	return next
}

func TestResumeSurvivesRestart(t *testing.T) {
	k := open(t)
	waiter := k.token("bistro", "w", domain.Waiter)
	s := k.connect("bistro", "m", domain.Manager, "")
	s.open()
	for i := range 5 {
		k.place(waiter, fmt.Sprintf("t-%d", i))
	}
	s.through(3)
	s.conn.Close()
	k.restart()
	s = k.again(s, "bistro", "m", domain.Manager)
	s.through(5)
	s.silent()
	id := k.place(waiter, "t-9")
	if f := s.event(); f.Seq != 6 || f.order(t).ID != id {
		t.Errorf("live after resuming: %s", f.text)
	}
	s = k.dial("/ws", nil) // the same in the first frame
	s.epoch, s.last = "", 2
	f := k.connect("bistro", "x", domain.Staff, "").want("connection_established")
	s.send(fmt.Sprintf(`{"type":"auth","token":%q,"epoch":%q,"seq":2}`, k.token("bistro", "x", domain.Staff), f.Epoch))
	s.want("connection_established")
	s.through(6)
	s.silent()
}

func TestPositionsThatAreOfNoUse(t *testing.T) {
	k := open(t)
	waiter := k.token("bistro", "w", domain.Waiter)
	first := k.connect("bistro", "m", domain.Manager, "")
	first.open()
	id := k.place(waiter, "t-1")
	for name, query := range map[string]string{
		"another epoch": "&epoch=other&seq=1", "no epoch": "&seq=1", "the future": "&epoch=" + first.epoch + "&seq=99", "no number": "&epoch=" + first.epoch + "&seq=x",
	} {
		s := k.connect("bistro", "m", domain.Manager, query)
		s.want("connection_established")
		s.want("resync_required")
		if orders := s.snapshot(); len(orders) != 1 || orders[id].ID != id || s.last != 1 {
			t.Errorf("%s: %v at %d", name, orders, s.last)
		}
		s.silent()
	}
}

func TestResumeFrameOnlyReplays(t *testing.T) {
	k := open(t)
	waiter := k.token("bistro", "w", domain.Waiter)
	s := k.connect("bistro", "m", domain.Manager, "")
	s.open()
	for range 4 {
		k.place(waiter, "t-1")
	}
	s.through(4)
	s.send(fmt.Sprintf(`{"type":"resume","epoch":%q,"seq":1}`, s.epoch))
	s.last = 1
	s.through(4)
	k.place(waiter, "t-1")
	s.through(5)
	s.silent()
	s.send(`{"type":"resume","epoch":"other","seq":1}`)
	s.want("resync_required")
	if orders := s.snapshot(); len(orders) != 5 {
		t.Errorf("%d orders", len(orders))
	}
	k.place(waiter, "t-1")
	s.through(6)
	for range 200 { // a flood of them neither grows nor breaks anything
		s.send(fmt.Sprintf(`{"type":"resume","epoch":%q,"seq":0}`, s.epoch))
	}
	s.send(fmt.Sprintf(`{"type":"resume","epoch":%q,"seq":6}`, s.epoch))
	for s.send(`{"type":"ping"}`); s.next().Type != "pong"; {
	}
	s.last = 6
	k.place(waiter, "t-1")
	for {
		if f := s.next(); f.Seq == 7 && f.Prev == 6 {
			break
		}
	}
}

// TestResumeRacesWithLiveTraffic connects and resumes at random while orders
// come: every screen must get every event once, in order.
func TestResumeRacesWithLiveTraffic(t *testing.T) {
	const events = 600
	// A screen that lags by all of it is slow, but not what this is about.
	k := open(t, func(o *ws.Options) { o.Limits.QueueFrames, o.Limits.QueueBytes = 2*events, 8<<20 })
	waiter := k.token("bistro", "w", domain.Waiter)
	var writing, reading sync.WaitGroup
	for range 4 {
		writing.Add(1)
		go func() {
			defer writing.Done()
			for range events / 8 {
				id := k.place(waiter, fmt.Sprintf("t-%d", rand.IntN(3)))
				k.move(waiter, id, "preparing")
			}
		}()
	}
	for seed := range uint64(12) {
		reading.Add(1)
		go func() {
			defer reading.Done()
			random := rand.New(rand.NewPCG(seed, 1))
			role := domain.Roles()[random.IntN(6)]
			s := k.connect("bistro", "u", role, "")
			s.open()
			for s.last < events {
				switch random.IntN(60) {
				case 0:
					s.conn.Close()
					s = k.again(s, "bistro", "u", role)
				default:
					s.event()
				}
				if t.Failed() {
					t.Logf("seed %d", seed)
					return
				}
			}
			s.silent()
		}()
	}
	writing.Wait()
	reading.Wait()
}

func TestTwoThousandEventsReachASlowReader(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Limits.QueueFrames, o.Limits.QueueBytes = 64, 64<<10 })
	waiter := k.token("bistro", "w", domain.Waiter)
	first := k.connect("bistro", "m", domain.Manager, "")
	first.open()
	first.conn.Close()
	k.fill(waiter, 1000)
	s := k.again(first, "bistro", "m", domain.Manager)
	for s.last < 2000 {
		s.event()
		if s.last%100 == 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	s.silent()
	if n := k.gateway.Stats().Cut; n != 0 {
		t.Errorf("%d cut", n)
	}
}

// fill places orders and moves each once, 16 at a time.
func (k *kitchen) fill(token string, orders int) {
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range orders / 16 {
				k.move(token, k.place(token, "t-1"), "preparing")
			}
		}()
	}
	wg.Wait()
	for range orders % 16 {
		k.move(token, k.place(token, "t-1"), "preparing")
	}
}
