package cluster

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// soon is a patience that ends within a test; later is well after it.
const (
	soon  = 300 * time.Millisecond
	later = time.Minute
)

func dial(t *testing.T, address string, more ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, append(more, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// peer is another node that greets, or says nothing. protoactor's own cannot be
// started here: it sets gRPC's logger while other tests' connections end.
type peer struct {
	remote.UnimplementedRemotingServer
	id string // "" = it says nothing
}

// Receive implements the server.
func (p *peer) Receive(s remote.Remoting_ReceiveServer) error {
	if p.id != "" {
		greeting := &remote.ConnectResponse{MemberId: p.id}
		_ = s.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_ConnectResponse{ConnectResponse: greeting}})
	}
	<-s.Context().Done()
	return nil
}

// ListProcesses does what protoactor's does.
func (p *peer) ListProcesses(context.Context, *remote.ListProcessesRequest) (*remote.ListProcessesResponse, error) {
	panic("implement me")
}

func (p *peer) listen(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := quietOptions(l.Addr().String())
	config, err := remoteConfig(&o)
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(config.ServerOptions...)
	remote.RegisterRemotingServer(s, p)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// TestCallsThatNoNodeMakesEndNothing: protoactor's own answers to them panic.
func TestCallsThatNoNodeMakesEndNothing(t *testing.T) {
	node := remote.NewRemotingClient(dial(t, (&peer{}).listen(t)))
	if _, err := node.ListProcesses(t.Context(), &remote.ListProcessesRequest{}); status.Code(err) != codes.Unimplemented {
		t.Error(err)
	}
}

func closed(t *testing.T, c *grpc.ClientConn) {
	t.Helper()
	for end := time.Now().Add(later); c.GetState() != connectivity.Shutdown; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the connection goes on trying")
		}
	}
}

// TestPeerThatDoesNotGreetIsGivenUp, as one that cannot be reached is, and
// nothing of the try remains. One that greeted may say nothing for long.
func TestPeerThatDoesNotGreetIsGivenUp(t *testing.T) {
	ctx, end := context.WithTimeout(t.Context(), later)
	defer end()
	limit := grpc.WithChainStreamInterceptor(limitConnecting(soon, slog.New(slog.DiscardHandler)))

	silent := dial(t, (&peer{}).listen(t), limit)
	stream, err := remote.NewRemotingClient(silent).Receive(ctx, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Canceled || ctx.Err() != nil {
		t.Errorf("a peer that says nothing: %v", err)
	}
	closed(t, silent)

	nobody := dial(t, "127.0.0.1:1", limit)
	if _, err := remote.NewRemotingClient(nobody).Receive(ctx, grpc.WaitForReady(true)); err == nil || ctx.Err() != nil {
		t.Errorf("nobody there: %v", err)
	}
	closed(t, nobody)

	calm := dial(t, (&peer{id: "calm"}).listen(t), limit)
	if stream, err = remote.NewRemotingClient(calm).Receive(ctx, grpc.WaitForReady(true)); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * soon) // the claim is that time does nothing
	if stream.Context().Err() != nil {
		t.Error("a peer that greeted was given up")
	}
}
