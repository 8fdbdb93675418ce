// Command compare holds this tree against another commit, by what a busy machine
// cannot blur first: allocations, which are exact; instructions, where they can
// be counted; processor time of a request, from the engines' processes; and the
// clock only with its interval. It is `make bench-compare REF=…`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 || os.Args[1] == "" {
		fmt.Fprintln(os.Stderr, "usage: make bench-compare REF=COMMIT")
		os.Exit(2)
	}
	if err := compare(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// A tree is a source tree and what was built of it.
type tree struct {
	name   string // in tables
	source string
	built  string // folder of its binaries
}

func compare(ctx context.Context, ref string) error {
	temporary, err := os.MkdirTemp("", "heard-compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	before := tree{ref, filepath.Join(temporary, "source"), filepath.Join(temporary, "before")}
	here := tree{"here", ".", filepath.Join(temporary, "here")}
	if err := export(ctx, ref, before.source); err != nil {
		return err
	}
	for _, t := range []tree{before, here} {
		if err := t.build(ctx); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if err := allocations(ctx, before, here); err != nil {
		return err
	}
	if err := instructions(ctx, before, here); err != nil {
		return err
	}
	return processor(ctx, before, here)
}

// export writes a commit's files into a folder. It leaves nothing in the
// repository, as a work tree would when we are interrupted.
func export(ctx context.Context, ref, into string) error {
	if err := os.Mkdir(into, 0o755); err != nil {
		return err
	}
	archive := exec.CommandContext(ctx, "git", "archive", "--format=tar", ref)
	extract := exec.CommandContext(ctx, "tar", "-x", "-C", into)
	var err error
	if extract.Stdin, err = archive.StdoutPipe(); err != nil {
		return err
	}
	archive.Stderr, extract.Stderr = os.Stderr, os.Stderr
	if err := extract.Start(); err != nil {
		return err
	}
	if err := errors.Join(archive.Run(), extract.Wait()); err != nil {
		return fmt.Errorf("commit %s: %w", ref, err)
	}
	return nil
}

// build makes the program and the tests of each package with a benchmark. A
// package that the tree does not have is left out.
func (t tree) build(ctx context.Context) error {
	if err := os.Mkdir(t.built, 0o755); err != nil {
		return err
	}
	if err := t.goBuild(ctx, "build", "-o", t.program(), "./cmd/heard"); err != nil {
		return err
	}
	for _, b := range benchmarks {
		if _, err := os.Stat(filepath.Join(t.source, b.folder)); err != nil {
			continue
		}
		if err := t.goBuild(ctx, "test", "-c", "-o", t.test(b.folder), "./"+b.folder); err != nil {
			return err
		}
	}
	return nil
}

func (t tree) goBuild(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = t.source
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return nil
}

func (t tree) program() string { return filepath.Join(t.built, "heard") }

func (t tree) test(folder string) string {
	return filepath.Join(t.built, filepath.Base(folder)+".test")
}
