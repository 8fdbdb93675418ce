package rest

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// reservedFiles is what the process needs beside connections: stores, logs,
// connections to other nodes.
const reservedFiles = 800

// ConnectionLimit is how many connections the process's file limit allows.
func ConnectionLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 100
	}
	return connectionsWith(int(min(limit.Cur, 1<<30)))
}

// connectionsWith leaves the stores most of few files: a log that cannot begin
// its next file ends the process.
func connectionsWith(files int) int { return files - min(reservedFiles, files*5/8) }

// Listener accepts connections up to a limit, closes those beyond at once, and
// lives through running out of files: one that returned the error would end the
// server for good.
type Listener struct {
	*net.TCPListener
	limit int64 // open connections
	pace  pace

	addresses  addresses
	maxBodies  int64 // bytes of large requests at once
	bodies     atomic.Int64
	maxAnswers int64 // bytes of large answers at once
	answers    atomic.Int64
	noRoom     atomic.Int64 // requests refused for either

	closed chan struct{}
	ended  atomic.Bool

	open      atomic.Int64
	refused   atomic.Int64
	exhausted atomic.Int64
}

// NewListener wraps ln.
func NewListener(ln *net.TCPListener, l Limits) *Listener {
	l = l.withDefaults()
	return &Listener{TCPListener: ln, limit: int64(l.Connections), closed: make(chan struct{}),
		pace:      pace{int64(l.RequestBytesPerSecond), int64(l.BytesPerSecond), l.ReadTimeout, l.LongestTransfer},
		addresses: addresses{most: l.PerAddress, proxies: l.Proxies, open: map[netip.Addr]int{}},
		maxBodies: int64(l.BodiesInFlight), maxAnswers: int64(l.AnswersInFlight),
	}
}

// ConnectionStats counts a listener's connections.
type ConnectionStats struct {
	Open      int64 `json:"open"`      // now
	Refused   int64 `json:"refused"`   // ever, beyond the limit
	Exhausted int64 `json:"exhausted"` // times that accept found no file or memory left
	Crowded   int64 `json:"crowded"`   // ever, beyond the limit of one address
	Bodies    int64 `json:"bodies"`    // bytes of large requests that are held now
	Answers   int64 `json:"answers"`   // bytes of large answers that are held now
	NoRoom    int64 `json:"no_room"`   // requests refused because too many bytes of either were held
}

// Stats counts the connections.
func (l *Listener) Stats() ConnectionStats {
	return ConnectionStats{l.open.Load(), l.refused.Load(), l.exhausted.Load(), l.addresses.refused.Load(), l.bodies.Load(), l.answers.Load(), l.noRoom.Load()}
}

// Accept waits for a connection. Errors are net.ErrClosed, or permanent.
func (l *Listener) Accept() (net.Conn, error) {
	wait := 5 * time.Millisecond
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			if !passing(err) {
				return nil, err
			}
			l.exhausted.Add(1)
			if !l.sleep(wait) {
				return nil, net.ErrClosed
			}
			wait = min(2*wait, time.Second)
			continue
		}
		wait = 5 * time.Millisecond
		if l.open.Add(1) > l.limit {
			l.open.Add(-1)
			l.refused.Add(1)
			c.Close()
			continue
		}
		address, admitted := l.addresses.enter(c.RemoteAddr())
		if !admitted {
			l.open.Add(-1)
			c.Close()
			continue
		}
		return &conn{TCPConn: c, listener: l, address: address}, nil
	}
}

// left takes a connection out that was accepted.
func (l *Listener) left(address netip.Addr) {
	l.open.Add(-1)
	l.addresses.leave(address)
}

// passing reports whether accepting again can succeed: files or memory were
// short, or the client was gone before it was accepted.
func passing(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EPROTO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (l *Listener) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.closed:
		return false
	}
}

// Close stops accepting; connections live on. A second call does nothing.
func (l *Listener) Close() error {
	if l.ended.Swap(true) {
		return nil
	}
	close(l.closed)
	return l.TCPListener.Close()
}
