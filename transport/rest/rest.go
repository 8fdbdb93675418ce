// Package rest serves the REST interface: one table of routes, and around it
// what every request needs: limits, tokens, strict decoding, errors as
// application/problem+json, CORS, metrics and documentation. It knows commands,
// queries and errors; what they mean is decided behind transport.Engine.
package rest

import (
	"log/slog"
	"net/netip"
	"reflect"
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

	// Most is how many elements a list of a type may have in a body; default 1,000.
	Most map[reflect.Type]int

	Limits Limits
}

// Limits bound what a client can make the process hold.
type Limits struct {
	ReadTimeout           time.Duration  // for a request, and again for each time in which enough of it came; default 5 s
	RequestBytesPerSecond int            // is enough; default 4 KiB
	WriteTimeout          time.Duration  // for one answer; default 10 s
	BytesPerSecond        int            // so many bytes earn an answer a second more; default 32 KiB
	LongestTransfer       time.Duration  // beyond these times; default 5 min
	IdleTimeout           time.Duration  // between requests of a connection; default 90 s
	HeaderBytes           int            // default 8 KiB
	BodyBytes             int            // default 1 MiB; a Route may allow more, and without a token it is 64 KiB
	BodiesInFlight        int            // bytes of requests over 64 KiB at once, in all; default 128 MiB
	AnswersInFlight       int            // bytes of answers over 64 KiB to reads, that wait for their readers; default 256 MiB
	Connections           int            // default ConnectionLimit()
	PerAddress            int            // of them from one address; default three quarters
	Rates                 Rates          // none by default
	Proxies               []netip.Prefix // whose connections are not counted so
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
	orDuration(&l.ReadTimeout, 5*time.Second)
	orDuration(&l.WriteTimeout, 10*time.Second)
	orDuration(&l.LongestTransfer, 5*time.Minute)
	orDuration(&l.IdleTimeout, 90*time.Second)
	orInt(&l.BytesPerSecond, 32<<10)
	orInt(&l.HeaderBytes, 8<<10)
	orInt(&l.BodyBytes, 1<<20)
	orInt(&l.RequestBytesPerSecond, 4<<10)
	orInt(&l.BodiesInFlight, 128<<20)
	orInt(&l.AnswersInFlight, 256<<20)
	orInt(&l.Connections, ConnectionLimit())
	orInt(&l.PerAddress, max(1, l.Connections*3/4))
	return l
}
