// Package actors runs the deciders of domain: one actor per organisation as the
// sequencer of its log, one child per order, a drainer behind them. It makes
// what they decide durable through persistence and publishes it. It knows no
// transport and no concrete store.
package actors

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/outlet"
	"heard/persistence"
)

// Options of an Engine. Zero values of the limits mean the defaults.
type Options struct {
	Journal persistence.Journal
	Store   persistence.Store
	Cache   persistence.Cache // for encoded menus; nil = none
	Log     *slog.Logger

	// InitialMenu reads the menu another system kept of an organisation that is
	// new here; nil = it begins empty.
	InitialMenu func(ctx context.Context, org string) ([]outlet.ItemRequest, error)

	// Ownership is for engines that share a journal; nil = this one is alone.
	Ownership *Ownership

	Now     func() time.Time     // the machine's clock, which somebody may set; default time.Now
	Elapsed func() time.Duration // grows steadily, whatever the clock does; default since Start
	NewID   func() string        // default random UUIDs

	FlushIntervalMS int // documents are written after this time, default 100,
	FlushOperations int // or when so many wait, default 50
	Drainers        int // that write documents beside each other, default 1; each has a share of the organisations

	// Room reports whether writes may be taken: nil, or why not (free space). It
	// is asked about once a second.
	Room func() error

	// Scarce reports whether there will soon be no room: then who writes most is
	// refused first. It is asked once a second; nil = never.
	Scarce func() bool

	// WritePerMinute bounds what one organisation's commands may write beyond eight
	// times what they send, bytes; 0 = no limit.
	WritePerMinute int64

	// Crowded reports whether the journal fills up because the Store is away:
	// nil, or why new orders are refused while running ones can be settled. It is
	// asked about once a second; nil = never.
	Crowded func() error

	// Durable calls fn once all that the Journal appended before is durable, for
	// one that answers earlier: then callers hear of their commands early, and
	// nobody else does. nil = what is appended is durable.
	Durable func(fn func())
	// MovedAway reports why nothing is to be served from the journal and the store
	// any more, since all of it is or was moved to others; "" = it stays. It is
	// asked once a second and at each recovery; nil = it always stays.
	MovedAway func(context.Context) (reason string, err error)

	PatienceMS int // a command's time limit, default 10 000
	Committer  persistence.CommitterOptions
}

// Admission per organisation: what may wait at once, and no less.
const (
	maxWaitingCommands = 4096
	maxWaitingBytes    = 32 << 20
)

// maxRecoveries bounds the organisations read back at once.
const maxRecoveries = 32

// maxReplays bounds the repeated keys whose answers are read at once; a storm of
// retries must not take the disk from new orders.
const maxReplays = 16

// parkedWorkers bounds the goroutines kept for actors.
const parkedWorkers = 64

// Engine runs the organisations of this node. It is transport's Engine, Reads,
// Live and Health, which cmd/heard holds it to: transports are not known here.
type Engine struct {
	journal    persistence.Journal
	store      persistence.Store
	cache      persistence.Cache
	menuOf     func(context.Context, string) ([]outlet.ItemRequest, error)
	movedAway  func(context.Context) (string, error)
	log        *slog.Logger
	clock      *clock
	newID      func() string
	patience   time.Duration
	system     *actor.ActorSystem
	dispatcher *warmDispatcher
	committer  *persistence.Committer
	durable    func(func()) // nil = what is appended is durable
	early      atomic.Int64 // batches answered and not durable yet
	drainers   []*actor.PID
	orderProps *actor.Props
	calls      *callPool
	feed       feed
	alarms     alarms
	damages    damages
	stats      stats
	recovering chan struct{}
	replaying  chan struct{}
	pricers    sync.Pool
	shared     *Ownership // nil = alone
	checks     *fenceCheck
	made       time.Time

	mu          sync.RWMutex
	orgs        map[string]*org
	kept        map[string]*kept // of organisations that are not back yet
	activations uint64

	scarce   func() bool
	budget   int64                        // bytes a minute
	room     atomic.Pointer[domain.Error] // nil = writes may be taken
	crowded  atomic.Pointer[domain.Error] // nil = new orders may be taken
	moved    atomic.Pointer[domain.Error] // nil = this is where everything is
	draining atomic.Bool
	underWay atomic.Int64 // commands
	keys     atomic.Int64 // idempotency keys in memory
	stop     chan struct{}
	stopped  sync.WaitGroup
}

// Start makes an engine. What the log holds beyond the Store is drained at once;
// organisations are otherwise read back when they are first used.
func Start(o Options) *Engine {
	o.fill()
	e := &Engine{
		journal: o.Journal, store: o.Store, cache: o.Cache, menuOf: o.InitialMenu, movedAway: o.MovedAway, log: o.Log, clock: newClock(o.Now, o.Elapsed, o.Log), newID: o.NewID,
		patience: time.Duration(o.PatienceMS) * time.Millisecond,
		durable:  o.Durable,
		scarce:   o.Scarce, budget: o.WritePerMinute,
		dispatcher: newWarmDispatcher(parkedWorkers),
		calls:      newCallPool(),
		recovering: make(chan struct{}, maxRecoveries),
		replaying:  make(chan struct{}, maxReplays),
		orgs:       map[string]*org{},
		kept:       map[string]*kept{},
		stop:       make(chan struct{}),
		shared:     o.Ownership, checks: newFenceCheck(), made: time.Now(),
	}
	e.system = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(quiet{o.Log.Handler()}) }),
		actor.WithDeadLetterRequestLogging(false),
	)
	narrowRegistry(e.system)
	failDeadCalls(e.system)
	e.committer = persistence.NewCommitter(o.Journal, o.Committer)
	e.orderProps = actor.PropsFromProducer(
		func() actor.Actor { return &orderActor{} },
		actor.WithMailbox(newDirectMailbox),
	)
	e.startDrainers(&o)
	e.background(&o)
	return e
}

// background starts the loops that run beside the actors.
func (e *Engine) background(o *Options) {
	loops := []func(){e.sweepLoop, e.CatchUp, e.watchMove, func() { e.every(clockLook, e.clock.look) }}
	if e.scarce != nil {
		loops = append(loops, func() { e.every(time.Second, e.weigh) })
	}
	if e.shared != nil {
		loops = append(loops, e.checkLoop)
	}
	watch := func(what string, every time.Duration, state *atomic.Pointer[domain.Error], code domain.Code, ask func() error) {
		if ask == nil {
			return
		}
		look := func() { e.look(what, state, code, ask) }
		look()
		loops = append(loops, func() { e.every(every, look) })
	}
	watch("writes", 100*time.Millisecond, &e.room, domain.JournalUnavailable, o.Room) // a second of writes can fill a disk
	loops = append(loops, func() { e.every(alarmEvery, e.ring) })
	watch("new orders", time.Second, &e.crowded, domain.Overloaded, o.Crowded)
	for _, loop := range loops {
		e.stopped.Add(1)
		go func() { defer e.stopped.Done(); loop() }()
	}
}

func (e *Engine) every(d time.Duration, f func()) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			f()
		case <-e.stop:
			return
		}
	}
}

// look asks whether something may be taken and says when that changes.
func (e *Engine) look(what string, state *atomic.Pointer[domain.Error], code domain.Code, ask func() error) {
	var refusal *domain.Error
	if err := ask(); err != nil {
		refusal = domain.Refuse(code, err.Error())
	}
	before := state.Swap(refusal)
	if (before == nil) != (refusal == nil) {
		e.log.Warn(what, "taken", refusal == nil, "reason", refusal)
	}
}

func (e *Engine) sweepLoop() {
	e.every(5*time.Second, func() {
		message := &sweep{nowMS: e.nowMS()}
		for _, o := range e.organisations() {
			e.system.Root.Send(o.pid, message)
		}
		if e.committer.Down() == nil {
			e.letGoUnused(message.nowMS)
		}
	})
}

func (e *Engine) nowMS() int64 { return e.clock.ms() }

// after posts a message later. It is lost when the engine stops meanwhile.
func (e *Engine) after(delayMS int, to *actor.PID, message any) {
	time.AfterFunc(time.Duration(delayMS)*time.Millisecond, func() { e.system.Root.Send(to, message) })
}

func (e *Engine) organisations() []*org {
	e.mu.RLock()
	defer e.mu.RUnlock()
	all := make([]*org, 0, len(e.orgs))
	for _, o := range e.orgs {
		all = append(all, o)
	}
	return all
}

// organisation returns the activation of an organisation, starting one where
// there is none, unless another engine should have it.
func (e *Engine) organisation(id string) (*org, *domain.Error) {
	e.mu.RLock()
	o := e.orgs[id]
	e.mu.RUnlock()
	if o != nil {
		return o, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if o := e.orgs[id]; o != nil {
		return o, nil
	}
	if refusal := e.refuses(id); refusal != nil { // under the lock: what Release does not see is not made after it
		return nil, refusal
	}
	e.activations++
	o = &org{id: id, ready: make(chan struct{}), pid: e.system.NewLocalPID("org-" + strconv.FormatUint(e.activations, 10))}
	o.usedMS.Store(e.nowMS())
	_, err := e.system.Root.SpawnNamed(actor.PropsFromProducer(
		func() actor.Actor { return newOrgActor(e, o) },
		actor.WithDispatcher(e.dispatcher),
		actor.WithMailbox(newStrictMailbox()),
		actor.WithSupervisor(actor.NewOneForOneStrategy(0, 0, func(any) actor.Directive { return actor.StopDirective })),
	), o.pid.Id)
	domain.Assert(err == nil, "activation %s: %v", o.pid.Id, err)
	e.orgs[id] = o
	return o, nil
}

// forget ends an activation for newcomers.
func (e *Engine) forget(o *org) {
	o.gone.Store(true)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.orgs[o.id] == o {
		delete(e.orgs, o.id)
	}
}
