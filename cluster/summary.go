package cluster

import (
	"context"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Summary is what a node tells the others of itself, for a dashboard at any.
type Summary struct {
	Organisations int64 `json:"organisations"` // in memory
	MovesOut      int64 `json:"moves_out"`     // given up to other nodes
	Takeovers     int64 `json:"takeovers"`     // taken from nodes that did not give up
	Fenced        int64 `json:"fenced"`        // activations ended because another had acquired
}

// summaryPatience is how long a dashboard waits for a node that does not answer.
const summaryPatience = 300 * time.Millisecond

// Survey asks every node for its summary. One that does not answer is missing.
func (n *Node) Survey(ctx context.Context) map[string]Summary {
	ctx, cancel := context.WithTimeout(ctx, summaryPatience)
	defer cancel()
	var mu sync.Mutex
	found := map[string]Summary{}
	var all sync.WaitGroup
	for _, m := range n.where.Load().now.members {
		all.Go(func() {
			summary, err := n.summaryOf(ctx, &m)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			found[m.Name] = summary
		})
	}
	all.Wait()
	return found
}

func (n *Node) summaryOf(ctx context.Context, m *member) (s Summary, err error) {
	if n.isSelf(m) {
		return n.summary(), nil
	}
	_, err = n.ask(ctx, actor.NewPID(m.address(), deskName), wire(askSummary, struct{}{}, nil), saysSummary, &s)
	return s, err
}
