// Package screen is a wall of screens for load tests: thousands of sockets in
// one process, read by one goroutine, which check that they get exactly the log.
// It knows the public protocol only. It needs Linux: elsewhere no wall is made.
package screen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Wall is many screens. One goroutine reads all of them by epoll: goroutines of
// their own would be a run queue of thousands on the processors that the server
// is measured on.
type Wall struct {
	Ready     atomic.Int64           // screens that have their snapshot, or have caught up
	Delivered atomic.Int64           // orders, counted at each screen
	Gone      atomic.Int64           // screens that the server closed
	Sample    atomic.Pointer[[]byte] // the first order's message

	address syscall.SockaddrInet4
	host    string
	epoll   epoll
	humble  bool
	screens []*Screen
	since   atomic.Int64 // µs since 1970; orders sent before are not in the latencies
	closing atomic.Bool
	ended   chan struct{}

	seeing sync.Mutex // held while frames are looked at
	mu     sync.Mutex
	broken error // the first
}

// Screen is one socket and what it has seen. Every order must come once, in the
// order of the log.
type Screen struct {
	fd      int
	dialled time.Time // or when that was planned
	open    bool      // the handshake is done
	hello   []byte    // to be sent then
	stalled bool
	resumes bool   // after last, up to until
	until   uint64 // what the log had when it came back
	greeted bool
	ready   bool
	greets  *Position
	last    uint64
	kept    []byte                  // of a frame that is not complete
	latency *hdrhistogram.Histogram // µs from sending an order; shared with other screens
	began   *hdrhistogram.Histogram // µs from dialling to the end of the snapshot; nil = not measured
}

// NewWall makes a wall for a server's URL, an address of IPv4. A humble one
// reads when nobody else wants the processor: its screens would be other
// machines, and their latency is not asked for.
func NewWall(url string, humble bool) (*Wall, error) {
	host, ok := strings.CutPrefix(url, "http://")
	if !ok {
		return nil, fmt.Errorf("screens need an http:// server, not %s", url)
	}
	at, err := net.ResolveTCPAddr("tcp4", host)
	if err != nil {
		return nil, fmt.Errorf("wall: %w", err)
	}
	epoll, err := newEpoll()
	if err != nil {
		return nil, fmt.Errorf("wall: %w", err)
	}
	w := &Wall{address: syscall.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}, host: host, epoll: epoll, humble: humble, ended: make(chan struct{})}
	w.since.Store(math.MaxInt64)
	go w.read()
	return w, nil
}

// Look is how a screen is opened.
type Look struct {
	Path          string                  // with the token
	Hello         []byte                  // the first message, where the protocol wants one
	Stalled       bool                    // it never reads: its kernel's buffer is small and fills
	Latency       *hdrhistogram.Histogram // of orders; nil = not measured
	UntilSnapshot *hdrhistogram.Histogram // or until it has caught up, where it resumes
	Planned       time.Time               // when it was due; zero = when it is dialled
	After         *Position               // it resumes from there; the path has to say so, too
	Greeting      *Position               // gets what the server's first message says, before Ready counts the screen
}

// Position is a place in an organisation's log.
type Position struct {
	Epoch string
	Seq   uint64
}

// Dial opens a screen; Ready counts it when it has its snapshot.
func (w *Wall) Dial(l Look) error {
	fd, err := newSocket()
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	s := &Screen{fd: fd, dialled: l.Planned, hello: masked(l.Hello), stalled: l.Stalled, latency: l.Latency, began: l.UntilSnapshot, greets: l.Greeting}
	if l.Planned.IsZero() {
		s.dialled = time.Now()
	}
	if s.resumes = l.After != nil; s.resumes {
		s.last = l.After.Seq
	}
	w.mu.Lock()
	index := len(w.screens)
	w.screens = append(w.screens, s)
	w.mu.Unlock()
	if l.Stalled {
		if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096); err != nil {
			return fmt.Errorf("screen: %w", err)
		}
	}
	to := w.address // Connect writes into it
	if err := syscall.Connect(fd, &to); err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	ask := "GET " + l.Path + " HTTP/1.1\r\nHost: " + w.host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2NyZWVuIG9mIGJlbmNoLg==\r\n\r\n"
	if _, err := syscall.Write(fd, []byte(ask)); err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	if err := w.epoll.add(fd, index); err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	return nil
}

// Dialled is how many screens there are or were.
func (w *Wall) Dialled() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.screens)
}

// masked is a client's text frame of less than 126 bytes, by a mask of zeroes.
func masked(text []byte) []byte {
	if text == nil {
		return nil
	}
	return append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
}

// Measure begins the latencies: orders sent before now are not in them.
func (w *Wall) Measure() { w.since.Store(time.Now().UnixMicro()) }

// Fill opens screens at the pace at which they get their snapshots, and waits
// until all have; for each at most as long as patience.
func (w *Wall) Fill(ctx context.Context, n int, l Look, patience time.Duration) error {
	const ahead = 64
	for range n {
		if err := w.Dial(l); err != nil {
			return err
		}
		if err := w.Await(ctx, &w.Ready, int64(w.Dialled()-ahead), patience); err != nil {
			return fmt.Errorf("screens with a snapshot: %w", err)
		}
	}
	if err := w.Await(ctx, &w.Ready, int64(w.Dialled()), patience); err != nil {
		return fmt.Errorf("screens with a snapshot: %w", err)
	}
	return nil
}

// Await waits until a counter has come to n, and reports what broke meanwhile.
func (w *Wall) Await(ctx context.Context, counter *atomic.Int64, n int64, patience time.Duration) error {
	for deadline := time.Now().Add(patience); counter.Load() < n; time.Sleep(2 * time.Millisecond) {
		if err := errors.Join(w.Err(), context.Cause(ctx)); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d after %s", counter.Load(), n, patience)
		}
	}
	return w.Err()
}

// Still calls f while no frame is looked at: histograms may be read and emptied.
func (w *Wall) Still(f func()) {
	w.seeing.Lock()
	defer w.seeing.Unlock()
	f()
}

// Err is the first thing that no screen may see.
func (w *Wall) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

func (w *Wall) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken == nil {
		w.broken = err
	}
}

// Close cuts all screens, so that the kernel keeps no ports waiting.
func (w *Wall) Close() {
	if w.closing.Swap(true) {
		return
	}
	<-w.ended
	for _, s := range w.screens {
		w.hangUp(s)
	}
	w.epoll.close()
}

func (w *Wall) hangUp(s *Screen) {
	if s.fd < 0 {
		return
	}
	_ = syscall.SetsockoptLinger(s.fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	_ = syscall.Close(s.fd)
	s.fd = -1
}

// glance is how long the reader sleeps when there is nothing to read. If it
// waited in epoll, each of the server's writes would pay for waking it, which
// screens on other machines do not make it do. The latencies are later by it.
const glance = 500 * time.Microsecond

func (w *Wall) read() {
	defer close(w.ended)
	if w.humble {
		stepBack()
	}
	var found []readable
	buffer := make([]byte, 128<<10) // more than any message here
	for !w.closing.Load() {
		var err error
		if found, err = w.epoll.look(found[:0]); err != nil {
			w.fail(fmt.Errorf("wall: %w", err))
			return
		}
		if len(found) == 0 {
			time.Sleep(glance)
		}
		w.seeing.Lock()
		for _, r := range found {
			w.mu.Lock()
			s := w.screens[r.index]
			w.mu.Unlock()
			for w.take(s, buffer) || s.fd >= 0 && r.ended {
			}
		}
		w.seeing.Unlock()
	}
}
