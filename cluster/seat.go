package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
)

// kindOrg is the kind of virtual actor an organisation is. Its activation, the
// seat, is where requests of other nodes arrive; the sequencer and its orders are
// the engine's, on the same node.
const kindOrg = "org"

// seat hands requests on and never waits.
type seat struct{ node *Node }

// Receive handles a message.
func (s *seat) Receive(c actor.Context) {
	if w, ok := c.Message().(*Wire); ok {
		s.node.takes(w, c.Sender())
	}
}

// takes carries out what another node asks, beside the actor that got it.
func (n *Node) takes(w *Wire, from *actor.PID) {
	if from == nil {
		return // nobody waits
	}
	n.stats.taken.Add(1)
	go func() {
		answer := n.answer(w, from)
		if answer != nil {
			n.system.Root.Send(from, answer)
		}
	}()
}

func (n *Node) answer(w *Wire, from *actor.PID) (answer *Wire) {
	defer func() {
		if r := recover(); r != nil {
			n.log.Error("panic in a request of another node", slog.String("kind", w.Kind), slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			answer = wireError(domain.Refuse(domain.OutcomeUnknown, "Internal error on the node that has the organisation; repeat the request with its idempotency key"))
		}
	}()
	answer, err := n.carryOut(w, from)
	if err != nil {
		return wireError(err)
	}
	return answer
}

func (n *Node) carryOut(w *Wire, from *actor.PID) (*Wire, error) {
	switch w.Kind {
	case askCommand:
		return n.carryOutCommand(w)
	case askQuery, askLog, askActive, askFollow:
		return n.carryOutQuery(w, from)
	case askPositions:
		var h positionsHead
		if err := unmarshal(w, &h); err != nil {
			return nil, err
		}
		return wire(saysPositions, n.watchers.positions(from.Address, &h), nil), nil
	case askSummary:
		return wire(saysSummary, n.summary(), nil), nil
	case tellUnfollow:
		var h feedHead
		if err := unmarshal(w, &h); err != nil {
			return nil, err
		}
		n.watchers.drop(watcherKey{from.Address, h.Follow})
		return wire(saysReply, replyHead{}, nil), nil
	}
	return nil, errUnknownKind(w.Kind)
}

func unmarshal(w *Wire, head any) error {
	if err := json.Unmarshal(w.Head, head); err != nil {
		return fmt.Errorf("message %s: %w", w.Kind, err)
	}
	return nil
}

func patience(ms int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Duration(max(ms, 1))*time.Millisecond)
}

func (n *Node) carryOutCommand(w *Wire) (*Wire, error) {
	var h requestHead
	if err := unmarshal(w, &h); err != nil {
		return nil, err
	}
	r, err := h.request(w.Body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := patience(h.PatienceMS)
	defer cancel()
	reply, err := n.local.Execute(ctx, r)
	if err != nil {
		return nil, err
	}
	return wire(saysReply, replyHead{reply.Version, reply.Replayed}, reply.Body), nil
}

func (n *Node) carryOutQuery(w *Wire, from *actor.PID) (*Wire, error) {
	var h queryHead
	if err := unmarshal(w, &h); err != nil {
		return nil, err
	}
	q, err := h.query(w.Body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := patience(h.PatienceMS)
	defer cancel()
	switch w.Kind {
	case askFollow:
		seq, err := n.watchers.follow(ctx, q, watcherKey{from.Address, h.Follow})
		return wire(saysSeq, seqHead{seq}, nil), err
	case askLog:
		records, err := n.local.Log(ctx, q, h.Most)
		return (&Wire{Kind: saysRecords}).appendRecords(records), err
	case askActive:
		images, err := n.local.Active(ctx, q, h.Below, h.Most)
		return (&Wire{Kind: saysImages}).appendImages(images), err
	}
	a, err := n.local.Read(ctx, q)
	return wire(saysAnswer, answerHead{a.Tag, a.Next, a.NextMS, a.AsOf, a.Incomplete}, a.Body), err
}

// desk is where other nodes ask what concerns no single organisation.
type desk struct{ node *Node }

const deskName = "desk"

// SendUserMessage implements actor.Process.
func (d *desk) SendUserMessage(_ *actor.PID, message any) {
	_, inner, from := actor.UnwrapEnvelope(message)
	if w, ok := inner.(*Wire); ok {
		d.node.takes(w, from)
	}
}

// SendSystemMessage implements actor.Process.
func (*desk) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (*desk) Stop(*actor.PID) {}
