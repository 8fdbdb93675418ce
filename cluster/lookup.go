package cluster

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	proto "github.com/asynkron/protoactor-go/cluster"
)

// lookup is protoactor's identity lookup: it finds the seat of an organisation
// on the node that should have it. Unlike the stock one it refuses identities
// that its node does not own, so that a stale view never makes a lasting twin.
type lookup struct {
	owner   func(org string) *member
	cluster *proto.Cluster
	placer  *actor.PID
}

const (
	placerName    = "placer"
	placePatience = 500 * time.Millisecond // for a seat to be found or made
)

// Setup implements the lookup.
func (l *lookup) Setup(c *proto.Cluster, _ []string, _ bool) {
	l.cluster = c
	pid, err := c.ActorSystem.Root.SpawnNamed(actor.PropsFromProducer(func() actor.Actor {
		return &placer{lookup: l, byName: map[string]*seated{}, byPID: map[string]*seated{}}
	}), placerName)
	if err != nil {
		panic(err) // a name that is taken in a system that has just been made
	}
	l.placer = pid
}

// Get implements the lookup: nil when the owner is not known or does not agree.
func (l *lookup) Get(id *proto.ClusterIdentity) *actor.PID {
	m := l.owner(id.Identity)
	if m == nil || id.Kind != kindOrg {
		return nil
	}
	ask := &proto.ActivationRequest{ClusterIdentity: id}
	answer, err := l.cluster.ActorSystem.Root.RequestFuture(actor.NewPID(m.address(), placerName), ask, placePatience).Result()
	if err != nil {
		return nil
	}
	if a, ok := answer.(*proto.ActivationResponse); ok && !a.Failed {
		return a.Pid
	}
	return nil
}

// RemovePid implements the lookup; nothing is kept here.
func (*lookup) RemovePid(*proto.ClusterIdentity, *actor.PID) {}

// Shutdown implements the lookup. protoactor calls it twice.
func (l *lookup) Shutdown() {
	if l.placer != nil {
		_ = l.cluster.ActorSystem.Root.StopFuture(l.placer).Wait()
		l.placer = nil
	}
}

// seated is a seat that exists, or is just ending.
type seated struct {
	identity *proto.ClusterIdentity
	pid      *actor.PID
	left     time.Time // it does not belong here since then; zero = it does
	ending   bool
	waiting  []*actor.PID // asked while it was ending
}

// placer makes and ends the seats of a node, one thing after the other.
type placer struct {
	lookup *lookup
	byName map[string]*seated
	byPID  map[string]*seated
}

// seatLinger is how long a seat stays that belongs elsewhere: it refuses what
// nodes send that have not heard of it, where protoactor would lose it silently.
const seatLinger = 10 * time.Second

// viewChanged tells the placer to look at who owns what.
type viewChanged struct{}

// Receive handles a message.
func (p *placer) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *proto.ActivationRequest:
		p.place(c, m.ClusterIdentity, c.Sender())
	case *viewChanged:
		p.clear(c)
	case *actor.Terminated:
		p.ended(c, m.Who)
	}
}

// clear ends the seats that have belonged elsewhere long enough.
func (p *placer) clear(c actor.Context) {
	later := false
	for _, s := range p.byName {
		switch {
		case p.mine(s.identity.Identity):
			s.left = time.Time{}
		case s.left.IsZero():
			s.left, later = time.Now(), true
		case !s.ending && time.Since(s.left) >= seatLinger:
			s.ending = true
			c.Poison(s.pid)
		}
	}
	if later {
		system, self := c.ActorSystem(), c.Self()
		time.AfterFunc(seatLinger+time.Second, func() { system.Root.Send(self, &viewChanged{}) })
	}
}

func (p *placer) mine(org string) bool {
	m := p.lookup.owner(org)
	return m != nil && m.ID == p.lookup.cluster.ActorSystem.ID
}

func (p *placer) ended(c actor.Context, who *actor.PID) {
	s := p.byPID[who.Id]
	if s == nil {
		return
	}
	delete(p.byPID, who.Id)
	delete(p.byName, s.identity.Identity)
	if kind, ok := p.lookup.cluster.TryGetClusterKind(kindOrg); ok {
		kind.Dec()
	}
	for _, asked := range s.waiting {
		p.place(c, s.identity, asked)
	}
}

// place answers with the seat of an organisation that belongs here.
func (p *placer) place(c actor.Context, id *proto.ClusterIdentity, to *actor.PID) {
	no := &proto.ActivationResponse{Failed: true}
	kind, known := p.lookup.cluster.TryGetClusterKind(kindOrg)
	if id == nil || id.Kind != kindOrg || !known || !p.mine(id.Identity) {
		c.Send(to, no)
		return
	}
	if s := p.byName[id.Identity]; s != nil {
		if _, alive := c.ActorSystem().ProcessRegistry.GetLocal(s.pid.Id); s.ending || !alive {
			s.waiting = append(s.waiting, to)
			return
		}
		c.Send(to, &proto.ActivationResponse{Pid: s.pid})
		return
	}
	defer func() { // a panic here would end every seat of the node
		if r := recover(); r != nil {
			c.Logger().Error("organisation cannot be seated", slog.String("org", id.Identity), slog.Any("panic", r))
			c.Send(to, no)
		}
	}()
	pid := c.SpawnPrefix(proto.WithClusterIdentity(kind.Props, id), id.Identity)
	kind.Inc()
	s := &seated{identity: id, pid: pid}
	p.byName[id.Identity], p.byPID[pid.Id] = s, s
	c.Send(to, &proto.ActivationResponse{Pid: pid})
}
