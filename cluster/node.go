package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	proto "github.com/asynkron/protoactor-go/cluster"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc/credentials"

	"heard/domain"
)

// Options of a Node.
type Options struct {
	Name      string // of the node: unique, and the same after a restart
	Advertise string // host:port where other nodes reach it; port 0 = any, with Listen empty
	Listen    string // host:port to listen on; "" = Advertise

	Redis    redis.UniversalClient // has the registry of members
	Registry string                // names the cluster in it

	Certificates *Certificates // of nodes; nil = none, for loopback only
	Life         time.Duration // without a sign, until a node is missed; default 2 s
	Log          *slog.Logger
}

// Local is the engine of this node.
type Local interface {
	Execute(ctx context.Context, r *domain.Request) (domain.Reply, error)
	Read(ctx context.Context, q *domain.Query) (domain.Answer, error)
	History(ctx context.Context) (string, error)
	Follow(ctx context.Context, q *domain.Query, see func([]domain.Record), moved func()) (seq uint64, stop func(), err error)
	Log(ctx context.Context, q *domain.Query, most int) ([]domain.Record, error)
	Active(ctx context.Context, q *domain.Query, below uint64, most int) ([]domain.Image, error)
	Ready() error

	// Position is the sequence an organisation's log stands at; false when it is
	// not in memory here.
	Position(org string) (seq uint64, here bool)
	// Release gives organisations up once what they accepted is finished.
	Release(ctx context.Context, which func(org string) bool)
	// CatchUp brings the documents of this node's organisations to where the log is.
	CatchUp()
}

// Node is this process in the cluster. It answers for every organisation, from
// the engine beside it or from the node that has the organisation. It implements
// what transports need of an engine.
type Node struct {
	name       string
	log        *slog.Logger
	local      Local
	summary    func() Summary
	dial       credentials.TransportCredentials
	system     *actor.ActorSystem
	cluster    *proto.Cluster
	lookup     *lookup
	membership *membership
	exchange   *exchange
	watchers   *watchers
	follows    *follows
	stats      stats

	where   atomic.Pointer[placements]
	seats   sync.Map // organisation → *actor.PID on another node; emptied when members change
	rebuild chan struct{}

	joined  bool
	leaving atomic.Bool
	lost    chan struct{}
	alive   context.Context // ends with Stop
	end     context.CancelFunc
	running sync.WaitGroup
}

// placements are where organisations are, and where they were before.
type placements struct {
	now, before *placement
	members     []member // those that said goodbye too
	since       time.Time
}

const defaultLife = 2 * time.Second

// movingFor is how long after a change of members the node that had an
// organisation may still be giving it up.
const movingFor = 3 * time.Second

// New makes a node. Until Start it owns nothing and answers nothing.
func New(o Options) (*Node, error) {
	if o.Life == 0 {
		o.Life = defaultLife
	}
	n := &Node{name: o.Name, log: o.Log, rebuild: make(chan struct{}, 1), lost: make(chan struct{})}
	n.alive, n.end = context.WithCancel(context.Background())
	n.where.Store(&placements{now: newPlacement(nil), before: newPlacement(nil)})
	n.system = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(quiet{o.Log.Handler()}) }),
		actor.WithDeadLetterRequestLogging(false),
	)
	n.lookup = &lookup{owner: n.owner}
	n.dial, _ = o.credentials()
	n.membership = &membership{log: o.Log, check: n.checkAddress, changed: n.changed, lost: n.giveUp}
	n.membership.registry = newRegistry(o.Redis, o.Registry, member{ID: n.system.ID, Name: o.Name}, o.Life)
	remoting, err := remoteConfig(&o)
	if err != nil {
		return nil, err
	}
	n.cluster = proto.New(n.system, proto.Configure("heard", n.membership, n.lookup, remoting,
		proto.WithKinds(proto.NewKind(kindOrg, actor.PropsFromProducer(func() actor.Actor { return &seat{n} }))),
		proto.WithHeartbeatExpiration(1<<62), // else 20 s without gossip block a node for ever; the registry alone decides
	))
	n.system.ProcessRegistry.Add(&desk{n}, deskName)
	n.exchange = newExchange(n.system)
	n.watchers = &watchers{node: n, byID: map[watcherKey]*watcher{}}
	n.follows = newFollows(n)
	return n, nil
}

// Start joins the cluster with an engine that was made with Owns and Moving, and
// what to tell other nodes of it.
func (n *Node) Start(local Local, summary func() Summary) (err error) {
	n.local, n.summary = local, summary
	defer func() { // protoactor panics where it cannot listen or join
		if r := recover(); r != nil {
			err = fmt.Errorf("join the cluster: %v", r)
		}
	}()
	n.running.Go(n.rebuildLoop)
	n.running.Go(n.follows.run)
	n.cluster.StartMember()
	n.joined = true
	return nil
}

// Name is the node's.
func (n *Node) Name() string { return n.name }

// Address is where other nodes reach it.
func (n *Node) Address() string { return n.system.Address() }

// Lost is closed when this process is no member any more: it was silent while
// others were not, and they have taken its organisations. It must end.
func (n *Node) Lost() <-chan struct{} { return n.lost }

func (n *Node) owner(org string) *member { return n.where.Load().now.owner(org) }

func (n *Node) isSelf(m *member) bool { return m != nil && m.ID == n.system.ID }

// Owns reports whether this node should have an organisation now.
func (n *Node) Owns(org string) bool { return n.isSelf(n.owner(org)) }

// Moving reports whether another node may be giving an organisation up to this
// one at this moment.
func (n *Node) Moving(org string) bool {
	w := n.where.Load()
	before := w.before.owner(org)
	if before == nil || n.isSelf(before) || time.Since(w.since) > movingFor {
		return false
	}
	return slices.ContainsFunc(w.members, func(m member) bool { return m.ID == before.ID })
}

// changed takes a new view of the members.
func (n *Node) changed(view []member) {
	n.place(view)
	listed := make(proto.Members, 0, len(view))
	for _, m := range view {
		if !m.Left {
			listed = append(listed, &proto.Member{Id: m.ID, Host: m.Host, Port: int32(m.Port), Kinds: []string{kindOrg}})
		}
	}
	n.cluster.MemberList.UpdateClusterTopology(listed)
}

// place puts organisations where a view says.
func (n *Node) place(view []member) {
	old := n.where.Load()
	next := &placements{now: newPlacement(view), before: old.now, members: view, since: time.Now()}
	if slices.Equal(next.now.members, old.now.members) { // somebody said goodbye or was forgotten
		next.before, next.since = old.before, old.since
	}
	n.where.Store(next)
	n.seats.Clear()
	names := make([]string, len(next.now.members))
	for i, m := range next.now.members {
		names[i] = m.Name
	}
	n.log.Info("members of the cluster", "nodes", names)
	n.stats.views.Add(1)
	if n.lookup.placer != nil {
		n.system.Root.Send(n.lookup.placer, &viewChanged{})
	}
	select {
	case n.rebuild <- struct{}{}:
	default:
	}
	n.follows.look()
}

// rebuildLoop follows the members: what is not ours is given up, and what is
// ours now and has something to write is read back.
func (n *Node) rebuildLoop() {
	for {
		select {
		case <-n.rebuild:
		case <-n.alive.Done():
			return
		}
		ctx, cancel := context.WithTimeout(n.alive, movingFor)
		n.local.Release(ctx, func(org string) bool { return !n.Owns(org) })
		cancel()
		n.watchers.sweep(n.where.Load().members)
		n.local.CatchUp()
	}
}

// giveUp is called when others have declared this process dead.
func (n *Node) giveUp() {
	n.where.Store(&placements{now: newPlacement(nil), before: newPlacement(nil)})
	close(n.lost)
	n.follows.look()
}

// Leave hands every organisation to the other nodes, once what they accepted is
// finished, and goes on answering by way of them. A node that is alone stays.
func (n *Node) Leave(ctx context.Context) error {
	n.leaving.Store(true)
	if len(n.where.Load().now.members) < 2 {
		return nil
	}
	err := n.membership.goodbye(ctx)
	if err != nil {
		return fmt.Errorf("leave the cluster: %w", err)
	}
	n.local.Release(ctx, func(string) bool { return true })
	return nil
}

// Stop ends the node. What other nodes still ask is not answered.
func (n *Node) Stop(ctx context.Context) {
	n.leaving.Store(true)
	if !n.joined { // protoactor panics when it ends what it could not start
		n.end()
		n.running.Wait()
		return
	}
	if len(n.where.Load().now.members) < 2 {
		_ = n.membership.goodbye(ctx) // alone: others that come later need not wait for this one to be missed
		n.local.Release(ctx, func(string) bool { return true })
	}
	_ = n.membership.Shutdown(true)
	n.end()
	n.running.Wait()
	n.cluster.Shutdown(false)
}

// Ready answers nil when requests can be taken, else why not.
func (n *Node) Ready() error {
	switch {
	case n.leaving.Load():
		return domain.Refuse(domain.Draining, "The node leaves the cluster; repeat the request")
	case n.isLost():
		return domain.Refuse(domain.NotLeader, "This process is no member of the cluster any more")
	case n.membership.silentFor() > 2*n.membership.registry.life:
		return errors.New("the registry of members cannot be reached")
	}
	return n.local.Ready()
}

func (n *Node) isLost() bool {
	select {
	case <-n.lost:
		return true
	default:
		return false
	}
}

// SplitAddress reads host:port.
func SplitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("port %q must be 0 to 65535", text)
	}
	if host == "" {
		return "", 0, errors.New("host is missing")
	}
	return host, port, nil
}
