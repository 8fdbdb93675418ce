package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// greetPatience is how long the node looks for itself at its address.
const greetPatience = 2 * time.Second

// checkAddress refuses an address at which another node answers: this one would
// be given organisations that nobody reaches. An address where nothing answers is
// only told, since some networks do not lead a machine back to itself.
func (n *Node) checkAddress(address string) error {
	ctx, cancel := context.WithTimeout(n.alive, greetPatience)
	defer cancel()
	id, err := whoAnswers(ctx, address, n.system.ID, n.dial)
	switch {
	case err != nil:
		n.log.Warn("this node does not reach itself at the address where others should: can they?", "address", address, "error", err)
	case id != n.system.ID:
		return fmt.Errorf("at %s another node answers: each needs an address of its own", address)
	}
	return nil
}

// whoAnswers greets as protoactor does and reads who greets back.
func whoAnswers(ctx context.Context, address, self string, dial credentials.TransportCredentials) (id string, err error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(dial))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stream, err := remote.NewRemotingClient(conn).Receive(ctx)
	if err != nil {
		return "", err
	}
	hello := &remote.ConnectRequest{ConnectionType: &remote.ConnectRequest_ServerConnection{
		ServerConnection: &remote.ServerConnection{SystemId: self, Address: address},
	}}
	if err := stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_ConnectRequest{ConnectRequest: hello}}); err != nil {
		return "", err
	}
	answer, err := stream.Recv()
	return answer.GetConnectResponse().GetMemberId(), err
}
