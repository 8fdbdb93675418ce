package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"

	"heard/bench/chart"
	"heard/bench/load"
	"heard/bench/scenario"
)

type benchCommand struct {
	dataFlags
	Scenario      string         `arg:"" optional:"" help:"${scenarios}."`
	URL           string         `name:"url" help:"The server; default: an engine of our own is started, with an empty data folder in TMPDIR."`
	Token         []string       `help:"Tokens for --url, one for each organisation; default: minted with the secret of --data."`
	PID           int            `name:"pid" help:"Process id of the server at --url, when it runs here: its processor and memory are measured."`
	Over          *int           `name:"connections" help:"Connections; default: 64, legacy 100, fanout 32."`
	Organisations int            `name:"orgs" help:"Organisations the load is spread over, at most one a connection; with --token there is one for each." default:"16"`
	For           *time.Duration `name:"duration" help:"How long is measured; for idle: held; with --vs: each run. Default: 10s, with --vs 2s."`
	Warmup        time.Duration  `help:"The same load before that, not measured." default:"2s"`
	Rate          float64        `help:"Open loop: requests planned a second; latency counts from the planned moment. 0 = closed loop; fanout: 400." default:"0"`
	Curve         bool           `help:"Measure the peak in a closed loop, then latency on plans of 10 to 120 % of it."`
	Vs            string         `name:"vs" help:"Hold it against a limit, in turns in one run: bare (a bare fasthttp handler that answers the same bytes), fsync (a loop of appends), ws (of fanout: a broadcast loop of gorilla's), or the URL of any server with the same paths."`
	Pairs         int            `help:"Pairs of runs of --vs." default:"12"`
	VsToken       []string       `name:"vs-token" help:"Tokens for --vs URL; default: the same as for the first."`
	VsPID         int            `name:"vs-pid" help:"Process id of the server at --vs URL, when it runs here."`
	Sockets       int            `of:"idle,reconnect" help:"Sockets of idle and reconnect." default:"1000"`
	Batch         int            `of:"batch" help:"Orders of each request of batch." default:"100"`
	Resume        bool           `of:"reconnect" help:"Of reconnect: sockets come back where they were, instead of with a snapshot."`
	Screens       int            `of:"fanout" help:"Of fanout: screens of each organisation." default:"50"`
	File          string         `of:"replay" help:"Of replay: orders, one JSON object a line, as heard replay takes." type:"path"`
	Speed         float64        `of:"replay" help:"Of replay: the file's own clock, so many times faster." default:"60"`
	Currency      string         `of:"replay" help:"Of replay: first set the organisations up with this currency and no tax; default: INR where they are new, else nothing is set."`
	Anyway        bool           `name:"totals-may-differ" of:"replay" help:"Of replay: place the orders even where the organisation's settings bill them otherwise than the file."`
	OrgPerDay     bool           `of:"replay" help:"Of replay: every day of the file is an organisation of its own, all on one clock."`
	Restarts      int            `of:"restart" help:"Of restart: how often the engine is killed." default:"3"`
	Fill          int            `of:"restart" help:"Of restart: orders placed before the first kill." default:"0"`
	Require       []string       `help:"What must come of it, such as p99<5ms, good>5000 or errors<0.1%; else the exit code is 4. Any figure of the JSON report; with --compare also p99<+20%. Repeatable."`
	Yes           bool           `help:"With --token: load organisations even where others have orders; what is placed there stays."`
	Timeout       time.Duration  `help:"A request without an answer for so long is an error; longer without any good answer ends the run." default:"10s"`
	Seed          uint64         `help:"The same seed sends the same requests." default:"1"`
	JSON          string         `name:"json" help:"Write the report to this file." type:"path"`
	Plot          string         `help:"Draw the report into this file, as SVG." type:"path"`
	Compare       string         `help:"Instead of a run, compare this report with a second one: --compare A.json B.json." type:"path"`

	scenario    scenario.Scenario
	required    []load.Requirement
	Duration    time.Duration `kong:"-"` // of For, or the default
	Connections int           `kong:"-"` // of Over, or the scenario's
}

// Run loads a server and reports, or compares two reports.
func (c *benchCommand) Run(ctx context.Context, s *streams, line *kong.Context) error {
	if c.Compare != "" {
		return c.compare(s)
	}
	if err := c.check(); err != nil {
		return err
	}
	if err := c.ofOthers(line); err != nil {
		return err
	}
	// Before the run: a file that cannot be written should not cost one.
	files, err := c.create()
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(1000) // our garbage must not cost the server its processor
	}
	report := load.Report{
		Schema: load.Schema, Scenario: c.Scenario, Kind: c.kind(), Client: versionText(), Processors: runtime.NumCPU(),
		Started: time.Now().UTC().Format(time.RFC3339), Seed: c.Seed,
		DurationS: c.Duration.Seconds(), WarmupS: c.Warmup.Seconds(),
	}
	failed := c.against(ctx, s, &report)
	if len(report.Runs) == 0 {
		return errors.Join(failed, files.discard())
	}
	if failed != nil {
		report.Problem = failed.Error()
	}
	report.Judge(c.required, nil)
	if err := errors.Join(report.WriteText(s.out), files.write(report)); err != nil {
		return err
	}
	return c.verdict(&report, failed)
}

// against starts an engine where no server was named, and runs the scenario.
func (c *benchCommand) against(ctx context.Context, s *streams, report *load.Report) error {
	t := benchTarget{Target: &scenario.Target{Tokens: c.Token, Seed: c.Seed, Batch: c.Batch}, data: c.Data, run: "bench-" + time.Now().UTC().Format("060102-150405")}
	if c.PID > 0 {
		t.server = &load.Process{PID: c.PID}
	}
	url := c.URL
	report.Engine = "not ours"
	if url == "" {
		own, err := startOwnEngine(ctx, s)
		if err != nil {
			return err
		}
		defer own.end()
		t.own, t.server, t.data = own, &load.Process{PID: own.pid()}, own.data
		url, report.Engine, c.JWTSecret = own.url, own.where(), own.secret
		fmt.Fprintln(s.err, "heard: no --url: started an engine,", report.Engine)
	}
	var err error
	if t.Client, err = load.NewClient(url, c.Connections, c.Timeout); err != nil {
		return usage("--url: %w", err)
	}
	if err := c.spare("--token", url, t.Tokens); err != nil {
		return err
	}
	if len(t.Tokens) == 0 {
		if t.Tokens, err = c.mint(t.run); err != nil {
			return err
		}
		if t.own == nil {
			c.warn(s, t.run, len(t.Tokens))
		}
	}
	t.Tokens = t.Tokens[:c.reached(len(t.Tokens))]
	report.URL, report.Organisations = url, len(t.Tokens)
	report.Runs, err = c.run(ctx, s, t, report)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	return nil
}

// mint makes a token for each organisation. They are new with every run: what
// earlier runs left open would count against their limits.
func (c *benchCommand) mint(run string) ([]string, error) {
	tokens := make([]string, c.reached(c.Organisations))
	for i := range tokens {
		var err error
		if tokens[i], err = c.mintOne(fmt.Sprintf("%s-%d", run, i)); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

func (c *benchCommand) mintOne(org string) (string, error) {
	t := tokenCommand{dataFlags: c.dataFlags, Org: org, User: "bench", Name: "Bench", Role: "admin", TTL: 24 * time.Hour}
	return t.mint()
}

// reportFiles are where the report goes beside the terminal.
type reportFiles struct{ json, plot *reportFile }

// reportFile keeps what it holds until there is a report to put there instead.
type reportFile struct {
	*os.File
	made bool // by us
}

func openReport(name string) (*reportFile, error) {
	_, err := os.Lstat(name)
	file, opened := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	return &reportFile{file, os.IsNotExist(err)}, opened
}

func (f *reportFile) write(write func(io.Writer) error) error {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if err := f.Truncate(0); err != nil {
			return err
		}
	}
	return errors.Join(write(f), f.Close())
}

func (c *benchCommand) create() (f reportFiles, err error) {
	for _, file := range []struct {
		flag, name string
		into       **reportFile
	}{{"--json", c.JSON, &f.json}, {"--plot", c.Plot, &f.plot}} {
		if file.name == "" {
			continue
		}
		opened, err := openReport(file.name)
		if err != nil {
			return f, usage("%s: %w", file.flag, errors.Join(err, f.discard()))
		}
		*file.into = opened
	}
	return f, nil
}

// discard removes the files made for a run that has nothing to report; what was
// there before stays.
func (f reportFiles) discard() (err error) {
	for _, file := range []*reportFile{f.json, f.plot} {
		if file == nil {
			continue
		}
		if err = errors.Join(err, file.Close()); file.made {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}
	return err
}

func (f reportFiles) write(r load.Report) (err error) {
	if f.json != nil {
		err = f.json.write(r.WriteJSON)
	}
	if f.plot != nil {
		err = errors.Join(err, f.plot.write(func(w io.Writer) error { return chart.WriteSVG(w, r) }))
	}
	return err
}

// compare reads the second report from where a scenario stands otherwise.
func (c *benchCommand) compare(s *streams) error {
	if c.Scenario == "" {
		return usage("--compare needs two reports: --compare A.json B.json")
	}
	var reports [2]load.Report
	for i, name := range []string{c.Compare, c.Scenario} {
		file, err := os.Open(name)
		if err != nil {
			return usage("--compare: %w", err)
		}
		reports[i], err = load.ReadReport(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return usage("--compare %s: %w", name, err)
		}
	}
	if err := load.Compare(s.out, reports[0], reports[1]); err != nil {
		return usage("--compare: %w", err)
	}
	return c.judge(s, &reports[0], &reports[1])
}
