package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"heard/bench/load"
	"heard/bench/rival"
	"heard/bench/scenario"
)

// checkVersus refuses what cannot be held against the scenario.
func (c *benchCommand) checkVersus() error {
	isURL := strings.HasPrefix(c.Vs, "http://") || strings.HasPrefix(c.Vs, "https://")
	switch {
	case c.Pairs < load.MinPairs || c.Pairs > load.MaxPairs:
		return usage("--pairs %d: must be %d to %d", c.Pairs, load.MinPairs, load.MaxPairs)
	case c.Vs == "":
		if len(c.VsToken) > 0 || c.VsPID != 0 {
			return usage("--vs-token and --vs-pid are of a second server: name it with --vs")
		}
		return nil
	case c.Vs != "bare" && c.Vs != "fsync" && c.Vs != "ws" && !isURL:
		return usage("--vs %q: must be bare, fsync, ws or the URL of a server such as http://host:port", c.Vs)
	case c.Curve:
		return usage("--vs compares one load: leave --curve out")
	case c.Scenario == "fanout" && c.Vs != "ws" && !isURL, c.Scenario != "fanout" && (c.Vs == "ws" || c.scenario.Prepare == nil):
		return usage("--vs %s: not with %s", c.Vs, c.Scenario)
	case c.Vs == "fsync" && !slices.Contains(c.scenario.Operations, "create"):
		return usage("--vs fsync: %s makes nothing durable", c.Scenario)
	case !isURL && (len(c.VsToken) > 0 || c.VsPID != 0):
		return usage("--vs-token and --vs-pid are of a second server: --vs %s is none", c.Vs)
	case c.VsPID != 0 && c.VsPID == c.PID:
		return usage("--pid and --vs-pid are both %d: one process cannot be told apart from itself", c.PID)
	case c.Vs == "fsync" && c.URL != "":
		if info, err := os.Stat(c.Data); err != nil || !info.IsDir() {
			return usage("--vs fsync appends beside the log: name the engine's folder with --data (%s is none)", c.Data)
		}
	}
	if isURL {
		if _, err := load.NewClient(c.Vs, 1, c.Timeout); err != nil {
			return usage("--vs: %w", err)
		}
	}
	return checkPID("--vs-pid", c.VsPID)
}

// versus holds the load against --vs: pairs of runs in turns.
func (c *benchCommand) versus(ctx context.Context, s *streams, t benchTarget, o load.Options, report *load.Report) ([]load.Result, error) {
	ours := load.Side{Name: "engine", Options: o}
	var f *scenario.Fanout
	var err error
	if c.Scenario == "fanout" {
		if f, err = scenario.OpenFanout(ctx, t.Target, c.Screens, c.Timeout, nil); err != nil {
			return nil, err
		}
		defer f.Close()
		ours.Run = f.Run
	} else if ours.Job, err = c.scenario.Job(ctx, t.Target); err != nil {
		return nil, err
	}
	theirs, end, err := c.rival(ctx, s, t, f, o)
	if err != nil {
		return nil, err
	}
	defer end()
	v, runs, err := load.Against(ctx, ours, theirs, c.Pairs)
	report.Versus = &v
	return runs, err
}

// rival makes the other side; end ends what was started for it.
func (c *benchCommand) rival(ctx context.Context, s *streams, t benchTarget, f *scenario.Fanout, o load.Options) (side load.Side, end func(), err error) {
	o.Server = nil
	switch c.Vs {
	case "bare", "fsync":
		answers, err := c.capture(ctx, t.Target)
		if err != nil {
			return load.Side{}, nil, err
		}
		if c.Vs == "fsync" {
			return c.appends(t.data, answers, o)
		}
		var text bytes.Buffer
		if err := answers.Save(&text); err != nil {
			return load.Side{}, nil, err
		}
		return c.limit(ctx, s, t, load.Side{Name: "bare", Says: "a bare fasthttp handler that answers the same bytes", Options: o}, &text, nil)
	case "ws":
		return c.limit(ctx, s, t, load.Side{Name: "ws", Says: "a minimal gorilla broadcast loop that is handed the frames", Options: o}, nil, f.Again())
	}
	if c.VsPID > 0 {
		o.Server = &load.Process{PID: c.VsPID}
	}
	if err := c.spare("--vs-token", c.Vs, c.VsToken); err != nil {
		return load.Side{}, nil, err
	}
	other := &scenario.Target{Tokens: t.Tokens, Seed: t.Seed, Batch: t.Batch}
	if len(c.VsToken) > 0 {
		other.Tokens = c.VsToken
	}
	return c.server(ctx, other, load.Side{Name: "other", Says: c.Vs, Options: o}, c.Vs, nil)
}

// capture sends some of the load to the engine and keeps its answers.
func (c *benchCommand) capture(ctx context.Context, t *scenario.Target) (*rival.Answers, error) {
	const requests = 256 // of the rarest of mixed's operations 25
	client, err := load.NewClient(t.Client.URL(), 1, c.Timeout)
	if err != nil {
		return nil, err
	}
	defer client.Abandon()
	answers := &rival.Answers{}
	client.Answered = answers.Add
	job, err := c.scenario.Job(ctx, &scenario.Target{Client: client, Tokens: t.Tokens, Seed: t.Seed, Batch: t.Batch})
	if err != nil {
		return nil, err
	}
	w := job.Worker(0)
	for range requests {
		if _, err := w.Send(load.Turn{}); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (c *benchCommand) appends(data string, answers *rival.Answers, o load.Options) (load.Side, func(), error) {
	size := answers.MeanBytes("POST", "/api/orders")
	job, end, err := rival.Appends(data, size)
	o.Connections, o.Rate, o.Burst = 1, 0, 0
	return load.Side{Name: "fsync", Says: "one writer that appends what an order's image has and waits for the disk", Job: job, Options: o}, end, err
}

// limit starts the other side in a process of its own.
func (c *benchCommand) limit(ctx context.Context, s *streams, t benchTarget, side load.Side, in io.Reader, body func(int64) []byte) (load.Side, func(), error) {
	process, err := startServer(ctx, s, nil, in, "rival", c.Vs)
	if err != nil {
		return load.Side{}, nil, err
	}
	side.Options.Server = &load.Process{PID: process.pid()}
	side, end, err := c.server(ctx, &scenario.Target{Tokens: t.Tokens, Seed: t.Seed, Batch: t.Batch}, side, process.url, body)
	if err != nil {
		process.kill()
		return load.Side{}, nil, err
	}
	return side, func() { end(); process.kill() }, nil
}

// server makes the side of a server at a URL: the same scenario, over as many
// connections. A body is what fanout posts there, where that is not an order.
func (c *benchCommand) server(ctx context.Context, t *scenario.Target, side load.Side, url string, body func(int64) []byte) (load.Side, func(), error) {
	var err error
	if t.Client, err = load.NewClient(url, c.Connections, c.Timeout); err != nil {
		return load.Side{}, nil, usage("--vs: %w", err)
	}
	if c.Scenario == "fanout" {
		f, err := scenario.OpenFanout(ctx, t, c.Screens, c.Timeout, body)
		if err != nil {
			return load.Side{}, nil, fmt.Errorf("--vs %s: %w", c.Vs, err)
		}
		side.Run = f.Run
		return side, f.Close, nil
	}
	if side.Job, err = c.scenario.Job(ctx, t); err != nil {
		return load.Side{}, nil, fmt.Errorf("--vs %s: %w", c.Vs, err)
	}
	return side, t.Client.Abandon, nil
}
