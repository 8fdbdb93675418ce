package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Elapsed == nil {
		made := time.Now()
		o.Elapsed = func() time.Duration { return time.Since(made) }
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if o.FlushIntervalMS == 0 {
		o.FlushIntervalMS = 100
	}
	if o.FlushOperations == 0 {
		o.FlushOperations = 50
	}
	if o.Drainers == 0 {
		o.Drainers = 1
	}
	if o.PatienceMS == 0 {
		o.PatienceMS = 10_000
	}
}

func newOrgActor(e *Engine, o *org) *orgActor {
	empty := outlet.New()
	return &orgActor{
		engine: e, org: o, log: e.log.With("org", o.id),
		committed: empty, tentative: empty, old: map[uint64]*outlet.Settings{},
		tables: map[string]int{}, openOf: shares{}, keys: newKeyWindow(), budget: budget{perMinute: e.budget, left: e.budget},
		pending: map[domain.Fingerprint]*proposal{}, absent: map[*call]map[string]bool{}, open: &batch{},
	}
}

var (
	errDraining    = domain.Refuse(domain.Draining, "The node is shutting down; repeat the request")
	errJournalAway = domain.Refuse(domain.JournalUnavailable, "The journal does not answer; repeat the request")
	errOverloaded  = domain.Refuse(domain.Overloaded, "Too many commands of this organisation wait")
)

// moveRetries bounds how often a command follows an activation that ended
// before the command was looked at; each time it waits a little longer.
const moveRetries = 8

// Execute carries out a command and answers when its effect is durable.
func (e *Engine) Execute(ctx context.Context, r *domain.Request) (domain.Reply, error) {
	if refusal := e.refusesWrites(); refusal != nil {
		return domain.Reply{}, refusal
	}
	if refusal := e.crowded.Load(); refusal != nil && adds(r.Command) {
		e.stats.crowdedOut.Add(1)
		return domain.Reply{}, refusal
	}
	e.underWay.Add(1)
	defer e.underWay.Add(-1)
	e.stats.commands.Add(1)
	for try := 0; ; try++ {
		reply, err := e.attempt(ctx, r)
		if err == nil {
			reply.Early = e.durable != nil
			return reply, nil
		}
		if err != errMoved || try == moveRetries {
			return reply, err
		}
		time.Sleep(time.Duration(5<<try) * time.Millisecond)
	}
}

// refusesWrites says why nothing is written now; nil = it is.
func (e *Engine) refusesWrites() *domain.Error {
	if e.draining.Load() {
		return errDraining
	}
	if refusal := e.moved.Load(); refusal != nil {
		return refusal
	}
	if refusal := e.room.Load(); refusal != nil {
		return refusal
	}
	if e.committer.Down() != nil {
		return errJournalAway
	}
	return nil
}

// adds reports whether a command brings new orders.
func adds(command domain.Command) bool {
	switch command.(type) {
	case *order.Create, *order.BatchCreate:
		return true
	}
	return false
}

func (e *Engine) attempt(ctx context.Context, r *domain.Request) (domain.Reply, *domain.Error) {
	o, refusal := e.organisation(r.Org)
	if refusal != nil {
		return domain.Reply{}, refusal
	}
	if o.loud.Load() {
		return domain.Reply{}, errLoud
	}
	o.usedMS.Store(e.nowMS())
	bytes := int64(r.Bytes) + 256
	commands, waiting := o.waiting.Add(1), o.waitingBytes.Add(bytes)
	if commands > maxWaitingCommands || waiting > maxWaitingBytes {
		o.release(bytes)
		e.stats.shed.Add(1)
		return domain.Reply{}, errOverloaded
	}
	defer o.release(bytes)
	reply, err, durable := e.calls.do(ctx, r, e.patience, func(c *call) { e.system.Root.Send(o.pid, c) })
	if !durable && rests(err) {
		if late := e.confirm(ctx, o); late != nil {
			return domain.Reply{}, late
		}
	}
	return reply, err
}

func (o *org) release(bytes int64) {
	o.waiting.Add(-1)
	o.waitingBytes.Add(-bytes)
}

// Ready answers nil when writes can be taken, else why not.
func (e *Engine) Ready() error {
	if e.draining.Load() {
		return errDraining
	}
	if refusal := e.moved.Load(); refusal != nil {
		return refusal
	}
	if refusal := e.room.Load(); refusal != nil {
		return refusal
	}
	return e.committer.Down()
}

// Drain refuses new commands; those under way go on.
func (e *Engine) Drain() { e.draining.Store(true) }

// Stop waits for what was accepted, lets the Store follow to the end of the log,
// and stops the actors. ctx bounds it.
func (e *Engine) Stop(ctx context.Context) error {
	e.Drain()
	close(e.stop)
	e.stopped.Wait()
	for e.underWay.Load() > 0 && ctx.Err() == nil {
		time.Sleep(2 * time.Millisecond)
	}
	err := e.committer.Close(ctx)
	for e.early.Load() > 0 && ctx.Err() == nil {
		time.Sleep(2 * time.Millisecond)
	}
	if late := e.flush(ctx); late != nil { // the log has everything: the next start writes it
		e.log.Warn("stopped before the store had followed the log; the next start goes on", "reason", late)
	}
	for _, o := range e.organisations() {
		e.system.Root.Poison(o.pid)
	}
	for _, drainer := range e.drainers {
		e.system.Root.Poison(drainer)
	}
	e.system.Shutdown()
	e.dispatcher.close()
	return err
}
