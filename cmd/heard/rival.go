package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"heard/bench/rival"
)

// rivalCommand serves a limit of heard bench --vs, in a process of its own as the
// engine is. bare takes what it answers from stdin.
type rivalCommand struct {
	Kind string `arg:"" enum:"bare,ws" help:"bare or ws."`
}

// Run serves on a spare port until a signal.
func (c *rivalCommand) Run(ctx context.Context, s *streams) error {
	serve := func(ln net.Listener) error { return rival.ServeBroadcast(ln, rival.Gorilla) }
	if c.Kind == "bare" {
		answers, err := rival.ReadAnswers(os.Stdin)
		if err != nil {
			return err
		}
		serve = func(ln net.Listener) error { return rival.ServeBare(ln, answers) }
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	fmt.Fprintf(s.out, "listening http://%s\n", ln.Addr())
	if err := serve(ln); ctx.Err() == nil {
		return err
	}
	return nil
}
