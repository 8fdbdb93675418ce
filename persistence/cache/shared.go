package cache

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// shared is L2. Its rule for the entries of an organisation (orders, timelines):
//
// The organisation has a head {through, life}. It promises that every entry of
// this life is at least as new as the organisation's log at sequence through.
//   - A reader knows how far the Store is, from Load, from its own Apply or from
//     the watermark. It uses an entry only when the head says the same.
//   - Apply moves the head from where the Store was to where it is, and deletes
//     what it made old, in one script, after the Store has it.
//   - A fill is stored only under the head it was missed under, so that what was
//     read before an Apply cannot be written after it.
//   - A head that is behind the Store, or gone, begins a new life: then some Apply
//     did not get through to L2. It does not matter why: L2 was away, slow, killed,
//     restored from an old snapshot, failed over to a replica that lagged, or the
//     process died between the Store and L2.
//
// The last case is why the head is compared with the Store. It would not do to
// say that an Apply which was cut short is repeated at recovery: recovery starts
// from the Store's watermark, so an Apply that reached the Store and not L2 is
// never repeated, and another node would read the old entry of a healthy L2. A
// counter that is raised when the connection comes back has the same hole, for
// the node that should raise it is the one that died.
//
// An Apply does not write what it applied into L2, though it has it at hand. A
// late one, of a node that lost the organisation, is a no-op for the Store, which
// compares versions; here the newer entry may have been evicted, and the late
// image would stand alone. Only what was read from the Store goes in.
//
// Pages and the values of Cached need no head: their keys say what they are of.
type shared struct {
	client  redis.UniversalClient
	prefix  string
	timeout time.Duration
	ttl     time.Duration // of an organisation's entries
	options *Options
	outage  *outage

	hits, misses, errors, skipped, refused, asked, askedNS atomic.Int64
}

var (
	//go:embed scripts/read.lua
	readText string
	//go:embed scripts/fill.lua
	fillText string
	//go:embed scripts/advance.lua
	advanceText string

	readScript    = redis.NewScript(readText)
	fillScript    = redis.NewScript(fillText)
	advanceScript = redis.NewScript(advanceText)
)

func newShared(ctx context.Context, o *Options) *shared {
	s := &shared{
		client: o.L2, prefix: "heard:", options: o, ttl: o.ttl(kindOrder),
		timeout: time.Duration(o.L2TimeoutMS) * time.Millisecond,
	}
	if o.History != "" {
		s.prefix += o.History + ":"
	}
	// The look is a write: a Redis that is full, or a replica, answers a ping.
	s.outage = newOutage(ctx, time.Duration(o.L2ProbeMS)*time.Millisecond, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		return s.client.Set(ctx, s.prefix+"probe", "", time.Second).Err()
	}, o.Log)
	return s
}

// token is a name nobody else draws.
func token() string { return fmt.Sprintf("%016x", rand.Uint64()) }

// Keys of one organisation hash to one slot of a Redis Cluster.
func (s *shared) head(org string) string { return s.prefix + "head:{" + org + "}" }

func (s *shared) entry(k *key) string {
	return s.prefix + string(k.kind) + ":{" + k.org + "}:" + k.id
}

func (s *shared) channel() string { return s.prefix + "inv" }

// ask runs a call to L2 within its time. It reports whether there is an answer.
func (s *shared) ask(ctx context.Context, call func(context.Context) error) bool {
	if s.outage.down.Load() {
		s.skipped.Add(1)
		return false
	}
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	began := time.Now()
	err := call(within)
	s.asked.Add(1)
	s.askedNS.Add(time.Since(began).Nanoseconds())
	if err == nil {
		return true
	}
	if ctx.Err() == nil { // else the reader went away, which says nothing of L2
		s.errors.Add(1)
		s.outage.trip(err, s.options.Log)
	}
	return false
}

// count counts what a look-up that was answered has found.
func (s *shared) count(found bool) {
	if found {
		s.hits.Add(1)
	} else {
		s.misses.Add(1)
	}
}

// get reads a value whose key says what it is of.
func (s *shared) get(ctx context.Context, name string) (value []byte, found bool) {
	if s == nil {
		return nil, false
	}
	answered := s.ask(ctx, func(ctx context.Context) (err error) {
		value, err = s.client.Get(ctx, s.prefix+name).Bytes()
		if found = err == nil; errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	if answered {
		s.count(found)
	}
	return value, found
}

// put stores a value whose key says what it is of.
func (s *shared) put(ctx context.Context, name string, value []byte, ttl time.Duration) {
	if s == nil || len(value) > mostSharedBytes {
		return
	}
	s.ask(ctx, func(ctx context.Context) error {
		return s.client.Set(ctx, s.prefix+name, value, ttl).Err()
	})
}

// ticket is what a fill needs of the miss before it; zero = nothing can be stored.
type ticket struct {
	through uint64
	life    string
}

// read looks for an entry of an organisation, whose Store is known to be at through.
func (s *shared) read(ctx context.Context, k *key, through uint64) (value []byte, t ticket, found bool) {
	var parts []any
	answered := s.ask(ctx, func(ctx context.Context) (err error) {
		parts, err = readScript.Run(ctx, s.client, []string{s.head(k.org), s.entry(k)},
			through, token(), s.headMS()).Slice()
		return err
	})
	if !answered {
		return nil, ticket{}, false
	}
	if len(parts) > 0 {
		life, _ := parts[0].(string)
		t = ticket{through, life}
	}
	if len(parts) > 1 {
		text, _ := parts[1].(string)
		value, found = []byte(text), true
	}
	s.count(found)
	return value, t, found
}

// fill stores what was read from the Store after a miss.
func (s *shared) fill(ctx context.Context, k *key, t ticket, version uint64, value []byte) {
	if t.life == "" || len(value) > mostSharedBytes {
		return
	}
	stored := 0
	answered := s.ask(ctx, func(ctx context.Context) (err error) {
		stored, err = fillScript.Run(ctx, s.client, []string{s.head(k.org), s.entry(k)},
			t.through, t.life, fmt.Sprintf("%020d", version), value, s.ttl.Milliseconds(), s.headMS()).Int()
		return err
	})
	if answered && stored == 0 {
		s.refused.Add(1)
	}
}

// headMS outlives the entries: without its head an entry is void.
func (s *shared) headMS() int64 { return 2 * s.ttl.Milliseconds() }

// pageName names a page in L2.
func pageName(k *key) string {
	return "page:{" + k.org + "}:" + strconv.FormatUint(k.generation, 10) + ":" + k.id
}
