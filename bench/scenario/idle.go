package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"heard/bench/load"
)

// idle opens sockets and holds them. How many, and for how long, Hold is told.
func idle() Scenario {
	return Scenario{
		Name: "idle", Says: "sockets that are opened and held, without traffic",
		Connections: defaultConnections, Burst: 1000, Operations: []string{"connect"},
	}
}

// Hold opens sockets, as many at once as there are connections, holds them for a
// while, and reports what they cost the server. The sockets take turns with the
// organisations.
func Hold(ctx context.Context, t *Target, sockets int, hold time.Duration, o load.Options) (load.Result, error) {
	first := &doorway{target: t} // of a target that is down nothing should be measured
	err := first.connect(0)
	if first.closeAll(); err != nil {
		return load.Result{}, err
	}
	d := &doorway{target: t}
	defer d.closeAll()
	o.Burst, o.Warmup, o.Rate = sockets, 0, 0
	job := load.Job{Operations: []string{"connect"}, Worker: func(int) load.Worker { return d }}
	result, err := load.Run(ctx, job, o)
	if err == nil {
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-time.After(hold):
		}
	}
	held := load.Sockets{Opened: d.opened(), Closed: int(d.lost.Load()), Frames: d.frames.Load()}
	result.Sockets, result.Label = &held, "connect"
	if s := result.Server; s != nil && o.Server != nil && held.Opened > 0 {
		if bytes, err := o.Server.ResidentBytes(); err == nil {
			s.ResidentMost = max(s.ResidentMost, bytes)
			held.BytesEach = (bytes - s.ResidentBytes) / int64(held.Opened)
		}
	}
	return result, err
}

// handshakeTimeout is for the handshake, and again for the first frame.
const handshakeTimeout = 30 * time.Second

// A doorway is where sockets come in.
type doorway struct {
	target *Target
	next   atomic.Int64
	lost   atomic.Int64
	frames atomic.Int64

	mu      sync.Mutex
	closing bool
	sockets []*websocket.Conn
	readers sync.WaitGroup
}

// Send opens the next socket.
func (d *doorway) Send(load.Turn) (int, error) { return 0, d.connect(int(d.next.Add(1) - 1)) }

// connect opens a socket and waits for its first frame: before that the server
// has not accepted the token.
func (d *doorway) connect(n int) error {
	address := "ws" + strings.TrimPrefix(d.target.Client.URL(), "http") + "/ws?token=" + d.target.Tokens[d.target.organisation(n)]
	// Small buffers: there may be ten thousand sockets.
	dialer := websocket.Dialer{HandshakeTimeout: handshakeTimeout, ReadBufferSize: 512, WriteBufferSize: 512}
	conn, response, err := dialer.Dial(address, nil)
	if err != nil {
		return unopened(err, response)
	}
	_ = conn.SetReadDeadline(time.Now().Add(handshakeTimeout))
	if _, _, err := conn.ReadMessage(); err != nil {
		conn.Close()
		return unopened(err, nil)
	}
	_ = conn.SetReadDeadline(time.Time{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sockets = append(d.sockets, conn)
	d.readers.Go(func() { d.read(conn) })
	return nil
}

func unopened(err error, response *http.Response) error {
	if response != nil {
		return &load.Fault{Kind: fmt.Sprintf("GET /ws: %d", response.StatusCode), Answered: true}
	}
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		return &load.Fault{Kind: fmt.Sprintf("GET /ws: closed with %d %s", closed.Code, closed.Text), Answered: true}
	}
	return load.Unanswered(err)
}

// read answers pings, inside ReadMessage, until the socket closes.
func (d *doorway) read(conn *websocket.Conn) {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if !d.closing {
				d.lost.Add(1)
			}
			return
		}
		d.frames.Add(1)
	}
}

func (d *doorway) opened() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.sockets)
}

func (d *doorway) closeAll() {
	d.mu.Lock()
	d.closing = true
	for _, conn := range d.sockets {
		conn.Close()
	}
	d.mu.Unlock()
	d.readers.Wait()
}
