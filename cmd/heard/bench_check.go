package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"heard/bench/load"
	"heard/bench/scenario"
)

func (c *benchCommand) kind() string {
	switch {
	case c.Scenario == "idle" || c.Scenario == "reconnect":
		return load.Idle
	case c.Scenario == "restart":
		return load.Killed
	case c.scenario.Burst > 0:
		return load.Burst
	case c.Curve:
		return load.Curved
	case c.Rate > 0 || c.Scenario == "replay":
		return load.Open
	}
	return load.Closed
}

// check refuses what makes no sense before anything is started.
func (c *benchCommand) check() error {
	if c.Scenario == "" {
		return usage("which scenario? %s", scenarioNames())
	}
	var known bool
	if c.scenario, known = scenario.Named(c.Scenario); !known {
		return usage("unknown scenario %q: one of %s", c.Scenario, scenarioNames())
	}
	c.defaults()
	most, err := c.mostSockets()
	if err != nil {
		return err
	}
	switch {
	case c.Connections < 1 || c.Connections > most:
		return usage("--connections %d: must be 1 to %d, by the limit of open files", c.Connections, most)
	case c.Organisations < 1 || c.Organisations > 10_000:
		return usage("--orgs %d: must be 1 to 10000", c.Organisations)
	case c.Duration < 100*time.Millisecond || c.Duration > 24*time.Hour:
		return usage("--duration %s: must be 100ms to 24h", c.Duration)
	case c.Warmup < 0 || c.Warmup > time.Hour:
		return usage("--warmup %s: must be 0s to 1h", c.Warmup)
	case c.Timeout < 10*time.Millisecond || c.Timeout > 10*time.Minute:
		return usage("--timeout %s: must be 10ms to 10m", c.Timeout)
	case !(c.Rate == 0 || c.Rate >= 0.01 && c.Rate <= 1_000_000):
		return usage("--rate %g: must be 0.01 to 1000000 a second, or 0 for a closed loop", c.Rate)
	case c.Rate*(c.Warmup+c.Duration).Seconds() > load.MaxPlanned:
		return usage("--rate %g for %s: at most %d requests in one run", c.Rate, c.Duration, load.MaxPlanned)
	case c.Rate > 0 && c.Rate*c.Duration.Seconds() < 1:
		return usage("--rate %g for %s: that is less than one request", c.Rate, c.Duration)
	case c.Curve && c.Rate > 0:
		return usage("--curve finds its rates itself: leave --rate out")
	case c.Plot != "" && filepath.Ext(c.Plot) != ".svg":
		return usage("--plot %s: it is an SVG, so let its name end with .svg", c.Plot)
	case c.Plot != "" && c.Plot == c.JSON:
		return usage("--json and --plot are both %s: each needs a file of its own", c.Plot)
	case c.URL == "" && (len(c.Token) > 0 || c.PID != 0):
		return usage("--token and --pid are of a server: name its --url")
	}
	for _, check := range []error{c.checkScenario(most), checkPID("--pid", c.PID), c.checkVersus()} {
		if check != nil {
			return check
		}
	}
	c.required, err = c.requirements()
	return err
}

// defaults are those that depend on the scenario.
func (c *benchCommand) defaults() {
	if c.Connections = c.scenario.Connections; c.Over != nil {
		c.Connections = *c.Over
	}
	if c.Rate == 0 {
		c.Rate = c.scenario.Rate
	}
	switch {
	case c.For != nil:
		c.Duration = *c.For
	case c.Vs != "":
		c.Duration = 2 * time.Second
	default:
		c.Duration = 10 * time.Second
	}
}

// mostSockets is how many files the harness may open, less those it needs itself.
func (c *benchCommand) mostSockets() (int, error) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 0, fmt.Errorf("limit of open files: %w", err)
	}
	return min(int(files.Cur)-100, 100_000), nil
}

// checkScenario refuses what the scenario cannot do.
func (c *benchCommand) checkScenario(most int) error {
	organisations := c.Organisations
	if len(c.Token) > 0 {
		organisations = len(c.Token)
	}
	ownPlan := c.scenario.Prepare == nil && c.Scenario != "fanout" || c.scenario.Burst > 0
	switch {
	case ownPlan && (c.Rate > 0 || c.Curve):
		return usage("%s has a plan of its own: leave --rate and --curve out", c.Scenario)
	case c.Scenario == "fanout" && c.Curve:
		return usage("fanout is not measured as a curve: leave --curve out")
	case (c.Scenario == "idle" || c.Scenario == "reconnect") && (c.Sockets < 2 || c.Sockets > most):
		return usage("--sockets %d: must be 2 to %d, by the limit of open files", c.Sockets, most)
	case c.Scenario == "fanout" && (c.Screens < 1 || c.Screens > most/organisations):
		return usage("--screens %d for each of %d organisations: must be 1 to %d in all, by the limit of open files", c.Screens, organisations, most)
	case c.Scenario == "batch" && (c.Batch < 1 || c.Batch > 1000):
		return usage("--batch %d: must be 1 to 1000", c.Batch)
	case c.Scenario == "restart" && c.URL != "":
		return usage("restart kills the engine: it starts one of its own and takes no --url")
	case c.Scenario == "restart" && (c.Restarts < 1 || c.Restarts > 100):
		return usage("--restarts %d: must be 1 to 100", c.Restarts)
	case c.Scenario == "restart" && (c.Fill < 0 || c.Fill > 10_000_000):
		return usage("--fill %d: must be 0 to 10000000 orders", c.Fill)
	case c.Scenario == "replay":
		return c.checkReplay()
	}
	return nil
}

func (c *benchCommand) checkReplay() error {
	switch {
	case c.File == "":
		return usage("replay needs --file, the orders to place")
	case !(c.Speed > 0 && c.Speed <= 1e6):
		return usage("--speed %g: must be above 0, at most 1000000 times the file's own clock", c.Speed)
	case c.OrgPerDay && len(c.Token) > 0:
		return usage("--org-per-day needs a token for each day; leave --token out")
	}
	if _, err := os.Stat(c.File); err != nil {
		return usage("--file: %w", err)
	}
	return checkCurrency(c.Currency)
}

// ofOthers refuses flags on the command line that this scenario would ignore.
func (c *benchCommand) ofOthers(line *kong.Context) error {
	for _, part := range line.Path {
		if part.Flag == nil {
			continue
		}
		if of := part.Flag.Tag.Get("of"); of != "" && !slices.Contains(strings.Split(of, ","), c.Scenario) {
			return usage("--%s is of %s: leave it out with %s", part.Flag.Name, strings.ReplaceAll(of, ",", " and "), c.Scenario)
		}
	}
	return nil
}

// checkPID refuses a process that cannot be measured; 0 is none.
func checkPID(flag string, pid int) error {
	if pid < 0 {
		return usage("%s %d: must be above 0", flag, pid)
	}
	if pid > 0 {
		if _, err := (&load.Process{PID: pid}).CPU(); err != nil {
			return usage("%s: %w", flag, err)
		}
	}
	return nil
}

func scenarioNames() string {
	var names []string
	for _, s := range scenario.All() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}
