package cluster

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
)

// watchers are the owner's half of following: other nodes that are sent what
// becomes durable, because their sockets watch.
type watchers struct {
	node *Node

	mu   sync.Mutex
	byID map[watcherKey]*watcher
}

type watcherKey struct {
	address string // of the node that follows
	number  uint64 // of its subscription
}

type watcher struct {
	org   string
	stop  func()
	asked time.Time // last
}

// watcherLife is how long a node is sent events that does not ask any more
// whether it has all: it is gone, or has forgotten.
const watcherLife = 20 * time.Second

// follow begins to send a node what becomes durable; it must not lose the batch
// that comes before the answer does.
func (ws *watchers) follow(ctx context.Context, q *domain.Query, key watcherKey) (uint64, error) {
	ws.drop(key)
	feed := actor.NewPID(key.address, feedName)
	see := func(records []domain.Record) {
		w := wire(feedRecords, feedHead{key.number}, nil)
		ws.node.system.Root.Send(feed, w.appendRecords(records))
	}
	moved := func() {
		ws.forget(key)
		ws.node.system.Root.Send(feed, wire(feedMoved, feedHead{key.number}, nil))
	}
	seq, stop, err := ws.node.local.Follow(ctx, q, see, moved)
	if err != nil {
		return 0, err
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.byID[key] = &watcher{org: q.Org, stop: stop, asked: time.Now()}
	return seq, nil
}

// forget leaves a watcher whose organisation moved; the engine sends it nothing
// more. It runs on the organisation's actor.
func (ws *watchers) forget(key watcherKey) {
	ws.mu.Lock()
	w := ws.byID[key]
	delete(ws.byID, key)
	ws.mu.Unlock()
	if w != nil {
		go w.stop() // the engine holds a lock while it calls us
	}
}

func (ws *watchers) drop(key watcherKey) {
	ws.mu.Lock()
	w := ws.byID[key]
	delete(ws.byID, key)
	ws.mu.Unlock()
	if w != nil {
		w.stop()
	}
}

// positions says where the logs stand that a node follows.
func (ws *watchers) positions(address string, h *positionsHead) positionsHead {
	answer := positionsHead{Seqs: make([]int64, len(h.Follows))}
	for i, number := range h.Follows {
		answer.Seqs[i] = -1
		ws.mu.Lock()
		w := ws.byID[watcherKey{address, number}]
		if w != nil {
			w.asked = time.Now()
		}
		ws.mu.Unlock()
		if w == nil {
			continue
		}
		if seq, here := ws.node.local.Position(w.org); here {
			answer.Seqs[i] = int64(seq)
		}
	}
	return answer
}

// sweep drops watchers of nodes that went or forgot them.
func (ws *watchers) sweep(members []member) {
	var gone []*watcher
	ws.mu.Lock()
	for key, w := range ws.byID {
		member := slices.ContainsFunc(members, func(m member) bool { return m.address() == key.address })
		if !member || time.Since(w.asked) > watcherLife {
			gone = append(gone, w)
			delete(ws.byID, key)
		}
	}
	ws.mu.Unlock()
	for _, w := range gone {
		w.stop()
	}
}

func (ws *watchers) count() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.byID)
}
