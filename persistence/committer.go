package persistence

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"heard/domain"
)

// CommitterOptions bound the lanes. A zero field takes the default named here.
type CommitterOptions struct {
	Lanes           int   // 1; an embedded journal has one log, more lanes only split its groups
	QueueEntries    int   // 4,096 entries waiting in a lane
	QueueBytes      int   // 64 MiB of payload waiting in a lane
	MaxEntries      int   // 512 entries in one Append
	MaxBytes        int   // 1 MiB of payload in one Append; one larger entry goes alone
	AppendTimeoutMS int64 // 1,000 ms, or up to a tenth less, for one Append where the journal obeys its context
	UnknownRetryMS  int64 // 2,000 ms of repeats, from the first failure, before Unknown is given

	// Probe asks once a second whether the journal takes entries; nil = there is
	// nothing to ask. While it does not, entries are given up at once.
	Probe func(context.Context) error

	// Observe is told of every Append that brought definite answers. It must not block.
	Observe func(entries, bytes int, took time.Duration)
	Log     *slog.Logger // nil = slog.Default
}

func (o CommitterOptions) withDefaults() CommitterOptions {
	positive(&o.Lanes, 1)
	positive(&o.QueueEntries, 4096)
	positive(&o.QueueBytes, 64<<20)
	positive(&o.MaxEntries, 512)
	positive(&o.MaxBytes, 1<<20)
	positive(&o.AppendTimeoutMS, 1000)
	positive(&o.UnknownRetryMS, 2000)
	if o.Observe == nil {
		o.Observe = func(int, int, time.Duration) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func positive[N int | int64](n *N, otherwise N) {
	if *n <= 0 {
		*n = otherwise
	}
}

// Committer turns the entries of many organisations into group commits. It has
// no timer: while one Append is under way the next group gathers.
type Committer struct {
	lanes   []*lane
	stop    context.CancelFunc
	tally   *tally
	breaker *breaker
}

// NewCommitter starts the lanes. Close ends them.
func NewCommitter(j Journal, o CommitterOptions) *Committer {
	o = o.withDefaults()
	ctx, stop := context.WithCancel(context.Background())
	c := &Committer{stop: stop, tally: new(tally), breaker: newBreaker(ctx, "the journal", "takes no writes", o.Probe, o.Log)}
	for range o.Lanes {
		l := newLane(ctx, j, o, c.tally, c.breaker)
		c.lanes = append(c.lanes, l)
		go l.run()
	}
	return c
}

// Submit queues an entry and never blocks. done is called exactly once, on the
// lane's goroutine, and must not block; its error is nil unless the outcome is
// Unknown. The entry's Data must not change until then. Errors: ErrBusy when
// the lane is full, ErrUnavailable after Close; done is not called then.
func (c *Committer) Submit(e Entry, done func(Outcome, error)) error {
	err := c.laneOf(e.Org).submit(waiting{entry: e, done: done})
	if err != nil {
		c.tally.rejected.Add(1)
	}
	return err
}

// laneOf gives an organisation the same lane always: that keeps its entries in order.
func (c *Committer) laneOf(org string) *lane {
	return c.lanes[Shard(org, len(c.lanes))]
}

// Shard gives an organisation one of n places, the same always and everywhere.
func Shard(org string, n int) int {
	h := uint32(2166136261) // FNV-1a
	for i := range len(org) {
		h = (h ^ uint32(org[i])) * 16777619
	}
	return int(h % uint32(n))
}

// Down says why entries would be given up at once; nil = the journal takes them.
func (c *Committer) Down() error { return c.breaker.down() }

// Close refuses new entries and waits until what is queued is answered. When
// ctx ends first, what is left is answered Unknown and Close returns an error.
func (c *Committer) Close(ctx context.Context) error {
	for _, l := range c.lanes {
		l.close()
	}
	defer c.stop()
	for _, l := range c.lanes {
		select {
		case <-l.ended:
		case <-ctx.Done():
			return fmt.Errorf("close committer with %d entries unanswered: %w", c.Stats().Queued, ctx.Err())
		}
	}
	return nil
}

// CommitterStats counts since the start.
type CommitterStats struct {
	Commits  uint64 // Appends that brought definite answers
	Entries  uint64 // given to the journal, each counted once
	Bytes    uint64 // payload of those
	Rejected uint64 // refused by Submit
	Repeats  uint64 // Appends repeated because an outcome was Unknown
	Panics   uint64 // callbacks that panicked
	Queued   int    // waiting or under way now
	Outages  uint64 // times that the journal stopped answering
	Outcomes [Gap + 1]uint64
}

type tally struct {
	commits, entries, bytes, rejected, repeats, panics atomic.Uint64
	outcomes                                           [Gap + 1]atomic.Uint64
}

// Stats reads the counters; they are not one consistent cut.
func (c *Committer) Stats() CommitterStats {
	t := c.tally
	s := CommitterStats{
		Commits: t.commits.Load(), Entries: t.entries.Load(), Bytes: t.bytes.Load(),
		Rejected: t.rejected.Load(), Repeats: t.repeats.Load(), Panics: t.panics.Load(),
		Outages: c.breaker.opened.Load(),
	}
	for i := range t.outcomes {
		s.Outcomes[i] = t.outcomes[i].Load()
	}
	for _, l := range c.lanes {
		s.Queued += l.depth()
	}
	return s
}

// waiting is an entry with the one who waits for its outcome.
type waiting struct {
	entry Entry
	done  func(Outcome, error)
}

// lane is one goroutine that appends group after group.
type lane struct {
	journal Journal
	options CommitterOptions
	tally   *tally
	breaker *breaker
	ctx     context.Context // ends when Close gives up
	ended   chan struct{}

	mu     sync.Mutex
	filled sync.Cond // queue is not empty, or closed
	queue  []waiting
	bytes  int // payload in queue
	active int // entries taken and not answered
	closed bool

	// The goroutine's own from here on.
	limited context.Context // of the Appends since
	since   time.Time
	lift    context.CancelFunc // ends limited

	// Scratch: the group under way, and what the journal is given.
	group   []waiting
	entries []Entry
	out     []Outcome
	seen    map[string]struct{} // organisations in the group
}

func newLane(ctx context.Context, j Journal, o CommitterOptions, t *tally, b *breaker) *lane {
	l := &lane{journal: j, options: o, tally: t, breaker: b, ctx: ctx, ended: make(chan struct{}), lift: func() {}, seen: map[string]struct{}{}}
	l.filled.L = &l.mu
	return l
}

func (l *lane) submit(w waiting) error {
	domain.Assert(w.done != nil, "entry submitted without anyone waiting")
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("submit entry: committer is closed: %w", ErrUnavailable)
	}
	full := len(l.queue) >= l.options.QueueEntries
	if full || (l.bytes+len(w.entry.Data) > l.options.QueueBytes && len(l.queue) > 0) {
		return ErrBusy
	}
	l.queue = append(l.queue, w)
	l.bytes += len(w.entry.Data)
	l.filled.Signal()
	return nil
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.filled.Signal()
}

func (l *lane) depth() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) + l.active
}

func (l *lane) run() {
	defer close(l.ended)
	for {
		group := l.take()
		if len(group) == 0 {
			return
		}
		if err := l.breaker.down(); err != nil {
			l.surrender(group, err)
			continue
		}
		l.commit(group)
	}
}
