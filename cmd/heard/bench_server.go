package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

const ownServerStart = 30 * time.Second

// ownServer is this binary in a process of its own, serving what a benchmark
// needs: an engine, or a limit that it is held against.
type ownServer struct {
	command *exec.Cmd
	exited  chan struct{}
	url     string
}

// startServer runs a command line of this binary that prints "listening URL",
// and waits for that. Its other flags come from their environment twins, as they
// always do.
func startServer(ctx context.Context, s *streams, env []string, in io.Reader, args ...string) (*ownServer, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start heard %s: %w", args[0], err)
	}
	o := &ownServer{command: exec.Command(program, args...), exited: make(chan struct{})}
	o.command.Env = append(os.Environ(), env...)
	o.command.Stdin, o.command.Stderr = in, s.err
	o.command.SysProcAttr = ownProcess()
	out, err := o.command.StdoutPipe()
	if err == nil {
		err = o.command.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start heard %s: %w", args[0], err)
	}
	listening := make(chan string, 1)
	go func() {
		defer close(o.exited)
		lines := bufio.NewReader(out)
		first, _ := lines.ReadString('\n')
		listening <- first
		_, _ = io.Copy(io.Discard, lines)
		_ = o.command.Wait()
	}()
	late := time.NewTimer(ownServerStart)
	defer late.Stop()
	select {
	case first := <-listening:
		var ok bool
		if o.url, ok = strings.CutPrefix(strings.TrimSpace(first), "listening "); ok {
			return o, nil
		}
		err = fmt.Errorf("heard %s, which we started, ended at once; it said why above", args[0])
	case <-late.C:
		err = fmt.Errorf("heard %s, which we started, does not serve after %v", args[0], ownServerStart)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	o.kill()
	return nil, err
}

// pid is its process id.
func (o *ownServer) pid() int { return o.command.Process.Pid }

// kill ends it as a power cut would. Nothing of it is needed any more but in
// restart, where that is the point; and who interrupts a run should not wait.
func (o *ownServer) kill() {
	if err := o.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		panic(err) // it is ours
	}
	<-o.exited
}
