package main

import (
	"context"
	"fmt"
	"time"

	"heard/bench/load"
	"heard/bench/replay"
	"heard/bench/scenario"
)

// benchTarget is the server that is loaded.
type benchTarget struct {
	*scenario.Target
	server *load.Process // nil = not measured
	own    *ownEngine    // nil = it is not ours
	data   string        // folder of its log
	run    string        // names the organisations of this run
}

// run runs the scenario; what was measured before an error is returned with it.
func (c *benchCommand) run(ctx context.Context, s *streams, t benchTarget, report *load.Report) ([]load.Result, error) {
	done, progress := bar(s.err, "requests")
	defer done()
	o := load.Options{
		Connections: c.Connections, Warmup: c.Warmup, Duration: c.Duration, Rate: c.Rate, Burst: c.scenario.Burst,
		Silence: c.Timeout + time.Second, Server: t.server, Progress: progress,
	}
	if c.scenario.Burst > 0 {
		o.Warmup = 0
	}
	if c.Vs != "" {
		return c.versus(ctx, s, t, o, report)
	}
	switch c.Scenario {
	case "idle":
		return one(scenario.Hold(ctx, t.Target, c.Sockets, c.Duration, o))
	case "reconnect":
		return one(scenario.Reconnect(ctx, t.Target, c.Sockets, c.Resume, c.Timeout, o))
	case "fanout":
		f, err := scenario.OpenFanout(ctx, t.Target, c.Screens, c.Timeout, nil)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return one(f.Run(ctx, o))
	case "replay":
		o.Silence = 0 // an evening has pauses
		runs, err := one(scenario.Replay(ctx, c.replay(t), o))
		if len(runs) > 0 {
			report.Organisations = runs[0].Replayed.Organisations
		}
		return runs, err
	case "restart":
		return c.restart(ctx, s, t, o)
	}
	job, err := c.scenario.Job(ctx, t.Target)
	if err != nil {
		return nil, err
	}
	if c.Curve {
		return load.Curve(ctx, job, o)
	}
	return one(load.Run(ctx, job, o))
}

// one is a scenario of one run.
func one(r load.Result, err error) ([]load.Result, error) {
	if r.Requests == 0 && err != nil {
		return nil, err
	}
	return []load.Result{r}, err
}

// replay sets new organisations up without tax, so that bills are the file's; one
// whose token was given is left as it is.
func (c *benchCommand) replay(t benchTarget) replay.Options {
	r := replay.Options{File: c.File, URL: t.Client.URL(), Org: t.run, Speed: c.Speed, OrgPerDay: c.OrgPerDay, Currency: c.Currency, TotalsMayDiffer: c.Anyway}
	if r.Token = c.mintOne; len(c.Token) > 0 {
		r.Token = func(string) (string, error) { return c.Token[0], nil }
	} else if r.Currency == "" {
		r.Currency = "INR"
	}
	return r
}

// restart kills the engine that we started, as often as was asked.
func (c *benchCommand) restart(ctx context.Context, s *streams, t benchTarget, o load.Options) (runs []load.Result, err error) {
	r := &scenario.Restart{Target: t.Target, Timeout: c.Timeout, Engine: &killable{t.own, s}}
	if c.Fill > 0 {
		if err := r.Fill(ctx, c.Fill, o); err != nil {
			return nil, err
		}
	}
	for n := range c.Restarts {
		o.Server = &load.Process{PID: t.own.pid()}
		run, err := r.Round(ctx, n+1, o)
		if run.Requests > 0 || err == nil {
			runs = append(runs, run)
		}
		if err != nil {
			return runs, fmt.Errorf("round %d: %w", n+1, err)
		}
	}
	return runs, nil
}

// killable is our own engine, which comes back on its own folder.
type killable struct {
	*ownEngine
	streams *streams
}

// Kill ends it as a power cut would end the process.
func (k *killable) Kill() { k.kill() }

// Start starts it again.
func (k *killable) Start(ctx context.Context) (string, error) {
	if err := k.start(ctx, k.streams); err != nil {
		return "", err
	}
	return k.url, nil
}
