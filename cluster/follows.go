package cluster

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
)

// follows are this node's half of following: organisations that its sockets
// watch, here or on other nodes. A follower that moved is followed again where
// it is now, and then told to look behind; its sockets notice nothing.
type follows struct {
	node *Node
	kick chan struct{}

	mu   sync.Mutex
	last uint64
	byID map[uint64]*follow
}

// follow is one organisation that is watched.
type follow struct {
	number uint64
	query  domain.Query
	see    func([]domain.Record)
	moved  func()
	seen   atomic.Uint64 // newest sequence that was handed on

	// Of follows.mu.
	turn     uint64    // grows with each attachment: what an older one says is ignored
	attached bool      // events come
	trying   bool      // to attach
	owner    string    // address of the node it is attached at; "" = this one
	stop     func()    // ends the attachment
	since    time.Time // it is not attached
	position uint64    // of the owner when it was asked last
	missed   int       // questions about the position without an answer
}

const (
	turnBits       = 20 // of a ticket
	feedName       = "feed"
	lookInterval   = time.Second      // between questions whether all events came
	missedMost     = 3                // of them, before the owner is taken for gone
	detachedMost   = 12 * time.Second // then sockets are sent away
	attachPatience = 6 * time.Second
)

func newFollows(n *Node) *follows {
	f := &follows{node: n, kick: make(chan struct{}, 1), byID: map[uint64]*follow{}}
	n.system.ProcessRegistry.Add((*feed)(f), feedName)
	return f
}

// Follow calls see with every batch that becomes durable from now on, in order,
// wherever the organisation is, and goes on when it moves; an empty batch says
// that some may be missing. moved is called when it cannot be followed any more.
func (n *Node) Follow(ctx context.Context, q *domain.Query, see func([]domain.Record), moved func()) (seq uint64, stop func(), err error) {
	f := &follow{query: *q, moved: moved, stop: func() {}, since: time.Now(), trying: true}
	f.see = func(records []domain.Record) {
		if len(records) > 0 {
			f.saw(records[len(records)-1].Seq)
		}
		see(records)
	}
	all := n.follows
	all.mu.Lock()
	all.last++
	f.number = all.last
	all.byID[f.number] = f
	all.mu.Unlock()
	if seq, err = all.attach(ctx, f); err != nil {
		all.remove(f)
		return 0, nil, err
	}
	return seq, func() { all.remove(f) }, nil
}

// saw notes the newest sequence that was handed on.
func (f *follow) saw(seq uint64) {
	for before := f.seen.Load(); seq > before && !f.seen.CompareAndSwap(before, seq); before = f.seen.Load() {
	}
}

// ticket names an attachment to its owner: what an older one says is not taken
// for the newer's.
func (f *follow) ticket(turn uint64) uint64 { return f.number<<turnBits | turn&(1<<turnBits-1) }

// attach begins to follow where the organisation is now; f.trying is set.
func (fs *follows) attach(ctx context.Context, f *follow) (seq uint64, err error) {
	n := fs.node
	var owner string
	stop := func() {}
	fs.mu.Lock()
	f.turn++
	turn := f.turn
	fs.mu.Unlock()
	err = n.route(ctx, f.query.Org, true, errNoRead,
		func(ctx context.Context) (err error) {
			owner = ""
			seq, stop, err = n.local.Follow(ctx, &f.query, f.see, func() { fs.detach(f, turn) })
			return err
		},
		func(ctx context.Context, to *actor.PID) error {
			owner, stop = to.Address, func() { n.system.Root.Send(to, wire(tellUnfollow, feedHead{f.ticket(turn)}, nil)) }
			var h seqHead
			_, err := n.ask(ctx, to, wireQuery(askFollow, &f.query, queryHead{PatienceMS: patienceMS(ctx), Follow: f.ticket(turn)}), saysSeq, &h)
			seq = h.Seq
			return err
		})
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.trying = false
	if err != nil {
		return 0, err
	}
	if fs.byID[f.number] != f { // the sockets went meanwhile
		go stop()
		return seq, nil
	}
	if f.turn != turn { // it moved already
		go stop()
		return seq, nil
	}
	f.stop, f.owner, f.position, f.missed, f.attached = stop, owner, 0, 0, true
	f.saw(seq)
	return seq, nil
}

// detach notes that no more events come; the loop follows again.
func (fs *follows) detach(f *follow, turn uint64) {
	fs.mu.Lock()
	if f.turn == turn {
		fs.detachLocked(f)
	}
	fs.mu.Unlock()
	fs.look()
}

func (fs *follows) detachLocked(f *follow) {
	f.turn++
	stop := f.stop
	f.stop = func() {}
	if f.attached {
		f.attached, f.since = false, time.Now()
	}
	go stop() // it may need a lock that the caller has
}

func (fs *follows) remove(f *follow) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.byID[f.number] == f {
		delete(fs.byID, f.number)
		fs.detachLocked(f)
	}
}

// look has the loop look at once.
func (fs *follows) look() {
	select {
	case fs.kick <- struct{}{}:
	default:
	}
}

func (fs *follows) run() {
	t := time.NewTicker(lookInterval)
	defer t.Stop()
	for {
		select {
		case <-fs.kick:
			fs.again()
		case <-t.C:
			fs.again()
			fs.askPositions()
		case <-fs.node.alive.Done():
			return
		}
	}
}

// again follows anew what moved, and sends sockets away that have been without
// events for too long.
func (fs *follows) again() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.byID {
		if f.attached && fs.node.isLost() || f.attached && f.owner != fs.placeOf(f.query.Org) {
			fs.detachLocked(f)
		}
		switch {
		case f.attached || f.trying:
		case time.Since(f.since) > detachedMost || fs.node.isLost():
			delete(fs.byID, f.number)
			go f.moved()
		default:
			f.trying = true
			fs.node.running.Go(func() { fs.reattach(f) })
		}
	}
}

// placeOf is the address of the node that should have an organisation; "" = this one.
func (fs *follows) placeOf(org string) string {
	m := fs.node.owner(org)
	if m == nil || fs.node.isSelf(m) {
		return ""
	}
	return m.address()
}

func (fs *follows) reattach(f *follow) {
	ctx, cancel := context.WithTimeout(fs.node.alive, attachPatience)
	defer cancel()
	if _, err := fs.attach(ctx, f); err != nil {
		fs.node.log.Debug("organisation cannot be followed yet", "org", f.query.Org, "error", err)
		return
	}
	fs.node.stats.refollows.Add(1)
	f.see(nil) // what became durable meanwhile
}

// askPositions asks the owners where their logs stand: an event that was lost
// with a connection shows when no later one comes, and an owner that forgot us.
func (fs *follows) askPositions() {
	asks := map[string]*positionsHead{}
	fs.mu.Lock()
	silent := fs.node.membership.silentFor() > detachedMost
	for _, f := range fs.byID {
		switch {
		case !f.attached:
		case f.owner != "":
			h := asks[f.owner]
			if h == nil {
				h = &positionsHead{}
				asks[f.owner] = h
			}
			h.Follows = append(h.Follows, f.ticket(f.turn))
		case silent: // cut off from the journal: others may have it by now
			fs.detachLocked(f)
			f.since = time.Now().Add(-detachedMost)
		}
	}
	fs.mu.Unlock()
	for owner, h := range asks {
		fs.node.running.Go(func() { fs.ask(owner, h) })
	}
}

func (fs *follows) ask(owner string, h *positionsHead) {
	ctx, cancel := context.WithTimeout(fs.node.alive, lookInterval)
	defer cancel()
	var answer positionsHead
	_, err := fs.node.ask(ctx, actor.NewPID(owner, deskName), wire(askPositions, h, nil), saysPositions, &answer)
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, ticket := range h.Follows {
		f := fs.byID[ticket>>turnBits]
		if f == nil || !f.attached || f.ticket(f.turn) != ticket {
			continue
		}
		if err != nil || len(answer.Seqs) != len(h.Follows) {
			if f.missed++; f.missed >= missedMost {
				fs.detachLocked(f)
			}
			continue
		}
		fs.compare(f, answer.Seqs[i])
	}
}

// compare looks whether all events came that there were when it was asked before.
func (fs *follows) compare(f *follow, seq int64) {
	f.missed = 0
	if seq < 0 {
		fs.detachLocked(f)
		return
	}
	if f.position > f.seen.Load() {
		f.saw(f.position)
		go f.see(nil)
	}
	f.position = uint64(seq)
}

func (fs *follows) count() (all, remote int64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.byID {
		all++
		if f.owner != "" {
			remote++
		}
	}
	return all, remote
}

// feed is where owners send what became durable: a process, not an actor, so
// that events stay in the order of their connection.
type feed follows

// SendUserMessage implements actor.Process.
func (fd *feed) SendUserMessage(_ *actor.PID, message any) {
	w, ok := actor.UnwrapEnvelopeMessage(message).(*Wire)
	var h feedHead
	if !ok || json.Unmarshal(w.Head, &h) != nil {
		return
	}
	fs := (*follows)(fd)
	fs.mu.Lock()
	f := fs.byID[h.Follow>>turnBits]
	fs.mu.Unlock()
	if f == nil {
		return
	}
	switch w.Kind {
	case feedRecords:
		if records, err := w.records(); err == nil {
			f.see(records)
			return
		}
		f.see(nil)
	case feedMoved:
		fs.mu.Lock()
		if f.ticket(f.turn) == h.Follow {
			fs.detachLocked(f)
		}
		fs.mu.Unlock()
		fs.look()
	}
}

// SendSystemMessage implements actor.Process.
func (*feed) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (*feed) Stop(*actor.PID) {}
