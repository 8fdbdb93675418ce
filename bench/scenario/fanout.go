package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"heard/bench/load"
	"heard/bench/screen"
)

const (
	fanoutConnections = 32
	fanoutRate        = 400 // orders a second
)

// fanout places orders on a plan while screens of every organisation watch. It is
// run by a Fanout.
func fanout() Scenario {
	return Scenario{
		Name: "fanout", Says: "orders on a plan, timed until every screen of their organisation has them",
		Connections: fanoutConnections, Rate: fanoutRate, Leaves: true, Operations: []string{"create"},
	}
}

// A Fanout is organisations with their screens.
type Fanout struct {
	target   *Target
	wall     *screen.Wall
	screens  int // of each organisation
	patience time.Duration
	latency  *hdrhistogram.Histogram
	// Body makes what is posted; its screens know by it when it was due, in µs since
	// 1970.
	body   func(number int, planned int64) []byte
	orders int64
}

// OpenFanout opens so many screens for each organisation and has one order
// delivered, to see that all is well. For each step it waits at most as long as
// patience. Body nil posts orders; a server that is handed what its screens get
// is given that.
func OpenFanout(ctx context.Context, t *Target, screens int, patience time.Duration, body func(planned int64) []byte) (*Fanout, error) {
	f := &Fanout{target: t, screens: screens, patience: patience, latency: load.NewHistogram()}
	if f.body = func(_ int, planned int64) []byte { return body(planned) }; body == nil {
		bodies := orders(t.random(-1), 1, 5)
		f.body = func(number int, planned int64) []byte {
			return fmt.Appendf(nil, `{"customer_name":"%d",%s`, planned, bodies[number%len(bodies)][1:])
		}
	}
	var err error
	if f.wall, err = screen.NewWall(t.Client.URL(), false); err != nil {
		return nil, err
	}
	for _, token := range t.Tokens {
		if err = f.wall.Fill(ctx, screens, screen.Look{Path: "/ws?token=" + token, Latency: f.latency}, patience); err != nil {
			break
		}
	}
	if err == nil {
		_, err = f.worker(0).Send(load.Turn{Planned: time.Now()})
	}
	if err == nil {
		err = f.await(ctx, 1)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close cuts the screens.
func (f *Fanout) Close() { f.wall.Close() }

// Again makes the first message that a screen got anew, as sent at a moment.
func (f *Fanout) Again() func(planned int64) []byte { return screen.Again(*f.wall.Sample.Load()) }

// Run places orders at a rate and waits until every screen has each of them, once
// and in the order of the log: anything else is an error.
func (f *Fanout) Run(ctx context.Context, o load.Options) (load.Result, error) {
	job := load.Job{Operations: []string{"create"}, Worker: f.worker, Abandon: f.target.Client.Abandon}
	before := f.wall.Delivered.Load()
	if warm := o; o.Warmup > 0 {
		warm.Duration, warm.Warmup = o.Warmup, 0
		r, err := load.Run(ctx, job, warm)
		if err == nil {
			err = f.await(ctx, r.Requests-r.Errors)
		}
		if err != nil {
			return r, err
		}
	}
	f.wall.Still(f.latency.Reset)
	f.wall.Measure()
	o.Warmup = 0
	r, err := load.Run(ctx, job, o)
	good := r.Requests - r.Errors
	if err == nil {
		err = f.await(ctx, good)
	}
	f.wall.Still(func() {
		r.Watched(len(f.target.Tokens)*f.screens, good*int64(f.screens), f.latency, f.wall.Delivered.Load()-before)
	})
	return r, err
}

// await waits until the screens have so many more orders.
func (f *Fanout) await(ctx context.Context, orders int64) error {
	f.orders += orders
	if err := f.wall.Await(ctx, &f.wall.Delivered, f.orders*int64(f.screens), f.patience); err != nil {
		return fmt.Errorf("frames at the screens: %w", err)
	}
	return nil
}

func (f *Fanout) worker(int) load.Worker { return &till{f, f.target.Client.Exchange("")} }

// A till takes orders for every organisation in turn.
type till struct {
	fanout   *Fanout
	exchange *load.Exchange
}

// Send places the order of a turn.
func (t *till) Send(turn load.Turn) (int, error) {
	tokens := t.fanout.target.Tokens
	t.exchange.As(tokens[turn.Number%len(tokens)])
	_, err := t.exchange.Do("POST", "/api/orders", t.fanout.body(turn.Number, turn.Planned.UnixMicro()))
	return 0, err
}
