package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"heard/bench/load"
	"heard/bench/screen"
)

const (
	// comeBack is how long the old client waits after a cut: a crowd of them is back
	// within it.
	comeBack = 3 * time.Second
	// missed is how many orders each organisation gets while those are away that
	// resume.
	missed = 20
)

// reconnect cuts sockets and has them come back. It is run by Reconnect.
func reconnect() Scenario {
	return Scenario{
		Name: "reconnect", Says: "sockets that are cut and come back within 3 s, each timed until it has its snapshot, or with --resume what it missed",
		Connections: defaultConnections, Leaves: true, Operations: []string{"back"},
	}
}

// Reconnect opens sockets on organisations with open orders, cuts them all, and
// has them come back at random moments within 3 s, with a snapshot or resuming
// from where they were. For each step it waits at most as long as patience.
func Reconnect(ctx context.Context, t *Target, sockets int, resume bool, patience time.Duration, o load.Options) (load.Result, error) {
	if _, err := t.placeMany(ctx); err != nil {
		return load.Result{}, err
	}
	c := &crowd{target: t, positions: make([]screen.Position, len(t.Tokens)), resume: resume, seen: load.NewHistogram()}
	if err := c.comeAndGo(ctx, sockets, patience); err != nil {
		return load.Result{}, err
	}
	var err error
	if c.wall, err = screen.NewWall(t.Client.URL(), false); err != nil {
		return load.Result{}, err
	}
	defer c.wall.Close()
	random := t.random(-2)
	for range sockets {
		o.Plan = append(o.Plan, time.Duration(random.Int64N(int64(comeBack))))
	}
	slices.Sort(o.Plan)
	start := time.Now()
	result, err := load.Run(ctx, load.Job{Operations: []string{"back"}, Worker: func(int) load.Worker { return c }}, o)
	if err == nil && result.Errors == 0 {
		if err = c.wall.Await(ctx, &c.wall.Ready, int64(sockets), patience); err != nil {
			err = fmt.Errorf("sockets that are back: %w", err)
		}
	}
	back := load.Back{Sockets: int(c.wall.Ready.Load()), WithinS: comeBack.Seconds(), Resumed: resume}
	if resume {
		back.Missed = missed
	}
	c.wall.Still(func() { result.CameBack(back, c.seen, time.Since(start)) })
	return result, err
}

// A crowd comes back over one wall.
type crowd struct {
	target    *Target
	wall      *screen.Wall
	positions []screen.Position // by organisation, at the cut
	resume    bool
	seen      *hdrhistogram.Histogram // µs
}

// comeAndGo opens the sockets and cuts them; those that will resume miss
// something meanwhile.
func (c *crowd) comeAndGo(ctx context.Context, sockets int, patience time.Duration) error {
	first, err := screen.NewWall(c.target.Client.URL(), false)
	if err != nil {
		return err
	}
	defer first.Close()
	for i, token := range c.target.Tokens {
		n := (sockets + len(c.target.Tokens) - 1 - i) / len(c.target.Tokens)
		if err := first.Fill(ctx, n, screen.Look{Path: "/ws?token=" + token, Latency: load.NewHistogram(), Greeting: &c.positions[i]}, patience); err != nil {
			return err
		}
	}
	first.Close()
	if !c.resume {
		return nil
	}
	var all sync.WaitGroup
	wrong := make([]error, len(c.target.Tokens))
	for i := range wrong {
		all.Go(func() {
			w := c.target.waiter(i, orders(c.target.random(i), 1, 5))
			for n := 0; n < missed && wrong[i] == nil; n++ {
				_, wrong[i] = w.place()
			}
		})
	}
	all.Wait()
	for _, err := range wrong {
		if err != nil {
			return err // one says enough: they mostly fail alike
		}
	}
	return nil
}

// Send dials the socket of a turn; what it gets is read elsewhere.
func (c *crowd) Send(turn load.Turn) (int, error) {
	organisation := c.target.organisation(turn.Number)
	look := screen.Look{Path: "/ws?token=" + c.target.Tokens[organisation], Planned: turn.Planned, UntilSnapshot: c.seen}
	if at := &c.positions[organisation]; c.resume {
		look.After = at
		look.Path += fmt.Sprintf("&epoch=%s&seq=%d", at.Epoch, at.Seq)
	}
	if err := c.wall.Dial(look); err != nil {
		return 0, load.Unanswered(err)
	}
	return 0, nil
}
