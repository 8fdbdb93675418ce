package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"heard/bench/load"
)

// Exit codes of a run that went to its end, beside those of every command.
const (
	exitBehind = 3 // an open loop did not keep to its plan
	exitMissed = 4 // a --require was not met
)

// requirements reads --require, whose figures must be such as this run will have.
func (c *benchCommand) requirements() (required []load.Requirement, err error) {
	parts, versus := c.parts()
	known := load.Names(parts, versus)
	for _, text := range c.Require {
		r, err := load.ParseRequirement(text, known)
		if err != nil {
			return nil, usage("--require %w", err)
		}
		if r.Relative() {
			return nil, usage("--require %q: a change is of two reports: --compare A.json B.json", text)
		}
		required = append(required, r)
	}
	return required, nil
}

// parts are what the report of this scenario has beside the figures of every run.
func (c *benchCommand) parts() (parts load.Result, versus *load.Versus) {
	for _, name := range c.scenario.Operations {
		parts.Operations = append(parts.Operations, load.Operation{Name: name})
	}
	if c.URL == "" || c.PID > 0 {
		parts.Server = &load.Usage{}
	}
	switch c.Scenario {
	case "idle":
		parts.Sockets = &load.Sockets{}
	case "reconnect":
		parts.Back = &load.Back{}
	case "fanout":
		parts.Screens = &load.Screens{}
	case "replay":
		parts.Replayed = &load.Replayed{}
	case "restart":
		parts.Restarted = &load.Restarted{}
	}
	if c.Vs != "" {
		versus = &load.Versus{}
	}
	return parts, versus
}

// verdict is what the exit code tells of a report: first that it ended early, then
// a requirement that was missed, then requests that failed, unless a requirement
// says how many may, then a plan that was not kept.
func (c *benchCommand) verdict(report *load.Report, failed error) error {
	if failed != nil {
		return failed
	}
	if err := missed(report); err != nil {
		return err
	}
	judged := slices.ContainsFunc(c.required, func(r load.Requirement) bool { return r.Figure == "errors" })
	if n, of := report.Failed(); n > 0 && !judged {
		return fmt.Errorf("%d of %d requests failed", n, of)
	}
	if !report.Held() {
		return exitError{errors.New("the rate was not held"), exitBehind}
	}
	return nil
}

func missed(report *load.Report) error {
	texts := report.Missed()
	if len(texts) == 0 {
		return nil
	}
	return exitError{fmt.Errorf("%d of %d requirements missed: %s", len(texts), len(report.Required), strings.Join(texts, "; ")), exitMissed}
}

// judge holds the second of two reports against what is required of it, or of how
// it differs from the first.
func (c *benchCommand) judge(s *streams, before, now *load.Report) error {
	known := map[string]bool{}
	for _, r := range []*load.Report{before, now} {
		for i := range r.Runs {
			for name := range r.Runs[i].Figures(r.Versus) {
				known[name] = true
			}
		}
	}
	var required []load.Requirement
	for _, text := range c.Require {
		r, err := load.ParseRequirement(text, slices.Sorted(maps.Keys(known)))
		if err != nil {
			return usage("--require %w", err)
		}
		required = append(required, r)
	}
	now.Required = nil // those of its own run
	now.Judge(required, before)
	if err := now.WriteRequired(s.out); err != nil {
		return err
	}
	return missed(now)
}
