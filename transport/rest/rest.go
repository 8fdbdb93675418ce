// Package rest serves the REST interface: one table of routes, and around it
// what every request needs: limits, tokens, strict decoding, errors as
// application/problem+json, CORS, metrics and documentation. It knows commands,
// queries and errors; what they mean is decided behind transport.Engine.
package rest

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heard/transport"
	"heard/transport/auth"
)

// Options is what a Server is made of. Zero values of the limits mean the
// defaults.
type Options struct {
	Routes      []Route
	Verify      *auth.Verifier
	Health      transport.Health
	Degraded    func() []string // for /readyz: what is away though writes go on; nil = nothing ever
	Log         *slog.Logger
	Version     string   // shown in the documentation
	CORSOrigins []string // nil = DefaultOrigins

	// Collectors are added to /metrics.
	Collectors []prometheus.Collector
	// Words are for the documentation: what the types of the routes mean.
	Words Vocabulary

	Limits Limits
}

// Limits bound what a client can make the process hold.
type Limits struct {
	ReadTimeout     time.Duration // for one request, first byte to last; default 10 s
	WriteTimeout    time.Duration // for one answer; default 10 s
	BytesPerSecond  int           // so many bytes earn either a second more; default 32 KiB
	LongestTransfer time.Duration // that can be earned so; default 5 min
	IdleTimeout     time.Duration // between requests of a connection; default 90 s
	HeaderBytes     int           // default 8 KiB
	BodyBytes       int           // default 1 MiB; a Route may allow more
	Connections     int           // default ConnectionLimit()
}

func (l Limits) withDefaults() Limits {
	orDuration := func(d *time.Duration, other time.Duration) {
		if *d <= 0 {
			*d = other
		}
	}
	orInt := func(n *int, other int) {
		if *n <= 0 {
			*n = other
		}
	}
	orDuration(&l.ReadTimeout, 10*time.Second)
	orDuration(&l.WriteTimeout, 10*time.Second)
	orDuration(&l.LongestTransfer, 5*time.Minute)
	orDuration(&l.IdleTimeout, 90*time.Second)
	orInt(&l.BytesPerSecond, 32<<10)
	orInt(&l.HeaderBytes, 8<<10)
	orInt(&l.BodyBytes, 1<<20)
	orInt(&l.Connections, ConnectionLimit())
	return l
}
