// Package ws is the live side of a node: it hands every event of an organisation
// to every screen of it, in order and without a gap, and takes commands that are
// carried out exactly as if they had come by REST.
//
// Each socket has one goroutine, which reads. A few shard goroutines write, and
// never wait for a socket: one whose send buffer is full gets a goroutine of its
// own until it has drained. Nothing here decides what may happen to an order.
package ws

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"heard/domain"
	"heard/transport"
	"heard/transport/auth"
	"heard/transport/rest"
)

// Options is what a Gateway is made of. Zero values of the limits mean the
// defaults.
type Options struct {
	Live   transport.Live
	Reads  transport.Reads // the menu, for rooms by station
	Verify *auth.Verifier
	Log    *slog.Logger

	// AllowInsecure lets sockets without a token in, read only; for the legacy
	// client, on loopback listeners.
	AllowInsecure bool

	Limits Limits
}

// Gateway serves the sockets of a node.
type Gateway struct {
	live     transport.Live
	reads    transport.Reads
	verify   *auth.Verifier
	log      *slog.Logger
	insecure bool
	limits   Limits
	upgrader websocket.Upgrader
	server   atomic.Pointer[rest.Server] // carries commands out
	shards   []*shard
	workers  chan struct{} // bounds the organisations that catch up at once
	everyone [2]*audience  // the default of each view
	process  string        // makes connection ids unique among all runs

	mu            sync.RWMutex
	organisations map[string]*organisation

	open     atomic.Int64 // sockets
	unknown  atomic.Int64 // sockets that have not shown a token yet
	last     atomic.Uint64
	replies  atomic.Int64 // bytes of large answers that wait
	draining atomic.Bool
	stop     chan struct{}
	running  sync.WaitGroup
	stats    counters
}

// New makes a gateway and starts its writers. Drain ends it.
func New(o Options) *Gateway {
	g := &Gateway{
		live: o.Live, reads: o.Reads, verify: o.Verify, log: o.Log, insecure: o.AllowInsecure,
		limits:        o.Limits.withDefaults(),
		workers:       make(chan struct{}, maxCatchingUp),
		process:       strconv.FormatInt(time.Now().UnixMilli(), 36),
		organisations: map[string]*organisation{},
		stop:          make(chan struct{}),
	}
	g.everyone = [2]*audience{whole: newAudience(domain.Staff, []string{roomOrg}), kitchen: newAudience(domain.Kitchen, []string{roomOrg})}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.upgrader = websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout, ReadBufferSize: 256, WriteBufferSize: 512, WriteBufferPool: &sync.Pool{},
		Subprotocols: []string{subprotocol},
		CheckOrigin:  func(*http.Request) bool { return true }, // was checked before
	}
	// Half the processors are left to everything else: requests must not wait
	// behind a broadcast.
	for i := range max(1, runtime.GOMAXPROCS(0)/2) {
		s := &shard{gateway: g, index: i, signal: make(chan struct{}, 1)}
		g.shards = append(g.shards, s)
		g.running.Add(1)
		go s.run()
	}
	g.running.Add(1)
	go g.sweepLoop()
	return g
}

// Routes is what the gateway adds to the server's table.
func (g *Gateway) Routes() []rest.Route {
	return []rest.Route{
		{Method: "GET", Path: "/ws/{org_id}/{user_id}/{user_role}", Public: true, Hidden: true, Handle: g.handle},
		{Method: "GET", Path: "/ws", Public: true, Hidden: true, Handle: g.handle},
	}
}

// recovered keeps a panic in one goroutine from ending the process, and tells
// whether there was one.
func (g *Gateway) recovered(doing string, p any) bool {
	if p == nil {
		return false
	}
	g.stats.panics.Add(1)
	g.log.Error("panic in the gateway", slog.String("doing", doing), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	return true
}

// enter finds or makes an organisation and holds it for one socket.
func (g *Gateway) enter(id string) *organisation {
	g.mu.Lock()
	defer g.mu.Unlock()
	o := g.organisations[id]
	if o == nil {
		o = newOrganisation(g, id)
		g.organisations[id] = o
		g.running.Add(1)
		go o.follow()
	}
	o.held++
	return o
}

// leave lets go of an organisation. It is forgotten by the sweep, or at once
// when it could not be followed, so that the next socket tries again.
func (g *Gateway) leave(o *organisation, failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	o.held--
	if failed && g.organisations[o.id] == o {
		delete(g.organisations, o.id)
	}
}

// drop forgets an organisation that moved: the next socket follows it anew.
func (g *Gateway) drop(o *organisation) {
	defer g.running.Done()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.organisations[o.id] == o {
		delete(g.organisations, o.id)
		o.end()
	}
}

// forgetEmpty drops organisations that no socket holds.
func (g *Gateway) forgetEmpty() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, o := range g.organisations {
		if o.held == 0 {
			delete(g.organisations, id)
			o.end()
		}
	}
}

func (g *Gateway) all() []*organisation {
	g.mu.RLock()
	defer g.mu.RUnlock()
	list := make([]*organisation, 0, len(g.organisations))
	for _, o := range g.organisations {
		list = append(list, o)
	}
	return list
}

// system is who reads an organisation's log for all its sockets: nobody whose
// token could be revoked. What a role may see of it is cut before it is sent.
func (o *organisation) system(after uint64) *domain.Query {
	return &domain.Query{Org: o.id, After: after, NowMS: time.Now().UnixMilli()}
}

func (g *Gateway) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), enginePatience)
}
