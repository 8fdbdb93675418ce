package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"heard/bench/limits"
)

// secret signs the tokens for both engines.
const secret = "a secret of comparisons, 32 bytes or more"

// processor loads an engine of each tree in turns, in one run.
func processor(ctx context.Context, before, here tree) error {
	var engines [2]*limits.Process
	for i, t := range []tree{here, before} {
		data, err := os.MkdirTemp(t.built, "data-")
		if err != nil {
			return err
		}
		engines[i], err = limits.StartProcess(t.program(), []string{"HEARD_JWT_SECRET=" + secret},
			"serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn")
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		defer engines[i].Kill()
	}
	for _, scenario := range []string{"create", "get"} {
		fmt.Printf("\n%s: here is \"engine\", %s is \"other\"\n", scenario, before.name)
		bench := exec.CommandContext(ctx, here.program(), "bench", scenario, "--url", engines[0].URL, "--pid", strconv.Itoa(engines[0].PID()),
			"--jwt-secret", secret, "--vs", engines[1].URL, "--vs-pid", strconv.Itoa(engines[1].PID()), "--duration", "1s")
		bench.Cancel = func() error { return bench.Process.Signal(syscall.SIGTERM) }
		bench.Stdout, bench.Stderr = os.Stdout, os.Stderr
		if err := bench.Run(); err != nil {
			return fmt.Errorf("heard bench %s: %w", scenario, err)
		}
	}
	return nil
}
