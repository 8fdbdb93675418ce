package rest

import (
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// conn is a counted connection. The embedded TCPConn keeps what WebSockets need
// in reach: SyscallConn, SetWriteBuffer, SetLinger.
type conn struct {
	*net.TCPConn
	listener *Listener
	closed   atomic.Bool
	linger   atomic.Bool // read on before closing, so that the client sees the answer
	unpaced  atomic.Bool // hijacked: its deadlines are its owner's, who may have several goroutines

	request   transfer
	answer    transfer
	held      atomic.Int64 // bytes of the request that count against the budget of all
	answering atomic.Int64 // likewise of its answer
	address   netip.Addr   // counted under; the zero value = not counted
}

const (
	lingerTime  = time.Second
	lingerBytes = 16 << 20 // more than the largest body that is only just too large
)

func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return c.TCPConn.Close()
	}
	if c.linger.Load() {
		c.drain()
	}
	err := c.TCPConn.Close()
	c.letGo()
	c.listener.left(c.address)
	return err
}

// drain lets a client that is still sending read why it was refused. Closing
// with unread bytes resets the connection and takes the answer with it.
func (c *conn) drain() {
	if c.CloseWrite() != nil || c.TCPConn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	io.CopyN(io.Discard, c.TCPConn, lingerBytes)
}
