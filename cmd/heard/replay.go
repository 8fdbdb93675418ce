package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"heard/bench/load"
	"heard/bench/replay"
	"heard/domain/money"
)

type replayCommand struct {
	dataFlags
	File        string  `arg:"" help:"Orders, one JSON object a line." type:"existingfile"`
	Org         string  `help:"Organisation to place them in." required:""`
	URL         string  `name:"url" help:"The engine." default:"http://127.0.0.1:8000"`
	Token       string  `help:"Token to use; default: one is minted with the secret of --data."`
	Currency    string  `help:"First set the organisation up with this currency and no tax."`
	Concurrency int     `help:"Orders under way at once." default:"64"`
	Speed       float64 `help:"Keep the file's own clock, so many times faster; 0 = as fast as possible." default:"0"`
	Anyway      bool    `name:"totals-may-differ" help:"Place the orders even where the organisation's settings bill them otherwise than the file."`
	OrgPerDay   bool    `help:"Every day of the file is an organisation of its own: ORG-2016-09-21."`
	JSON        bool    `name:"json" help:"Print one JSON object."`
}

// Run replays a file as a client.
func (c *replayCommand) Run(ctx context.Context, s *streams) error {
	if err := c.check(); err != nil {
		return err
	}
	done, progress := bar(s.err, "orders")
	defer done()
	r, err := replay.Open(ctx, replay.Options{
		File: c.File, URL: c.URL, Org: c.Org, Token: c.tokens, Currency: c.Currency, TotalsMayDiffer: c.Anyway,
		Concurrency: c.Concurrency, Speed: c.Speed, OrgPerDay: c.OrgPerDay, Progress: progress,
	})
	if err != nil {
		return err
	}
	defer r.Close()
	if err := c.watch(s.out, r.Organisations()); err != nil {
		return err
	}
	report, err := r.Run(ctx)
	done()
	if err != nil && report.Orders == 0 && report.Errors == 0 {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(s.out).Encode(report); err != nil {
			return err
		}
	} else if err := report.WriteText(s.out); err != nil {
		return err
	}
	if trouble := report.Trouble(); err == nil && trouble != "" {
		err = errors.New(trouble)
	}
	return err
}

// check refuses what makes no sense before anything is read or sent.
func (c *replayCommand) check() error {
	if c.Concurrency < 1 || c.Concurrency > 4096 {
		return usage("--concurrency %d: must be 1 to 4096", c.Concurrency)
	}
	if !(c.Speed >= 0 && c.Speed <= 1e6) {
		return usage("--speed %g: must be 0 to 1000000", c.Speed)
	}
	if c.OrgPerDay && c.Token != "" {
		return usage("--org-per-day needs a token for each day; leave --token out")
	}
	if _, err := load.NewClient(c.URL, 1, time.Second); err != nil {
		return usage("--url: %w", err)
	}
	return checkCurrency(c.Currency)
}

// checkCurrency takes none for one, too.
func checkCurrency(code string) error {
	if _, known := money.Lookup(code); code != "" && !known {
		return usage("--currency %q: there is none of that code, such as INR or EUR", code)
	}
	return nil
}

// watch prints, before the first order, where they can be seen coming in: the
// dashboard with a waiter's token, where we can mint one.
func (c *replayCommand) watch(out io.Writer, organisations []string) error {
	if c.JSON || c.Token != "" || len(organisations) == 0 {
		return nil
	}
	t := tokenCommand{dataFlags: c.dataFlags, Org: organisations[0], User: "replay-watch", Name: "Replay", Role: "waiter", TTL: 12 * time.Hour}
	token, err := t.mint()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "watch %s at %s/#token=%s\n", organisations[0], strings.TrimRight(c.URL, "/"), token)
	return err
}

func (c *replayCommand) tokens(org string) (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	t := tokenCommand{dataFlags: c.dataFlags, Org: org, User: "replay", Name: "Replay", Role: "admin", TTL: 12 * time.Hour}
	return t.mint()
}

// bar shows progress on a terminal, and nothing elsewhere.
func bar(w io.Writer, unit string) (done func(), progress func(now, total int)) {
	if !isTerminal(w) {
		return func() {}, nil
	}
	b := progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetItsString(unit),
		progressbar.OptionShowIts(), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())
	return func() { _ = b.Finish() }, func(now, total int) {
		if b.GetMax() != total {
			b.ChangeMax(total)
		}
		_ = b.Set(now)
	}
}
