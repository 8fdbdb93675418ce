// Command table runs what the README says in numbers and prints it as a Markdown
// table: each row names its goal, what was measured and the command. It is
// `make bench`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: table PATH/OF/heard")
		os.Exit(2)
	}
	if err := print(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// print measures and prints row by row. One that could not be measured says so
// and does not keep the others from it.
func print(ctx context.Context, program string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "heard-table-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	m := &measuring{ctx: ctx, program: program, folder: folder}
	fmt.Printf("%s, %s, %d processors; load before: %s\n\n", m.version(), time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), busy())
	fmt.Println("| | measured | goal: first, moonshot | |\n|---|---|---|---|")
	for _, r := range rows {
		measured, err := r.measure(m)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			m.failed++
			measured.text = "not measured: " + strings.ReplaceAll(firstLine(err.Error()), "|", "/")
		}
		fmt.Printf("| %s | %s | %s | `%s` |\n", r.name, measured.text, r.goal.text(measured), r.command)
	}
	fmt.Printf("\nload after: %s\n", busy())
	if m.failed > 0 {
		return fmt.Errorf("%d rows were not measured", m.failed)
	}
	return nil
}

// busy is the load of the machine, without which no figure of time says much.
func busy() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

func (m *measuring) version() string {
	out, err := exec.CommandContext(m.ctx, m.program, "version").Output()
	if err != nil {
		return "heard of unknown version"
	}
	return strings.TrimSpace(string(out))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
