// Command heard is the order engine: the server, its tools and its client for
// replays. This package is wiring: the only place that knows concrete types.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // settings name time zones; the machine may have none

	"github.com/alecthomas/kong"
)

// commands is the command line. Every flag has an environment twin: --redis-url
// is HEARD_REDIS_URL.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Start the engine."`
	Token   tokenCommand   `cmd:"" help:"Print a signed token."`
	Replay  replayCommand  `cmd:"" help:"Place the orders of a file through REST, and print figures."`
	Bench   benchCommand   `cmd:"" help:"Load an engine, and print rates and latencies."`
	Bill    billCommand    `cmd:"" help:"Work with bills."`
	Audit   auditCommand   `cmd:"" help:"Verify the durable log and everything made from it."`
	Migrate migrateCommand `cmd:"" help:"Move everything to another store, verified by an audit."`
	Rival   rivalCommand   `cmd:"" hidden:"" help:"A limit of heard bench --vs."`
	Restore restoreCommand `cmd:"" help:"Give a Redis that lost the journal what MongoDB has of it."`
	Cluster clusterCommand `cmd:"" help:"Tools for engines that work together."`
	OpenAPI openapiCommand `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Version versionCommand `cmd:"" help:"Print version, commit and Go version."`
}

// Exit codes: 1 = it was tried and failed, 2 = it was asked wrongly.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in flags, environment or files named there.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errSilent fails the command without another word: it has said why.
var errSilent = errors.New("failed")

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) (code int) {
	if len(args) == 0 {
		run([]string{"--help"}, stderr, stderr)
		return exitUsage
	}
	// kong exits from inside the parser (--help); a panic brings it out.
	type exited struct{ code int }
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = e.code
		}
	}()
	parser, err := kong.New(&commands{},
		kong.Name("heard"),
		kong.Description("Order engine for restaurants: an order answered with 2xx is durable, billed exactly, and on every screen."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.DefaultEnvars("HEARD"),
		kong.WithHyphenPrefixedParameters(true), // --rate -5 is a rate, which we refuse, and no flags 5
		kong.Vars{"scenarios": scenarioNames()},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exited{code}) }),
	)
	if err != nil {
		panic(err) // a mistake in the tags above
	}
	parsed, err := parser.Parse(spoken(args))
	if err != nil {
		return report(unparsed(err), stderr)
	}
	again := sameWord
	if parsed.Command() == "serve" {
		again = 0 // it loses nothing however it ends, and who insists means it
	}
	parsed.BindTo(untilSignal(again), (*context.Context)(nil))
	return report(parsed.Run(&streams{stdout, stderr}), stderr)
}

// spoken is the command that somebody means who types what other programs know.
func spoken(args []string) []string {
	switch args[0] {
	case "help":
		return append(slices.Clone(args[1:]), "--help")
	case "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// unparsed says what is wrong with a command line, and where to read on: a value
// that is wrong is named, and says it all.
func unparsed(err error) error {
	// kong puts the name of an argument before what is wrong with its value.
	said := regexp.MustCompile(`^<\w+>: `).ReplaceAllString(err.Error(), "")
	if said != err.Error() || strings.HasPrefix(said, "--") {
		return usage("%s", said)
	}
	command := "heard"
	if at, ok := errors.AsType[*kong.ParseError](err); ok && at.Context.Selected() != nil {
		command = at.Context.Selected().FullPath()
	}
	return usage("%s (see %s --help)", said, command)
}

// sameWord is how long signals after the first one are that one said again:
// timeout(1) sends its own to the command and to the group that it is in, and a
// bench that ended at the second would leave its engine's data and no report.
const sameWord = time.Second

// untilSignal ends with the first signal to stop; a second that comes later than
// again ends the process at once. It holds both, so that the second counts however
// soon it comes.
func untilSignal(again time.Duration) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		first := time.Now()
		cancel()
		for range signals {
			if time.Since(first) >= again {
				os.Exit(exitFailed)
			}
		}
	}()
	return ctx
}

// report turns an error into one line and an exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, errSilent) {
		fmt.Fprintln(stderr, "heard:", err)
	}
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	if special, is := errors.AsType[exitError](err); is {
		return special.code
	}
	return exitFailed
}

// streams are where a command prints.
type streams struct{ out, err io.Writer }

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, versionText())
	return err
}

// version and commit are set by the Makefile; a plain go build knows the commit
// alone, and not even that with -buildvcs=false.
var version, commit = "dev", ""

func versionText() string {
	commit := commit
	if info, ok := debug.ReadBuildInfo(); ok && commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	if commit == "" {
		commit = "unknown"
	}
	return fmt.Sprintf("heard %s commit %s %s", version, commit, runtime.Version())
}
