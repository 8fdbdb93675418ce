package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

const (
	connectPatience = 5 * time.Second
	maxMessageBytes = 256 << 20 // a batch of pages of the log
	batchEnvelopes  = 64        // messages that may go in one
	writerQueue     = 4096      // slots to begin with; protoactor's queues have no bound, the exchange has
)

// remoteConfig sets protoactor's remoting up.
func remoteConfig(o *Options) (*remote.Config, error) {
	listen := o.Listen
	if listen == "" {
		listen = o.Advertise
	}
	host, port, err := SplitAddress(listen)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", listen, err)
	}
	client, server := o.credentials()
	options := []remote.ConfigOption{
		remote.WithEndpointWriterBatchSize(batchEnvelopes),
		remote.WithEndpointWriterQueueSize(writerQueue),
		// Wait for a connection instead of protoactor's two seconds of sleep between
		// tries: a node that restarts on its address is reached when it listens.
		remote.WithCallOptions(grpc.WaitForReady(true), grpc.MaxCallSendMsgSize(maxMessageBytes)),
		remote.WithDialOptions(
			grpc.WithTransportCredentials(client),
			grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 3 * time.Second, PermitWithoutStream: true}),
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 500 * time.Millisecond},
				MinConnectTimeout: time.Second,
			}),
			grpc.WithChainStreamInterceptor(limitConnecting(connectPatience, o.Log)),
		),
		remote.WithServerOptions(
			grpc.Creds(server),
			grpc.MaxRecvMsgSize(maxMessageBytes),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
			grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 3 * time.Second}),
			grpc.ChainStreamInterceptor(survive(o.Log)),
			grpc.ChainUnaryInterceptor(refuse),
		),
	}
	if o.Listen != "" && o.Advertise != "" {
		options = append(options, remote.WithAdvertisedHost(o.Advertise))
	}
	return remote.Configure(host, port, options...), nil
}

// credentials are what the node shows where it asks, and where it is asked.
func (o *Options) credentials() (client, server credentials.TransportCredentials) {
	if o.Certificates == nil {
		return insecure.NewCredentials(), insecure.NewCredentials()
	}
	return credentials.NewTLS(o.Certificates.client()), credentials.NewTLS(o.Certificates.server())
}

// limitConnecting gives up on a node that cannot be connected to, or that says
// nothing to the greeting: the goroutine that waits for it would wait for ever, or
// until the keepalive misses the node. A connection carries this one stream;
// protoactor forgets to close it when the stream fails, and it would go on trying.
// Members that are gone are told elsewhere, certificates that do not fit only here.
func limitConnecting(patience time.Duration, log *slog.Logger) grpc.StreamClientInterceptor {
	return func(ctx context.Context, d *grpc.StreamDesc, c *grpc.ClientConn, method string, open grpc.Streamer, o ...grpc.CallOption) (grpc.ClientStream, error) {
		ctx, cancel := context.WithCancel(ctx)
		late := time.AfterFunc(patience, cancel)
		stream, err := open(ctx, d, c, method, o...)
		if err != nil {
			late.Stop()
			cancel()
			if strings.Contains(err.Error(), "tls: ") {
				log.Warn("node cannot be reached: certificates do not fit", "address", c.Target(), "error", err)
			}
			return nil, errors.Join(err, c.Close())
		}
		context.AfterFunc(stream.Context(), func() {
			cancel()
			_ = c.Close() // protoactor may have done it
		})
		return &greeted{stream, late}, nil
	}
}

// greeted is a stream whose first message must come before it is late.
type greeted struct {
	grpc.ClientStream
	late *time.Timer
}

// RecvMsg implements grpc.ClientStream.
func (s *greeted) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	s.late.Stop()
	return err
}

// survive keeps what another node sends from ending this process: this version
// of protoactor panics on a type it does not know.
func survive(log *slog.Logger) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
		defer func() {
			if r := recover(); r != nil {
				log.Error("message of another node cannot be read; the connection is closed", "panic", r)
				err = fmt.Errorf("remote: %v", r)
			}
		}()
		return handle(srv, stream)
	}
}

// refuse answers calls that no node makes: what protoactor has for them panics.
func refuse(_ context.Context, _ any, call *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	return nil, status.Error(codes.Unimplemented, call.FullMethod)
}

// quiet passes protoactor's warnings on; it tells far too much of its day.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (quiet) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler: that a connection was lost is a warning here.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	level := slog.LevelDebug
	if !q.Handler.Enabled(ctx, level) {
		return nil
	}
	quieter := slog.NewRecord(r.Time, level, "protoactor: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool { quieter.AddAttrs(a); return true })
	return q.Handler.Handle(ctx, quieter)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
