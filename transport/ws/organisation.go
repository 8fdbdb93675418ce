package ws

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"heard/domain"
)

// organisation is one log and the sockets that follow it.
type organisation struct {
	gateway *Gateway
	id      string
	ready   chan struct{} // closed when it is followed, or failed
	failure error         // then
	epoch   string        // of the log
	stop    func()        // ends following
	ended   chan struct{}
	held    int // sockets; of the gateway's lock

	mu       sync.Mutex
	started  bool
	gone     bool   // another node has it
	missed   uint64 // newest sequence that came before started
	last     uint64 // newest sequence that was handed out
	behind   bool   // the log is being read up to where the feed is
	again    bool   // the feed went on meanwhile
	sockets  []*socket
	groups   map[string]*group
	hungry   []*socket // wait for their next chunk
	feeding  bool
	chunks   map[chunkKey]*chunk
	presence presence

	stations     *stations // nil = not known
	stationRooms bool
	readingMenu  bool
	menuSeq      uint64
}

func newOrganisation(g *Gateway, id string) *organisation {
	return &organisation{
		gateway: g, id: id, ready: make(chan struct{}), ended: make(chan struct{}), stop: func() {},
		groups: map[string]*group{}, chunks: map[chunkKey]*chunk{},
	}
}

// follow begins to see the log. Sockets wait for it.
func (o *organisation) follow() {
	defer o.gateway.running.Done()
	defer close(o.ready)
	defer func() {
		if o.gateway.recovered("follow", recover()) {
			o.failure = domain.Refuse(domain.Internal, "Internal error")
		}
	}()
	ctx, cancel := o.gateway.patience()
	defer cancel()
	if o.epoch, o.failure = o.gateway.live.History(ctx); o.failure != nil {
		return
	}
	seq, stop, err := o.gateway.live.Follow(ctx, o.system(0), o.see, o.moved)
	if err != nil {
		o.failure = err
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stop, o.last, o.started = stop, seq, true
	if o.missed > seq {
		o.lookBehind()
	}
}

// end stops following. The gateway has forgotten the organisation.
func (o *organisation) end() {
	close(o.ended)
	<-o.ready
	o.stop()
}

// see gets every batch that became durable, on the organisation's actor: it
// encodes and queues, and never waits. An empty batch, or one that leaves
// something out, is of an activation that came back from the log.
func (o *organisation) see(records []domain.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() {
		if o.gateway.recovered("see", recover()) {
			o.giveUp(records)
		}
	}()
	if !o.started {
		if len(records) > 0 {
			o.missed = records[len(records)-1].Seq
		}
		return
	}
	if len(records) == 0 || o.behind {
		o.lookBehind()
		return
	}
	if o.gateway.limits.bursts(records) {
		o.stepAside()
	}
	for i := range records {
		if records[i].Seq > o.last+1 {
			o.lookBehind()
			return
		}
		if records[i].Seq == o.last+1 {
			o.apply(&records[i])
		}
	}
}

// moved sends the sockets away: another node has the organisation now, and they
// would see nothing more here. They come back with their position.
func (o *organisation) moved() {
	o.gateway.running.Add(1)
	go o.gateway.drop(o)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone = true
	for _, s := range o.sockets {
		s.shut(closeRestart, "moved")
	}
}

// giveUp is what is left after a panic: sockets come back and are told what is.
func (o *organisation) giveUp(records []domain.Record) {
	if len(records) > 0 {
		o.last = max(o.last, records[len(records)-1].Seq)
	}
	for _, s := range o.sockets {
		s.shut(closeInternal, "internal error")
	}
}

// lookBehind reads what the feed left out from the log; o.mu is held.
func (o *organisation) lookBehind() {
	o.again = true
	if o.behind {
		return
	}
	o.behind = true
	o.gateway.running.Add(1)
	go o.catchUpWithLog()
}

func (o *organisation) catchUpWithLog() {
	defer o.gateway.running.Done()
	defer func() { o.gateway.recovered("look behind", recover()) }()
	for {
		o.mu.Lock()
		after := o.last
		o.again = false
		o.mu.Unlock()
		records, err := o.log(after, 256)
		if err != nil {
			o.gateway.log.Warn("log cannot be read; screens wait", slog.String("org", o.id), slog.Any("error", err))
			select {
			case <-o.ended:
				return
			case <-o.gateway.stop:
				return
			case <-time.After(200 * time.Millisecond):
				continue
			}
		}
		if o.applied(records) {
			return
		}
	}
}

// applied hands out what was read, and reports whether that was all.
func (o *organisation) applied(records []domain.Record) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range records {
		if records[i].Seq == o.last+1 {
			o.apply(&records[i])
		}
	}
	if len(records) == 0 && !o.again {
		o.behind = false
	}
	return !o.behind
}

func (o *organisation) log(after uint64, most int) ([]domain.Record, error) {
	ctx, cancel := o.gateway.patience()
	defer cancel()
	return o.gateway.live.Log(ctx, o.system(after), most)
}

// Kinds that mean something to the gateway itself.
const (
	menuKinds   = "menu."
	userRevoked = "outlet.user_revoked"
)

// apply hands one record out; o.mu is held.
func (o *organisation) apply(r *domain.Record) {
	o.last = r.Seq
	if strings.HasPrefix(r.Kind, menuKinds) {
		o.menuSeq = r.Seq
		o.menuChanged()
	}
	if r.Kind == userRevoked {
		o.revoked(r)
	}
	e := newEncoder(o.epoch, r)
	for _, g := range o.groups {
		if e.due(g.audience, o.stations) {
			g.deliver(e)
		}
	}
}

// register adds a socket; false when the organisation has too many.
func (o *organisation) register(s *socket) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.sockets) >= o.gateway.limits.PerOrg {
		return false
	}
	s.index = len(o.sockets)
	o.sockets = append(o.sockets, s)
	if o.gone {
		s.shut(closeRestart, "moved")
	}
	return true
}

func (o *organisation) unregister(s *socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s.index >= len(o.sockets) || o.sockets[s.index] != s {
		return
	}
	end := len(o.sockets) - 1
	o.sockets[s.index] = o.sockets[end]
	o.sockets[s.index].index = s.index
	o.sockets[end] = nil
	o.sockets = o.sockets[:end]
	if s.group != nil {
		s.group.remove(s)
	}
	s.catch = nil
	o.presenceChanged()
}
