package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heard/actors"
	"heard/cluster"
	"heard/persistence/pebblestore"
	"heard/transport/auth"
	"heard/transport/dashboard"
	"heard/transport/rest"
	"heard/transport/rest/api"
)

type serveCommand struct {
	dataFlags
	storeFlags
	cacheFlags
	clusterFlags
	limitFlags
	logFlags
	Listen          string        `help:"Address for REST, WebSocket, dashboard and metrics." default:"127.0.0.1:8000"`
	Durability      string        `help:"When a write is answered: durable, after its fsync; or fast, embedded only, once the kernel has it (a power cut may lose 10 ms)." enum:"durable,fast" default:"durable"`
	MinFree         byteSize      `help:"Below this much free space writes are refused; reads go on." default:"256MiB"`
	FlushInterval   time.Duration `help:"Documents are written after this time," default:"100ms"`
	FlushOps        int           `help:"or when so many wait, whichever comes first; with so many at most every 25 ms." default:"50"`
	CORSOrigins     []string      `name:"cors-origins" help:"Origins browsers may call from, * as port; default: same origin, http://localhost:*, http://127.0.0.1:*."`
	AllowInsecureWS bool          `name:"allow-insecure-ws" help:"Let sockets without a token watch, for the legacy client; loopback only."`
	Demo            bool          `help:"Also set up organisation demo and let a few orders move."`

	scarce atomic.Bool // free space is under twice --min-free
}

// fast is the --durability that answers early.
const fast = "fast"

// shutdownTimeout bounds the way out after SIGTERM.
const shutdownTimeout = 8 * time.Second

// Run starts the engine and serves until a signal.
func (c *serveCommand) Run(ctx context.Context, s *streams) error {
	at, err := c.check()
	if err != nil {
		return err
	}
	ln, err := rest.Bind(at)
	if err != nil {
		return usageError{err}
	}
	defer ln.Close()
	secret, err := c.secret()
	if err != nil {
		return err
	}
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		return usageError{err}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // orders are small and live long: half the collections for the same garbage
	}
	log := c.logger(s.err)
	for {
		err := c.live(ctx, s, ln, verify, secret, log)
		if !errors.Is(err, errRoomAgain) {
			return err
		}
		log.Info("there is room on the disk again: the store is opened for writing")
		if ln, err = rest.Bind(ln.Addr().(*net.TCPAddr)); err != nil {
			return err
		}
	}
}

// live opens the store and serves from it.
func (c *serveCommand) live(ctx context.Context, s *streams, ln *net.TCPListener, verify *auth.Verifier, secret []byte, log *slog.Logger) error {
	b, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	if err := c.withCache(ctx, b, log); err != nil {
		return errors.Join(err, b.Close())
	}
	if c.Store == embedded && b.room == nil {
		b.room, b.scarce = c.room, c.scarce.Load
	}
	node, err := c.node(ctx, b, log)
	if err != nil {
		return errors.Join(err, b.Close())
	}
	options := b.options(log)
	options.WritePerMinute = int64(c.WriteBudget)
	options.FlushIntervalMS, options.FlushOperations = int(c.FlushInterval/time.Millisecond), c.FlushOps
	own(&options, node, b)
	run := &running{log: log, backend: b, node: node, engine: actors.Start(options), verify: verify, secret: secret}
	err = c.serve(ctx, s, ln, run)
	timeout := shutdownTimeout
	if b.again != nil { // nothing can be written
		timeout = time.Second
	}
	stopping, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	stopNode(stopping, node)
	return errors.Join(err, run.engine.Stop(stopping), b.Close())
}

// running is what a server is made of.
type running struct {
	log     *slog.Logger
	backend *backend
	node    *cluster.Node // nil = alone
	engine  *actors.Engine
	verify  *auth.Verifier
	secret  []byte
}

// open opens the store as an engine wants it.
func (c *serveCommand) open(ctx context.Context, log *slog.Logger) (*backend, error) {
	if c.Store == embedded && c.full() {
		return c.openFull(log)
	}
	if c.Durability == fast {
		log.Warn("--durability fast: writes are answered before their fsync; a power cut may lose the last 10 ms of them")
		return openEmbedded(c.Data, log, pebblestore.Options{Late: true})
	}
	return c.storeFlags.open(ctx, c.Data, log, false)
}

// check refuses every mistake in the configuration before anything is made, bound
// or started, and says where to listen.
func (c *serveCommand) check() (*net.TCPAddr, error) {
	for _, check := range []func() error{c.checkCluster, c.checkFlush, c.storeFlags.check, c.cacheFlags.check, c.checkSecret} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	if _, err := c.limits(); err != nil {
		return nil, err
	}
	if _, err := rest.NewOrigins(c.CORSOrigins); err != nil {
		return nil, usage("--cors-origins: %w", err)
	}
	at, err := rest.Resolve(c.Listen)
	if err != nil {
		return nil, usageError{err}
	}
	return at, c.checkInsecure(at)
}

func (c *serveCommand) checkFlush() error {
	if c.Durability == fast && c.Store != embedded {
		return usage("--durability fast: with --store embedded only")
	}
	if c.FlushInterval < time.Millisecond || c.FlushInterval > time.Minute {
		return usage("--flush-interval %s: must be 1ms to 1m", c.FlushInterval)
	}
	if c.FlushOps < 1 || c.FlushOps > 10_000 {
		return usage("--flush-ops %d: must be 1 to 10000", c.FlushOps)
	}
	return nil
}

// checkSecret refuses a secret that will not do. Engines that share a store must
// be given the same.
func (c *serveCommand) checkSecret() error {
	if c.Store == redisMongo && c.JWTSecret == "" {
		return usage("--jwt-secret: must be given with --store redis-mongo, at least 32 bytes, the same for every node")
	}
	_, err := c.given()
	return err
}

func (c *serveCommand) serve(ctx context.Context, s *streams, ln *net.TCPListener, run *running) error {
	front, err := frontOf(run.node, run.engine, run.log)
	if err != nil {
		return err
	}
	gateway := c.gateway(front, run.verify, run.log)
	stats := &performance{engine: run.engine, node: run.node, backend: run.backend, gateway: gateway, started: time.Now()}
	calls := api.API{Engine: front, Reads: front, Stats: stats.read}
	figures := slices.Concat(run.backend.figures, clusterFigures(run.node))
	limits, err := c.limits()
	if err != nil {
		return err
	}
	server, err := rest.New(rest.Options{
		Routes: slices.Concat(calls.Routes(), gateway.Routes(), dashboard.Routes()), Words: api.Vocabulary(), Most: api.Most(),
		Verify: run.verify, Health: front, Degraded: func() []string { return run.backend.degraded(run.engine) },
		Log: run.log, Version: version, CORSOrigins: c.CORSOrigins, Limits: limits,
		Collectors: []prometheus.Collector{newCollector(run.engine, slices.Concat(figures, run.backend.outageFigures()), gateway)},
	})
	if err != nil {
		return usageError{err}
	}
	stats.server = server
	server.ListenOn(ln)
	warnOpen(server.Addr(), run.log)
	address := "http://" + server.Addr().String()
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	fmt.Fprintln(s.out, "listening", address)
	if c.Demo {
		if err := startDemo(ctx, s.out, front, run.secret, address, run.log); err != nil {
			return err
		}
	}
	var ending error
	select {
	case err := <-served:
		return err
	case <-lostOf(run.node):
		ending = errZombie
	case <-run.backend.again:
		ending = errRoomAgain
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if ending == nil {
		handOver(stopping, run.node, run.log)
	}
	run.engine.Drain()
	run.log.Info("shutting down: finishing what was accepted")
	return errors.Join(ending, shutDown(stopping, server, gateway))
}
