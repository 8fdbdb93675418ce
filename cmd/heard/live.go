package main

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"heard/transport/auth"
	"heard/transport/rest"
	"heard/transport/ws"
)

// checkInsecure refuses sockets without a token where other machines could
// reach them.
func (c *serveCommand) checkInsecure(at *net.TCPAddr) error {
	if c.AllowInsecureWS && !at.IP.IsLoopback() {
		return usage("--allow-insecure-ws with --listen %s: only a loopback address is allowed", c.Listen)
	}
	return nil
}

// warnOpen says that whoever is on the network can read what goes over it.
func warnOpen(ln net.Addr, log *slog.Logger) {
	if address, ok := ln.(*net.TCPAddr); ok && !address.IP.IsLoopback() {
		log.Warn("listening beyond this machine without TLS: tokens and orders can be read on the way; put TLS in front", "address", ln.String())
	}
}

func (c *serveCommand) gateway(engine front, verify *auth.Verifier, log *slog.Logger) *ws.Gateway {
	if c.AllowInsecureWS {
		log.Warn("INSECURE: --allow-insecure-ws lets every program on this machine watch every organisation without a token; never use it in production")
	}
	return ws.New(ws.Options{Live: engine, Reads: engine, Verify: verify, Log: log, AllowInsecure: c.AllowInsecureWS})
}

// shutDown lets requests finish and closes the sockets meanwhile.
func shutDown(ctx context.Context, server *rest.Server, gateway *ws.Gateway) error {
	drained := make(chan error, 1)
	go func() { drained <- gateway.Drain(ctx) }()
	return errors.Join(server.Shutdown(ctx), <-drained)
}

// socketStats are the seed's names and the gateway's own figures.
func socketStats(s *ws.Stats) object {
	return object{
		"total_connections": s.Accepted, "messages_sent": s.Sent, "messages_failed": s.Failed,
		"avg_latency_ms": s.AvgLatencyMS, "active_connections": s.Active, "organizations": s.Organisations, "rooms": s.Rooms,
		"messages_received": s.Received, "commands": s.Commands, "refused": s.Refused, "slow_closed": s.Cut, "idle_closed": s.Idle,
		"unauthenticated_closed": s.Refusals, "stalled": s.Stalled, "slowed": s.Slowed, "catching_up": s.CatchingUp,
		"replayed_events": s.Replayed, "snapshot_pages": s.Pages, "shared_chunks": s.Shared, "resyncs": s.Resyncs,
		"overflows": s.Overflows, "panics": s.Panics,
	}
}
