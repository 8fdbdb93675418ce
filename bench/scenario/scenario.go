// Package scenario holds what `heard bench` can send, one scenario a file. They
// are clients of the public protocol, so the package may not import anything of
// the engine.
package scenario

import (
	"context"
	"math/rand/v2"

	"heard/bench/load"
)

// A Scenario is a load with a name.
type Scenario struct {
	Name        string
	Says        string  // what it sends, in a line
	Connections int     // unless others are asked for
	Burst       int     // all requests at once, so many; 0 = a loop or a plan
	Rate        float64 // requests planned a second, unless others are asked for; 0 = a closed loop
	Operations  []string
	Batched     bool // a request is Target.Batch orders
	Leaves      bool // orders, which stay where they were placed
	// Prepare makes what the load needs. The second function makes the worker of a
	// connection. Nil: the scenario is run by a function of its own.
	Prepare func(context.Context, *Target) (func(connection int) load.Worker, error)
}

// A Target is who the load is sent to.
type Target struct {
	Client *load.Client
	Tokens []string // one for each organisation, at least one
	Batch  int      // orders of a request of batch
	Seed   uint64   // the same seed sends the same requests in each connection
}

// All are the scenarios, in the order of the help.
func All() []Scenario {
	return []Scenario{create(), mixed(), lifecycle(), get(), menu(), billing(), legacy(), batch(), fanout(), idle(), reconnect(), replayed(), restart()}
}

// Named finds a scenario.
func Named(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// defaultConnections are enough to let commits group and few enough for two cores.
const defaultConnections = 64

// Job prepares the load and sends one request of it, so that a target that is
// down, or refuses the token, is found out before the clock starts.
func (s Scenario) Job(ctx context.Context, t *Target) (load.Job, error) {
	worker, err := s.Prepare(ctx, t)
	if err != nil {
		return load.Job{}, err
	}
	if _, err := worker(0).Send(load.Turn{}); err != nil {
		return load.Job{}, err
	}
	job := load.Job{Operations: s.Operations, Worker: worker, Abandon: t.Client.Abandon}
	if s.Batched {
		job.OrdersEach = t.Batch
	}
	return job, nil
}

// organisation of a connection: they are dealt out in turn.
func (t *Target) organisation(connection int) int { return connection % len(t.Tokens) }

func (t *Target) exchange(connection int) *load.Exchange {
	return t.Client.Exchange(t.Tokens[t.organisation(connection)])
}

func (t *Target) random(stream int) *rand.Rand {
	return rand.New(rand.NewPCG(t.Seed, uint64(stream)))
}
