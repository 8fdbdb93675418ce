package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
)

const (
	// requestPatience bounds a request with all its tries.
	requestPatience = 10 * time.Second
	// tryPatience bounds one try at another node.
	tryPatience = 5 * time.Second
	// ownerPatience is how long an owner is looked for before the client is told to
	// repeat: a node that died is missed and replaced within it.
	ownerPatience = 4500 * time.Millisecond

	mostTries = 200
)

var (
	errNoOwner = domain.Refuse(domain.NotLeader, "The organisation is moving between nodes; repeat the request")
	errNoReply = domain.Refuse(domain.OutcomeUnknown, "The node that has the organisation did not answer; repeat the request with its idempotency key")
	errNoRead  = domain.Refuse(domain.NotLeader, "The node that has the organisation did not answer; repeat the request")
	errCrowded = domain.Refuse(domain.Overloaded, "Too many requests wait for the node that has the organisation")
	errLeft    = domain.Refuse(domain.NotLeader, "This process is no member of the cluster any more; repeat the request at another node")
)

// Execute carries a command out where its organisation is.
func (n *Node) Execute(ctx context.Context, r *domain.Request) (reply domain.Reply, err error) {
	err = n.route(ctx, r.Org, r.Key != "", errNoReply,
		func(ctx context.Context) error {
			reply, err = n.local.Execute(ctx, r)
			return err
		},
		func(ctx context.Context, to *actor.PID) error {
			var h replyHead
			answer, err := n.ask(ctx, to, wireRequest(r, patienceMS(ctx)), saysReply, &h)
			reply = domain.Reply{Body: answer.GetBody(), Version: h.Version, Replayed: h.Replayed}
			return err
		})
	return reply, err
}

// Read answers a query where its organisation is.
func (n *Node) Read(ctx context.Context, q *domain.Query) (a domain.Answer, err error) {
	err = n.route(ctx, q.Org, true, errNoRead,
		func(ctx context.Context) error {
			a, err = n.local.Read(ctx, q)
			return err
		},
		func(ctx context.Context, to *actor.PID) error {
			var h answerHead
			answer, err := n.ask(ctx, to, wireQuery(askQuery, q, queryHead{PatienceMS: patienceMS(ctx)}), saysAnswer, &h)
			a = domain.Answer{Body: answer.GetBody(), Tag: h.Tag, Next: h.Next, NextMS: h.NextMS, AsOf: h.AsOf, Incomplete: h.Incomplete}
			return err
		})
	return a, err
}

// Log reads records where their organisation is.
func (n *Node) Log(ctx context.Context, q *domain.Query, most int) (records []domain.Record, err error) {
	err = n.route(ctx, q.Org, true, errNoRead,
		func(ctx context.Context) error {
			records, err = n.local.Log(ctx, q, most)
			return err
		},
		func(ctx context.Context, to *actor.PID) error {
			answer, err := n.ask(ctx, to, wireQuery(askLog, q, queryHead{PatienceMS: patienceMS(ctx), Most: most}), saysRecords, nil)
			if err == nil {
				records, err = answer.records()
			}
			return err
		})
	return records, err
}

// Active lists open orders where their organisation is.
func (n *Node) Active(ctx context.Context, q *domain.Query, below uint64, most int) (images []domain.Image, err error) {
	err = n.route(ctx, q.Org, true, errNoRead,
		func(ctx context.Context) error {
			images, err = n.local.Active(ctx, q, below, most)
			return err
		},
		func(ctx context.Context, to *actor.PID) error {
			answer, err := n.ask(ctx, to, wireQuery(askActive, q, queryHead{PatienceMS: patienceMS(ctx), Most: most, Below: below}), saysImages, nil)
			if err == nil {
				images, err = answer.images()
			}
			return err
		})
	return images, err
}

// History is the identity of the log, the same on every node.
func (n *Node) History(ctx context.Context) (string, error) { return n.local.History(ctx) }

// route tries a request where its organisation is until it is answered: the
// organisation may be moving, and nodes hear of it one after the other. What may
// have been carried out is tried again only when it is harmless.
func (n *Node) route(ctx context.Context, org string, harmless bool, unanswered *domain.Error, here func(context.Context) error, there func(context.Context, *actor.PID) error) error {
	ctx, cancel := context.WithTimeout(ctx, requestPatience)
	defer cancel()
	began, doubt := time.Now(), false
	for try := 0; ; try++ {
		err := n.once(ctx, org, here, there)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errLost), errors.Is(err, errStrange):
			if !harmless {
				return unanswered
			}
			doubt = true
			n.seats.Delete(org)
		case errors.Is(err, errUndelivered):
			n.seats.Delete(org)
		case errors.Is(err, errPeerBusy):
			return errCrowded
		case !moving(err), n.leaving.Load() && n.Owns(org): // it was the last
			return domain.AsError(err)
		}
		if n.isLost() {
			return errLeft
		}
		if time.Since(began) > ownerPatience || ctx.Err() != nil || try == mostTries {
			if errors.Is(err, errUndelivered) { // no try was counted: none was sent
				n.stats.asked(0, err)
			}
			if doubt {
				return unanswered
			}
			return errNoOwner
		}
		n.stats.retries.Add(1)
		pause(ctx, time.Duration(5<<min(try, 4))*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// moving reports whether an error says that the organisation is elsewhere, or
// will be: nothing was carried out.
func moving(err error) bool {
	return errors.Is(err, &domain.Error{Code: domain.NotLeader}) || errors.Is(err, &domain.Error{Code: domain.Draining})
}

func (n *Node) once(ctx context.Context, org string, here func(context.Context) error, there func(context.Context, *actor.PID) error) error {
	m := n.owner(org)
	switch {
	case m == nil:
		return errNoOwner
	case n.isSelf(m):
		return here(ctx)
	}
	seat, err := n.seatOf(org)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tryPatience)
	defer cancel()
	began := time.Now()
	err = there(ctx, seat)
	n.stats.asked(time.Since(began), err)
	return err
}

// seatOf finds where an organisation's requests arrive on its node.
func (n *Node) seatOf(org string) (*actor.PID, error) {
	if pid, known := n.seats.Load(org); known {
		return pid.(*actor.PID), nil
	}
	where := n.where.Load()
	pid := n.cluster.Get(org, kindOrg)
	if pid == nil {
		return nil, errUndelivered
	}
	n.seats.Store(org, pid)
	if n.where.Load() != where { // the members changed meanwhile, and the seats were emptied
		n.seats.Delete(org)
	}
	return pid, nil
}

// ask sends a request to another node and reads the head of what comes back.
func (n *Node) ask(ctx context.Context, to *actor.PID, w *Wire, kind string, head any) (*Wire, error) {
	answer, err := n.exchange.ask(ctx, to, w)
	if err != nil {
		return nil, err
	}
	return answer, expect(answer, kind, head)
}

// patienceMS is what the other node may take: a little less than is waited for
// it, so that what it says when its patience ends still arrives.
func patienceMS(ctx context.Context) int64 {
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	return (left - left/10).Milliseconds()
}
