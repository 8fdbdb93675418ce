package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"heard/bench/limits"
	"heard/bench/load"
)

// measuring holds what later rows need of earlier ones.
type measuring struct {
	ctx     context.Context
	program string
	folder  string // of reports
	failed  int
	creates load.Report // against the bare handler
	open    load.Report // at half of that rate
}

var errNoCreates = errors.New("the creates were not measured")

// behind is the exit code of a run that did not keep to its plan: its latencies
// count from the plan, so they tell it themselves.
const behind = 3

// bench runs a scenario and reads its report. A run with errors is none.
func (m *measuring) bench(args ...string) (load.Report, error) {
	file := filepath.Join(m.folder, "report.json")
	command := exec.CommandContext(m.ctx, m.program, append([]string{"bench"}, append(args, "--json", file)...)...)
	var said bytes.Buffer
	command.Stderr = &said
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) } // it has an engine to end and data to remove
	if err := command.Run(); err != nil && command.ProcessState.ExitCode() != behind {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return load.Report{}, fmt.Errorf("heard bench %s: %s", args[0], lines[len(lines)-1])
	}
	text, err := os.Open(file)
	if err != nil {
		return load.Report{}, err
	}
	defer text.Close()
	return load.ReadReport(text)
}

// loadHalf runs creates at half the rate that was reached, once.
func (m *measuring) loadHalf() (err error) {
	if len(m.creates.Runs) == 0 {
		return errNoCreates
	}
	if len(m.open.Runs) == 0 {
		rate := fmt.Sprintf("%.0f", m.creates.Runs[0].PerSecond/2)
		m.open, err = m.bench("create", "--rate", rate, "--vs", "fsync", "--duration", "1s")
	}
	return err
}

var allocated = regexp.MustCompile(`(\d+) allocs/op`)

// test runs a benchmark of a package on one processor and returns the processor
// time of an operation: what a longer run took beyond a shorter one, so that the
// start falls out. The clock would count what else the machine does.
func (m *measuring) test(pattern, folder string, times int) (each time.Duration, allocs string, err error) {
	binary := filepath.Join(m.folder, filepath.Base(folder)+".test")
	if out, err := exec.CommandContext(m.ctx, "go", "test", "-c", "-o", binary, "./"+folder).CombinedOutput(); err != nil {
		return 0, "", fmt.Errorf("go test -c %s: %w: %s", folder, err, firstLine(string(out)))
	}
	var used [2]time.Duration
	for i := range used {
		command := exec.CommandContext(m.ctx, binary, "-test.run", "^$", "-test.bench", pattern, "-test.benchmem", "-test.cpu", "1",
			"-test.benchtime", fmt.Sprint((i+1)*times, "x"))
		command.Dir = folder
		out, err := command.Output()
		if err != nil {
			return 0, "", fmt.Errorf("%s of %s: %w", pattern, folder, err)
		}
		found := allocated.FindSubmatch(out)
		if found == nil {
			return 0, "", fmt.Errorf("%s has no benchmark %s", folder, pattern)
		}
		allocs = string(found[1])
		used[i] = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	}
	if used[1] <= used[0] {
		return 0, "", fmt.Errorf("%s: %d operations took no more processor time than half of them", pattern, 2*times)
	}
	return (used[1] - used[0]) / time.Duration(times), allocs, nil
}

func (m *measuring) inProcess() (measurement, error) {
	each, _, err := m.test("Commands/create$", "actors", 20_000)
	if err != nil {
		return measurement{}, err
	}
	perSecond := float64(time.Second) / float64(each)
	return measurement{fmt.Sprintf("%.0f (%v of processor each)", perSecond, each.Round(100*time.Nanosecond)), perSecond}, nil
}

func (m *measuring) bill() (measurement, error) {
	each, allocs, err := m.test("ComputeTenLines$", "domain/billing", 2_000_000)
	if err != nil {
		return measurement{}, err
	}
	if allocs != "0" {
		return measurement{fmt.Sprintf("%d ns, **%s allocations**", each.Nanoseconds(), allocs), 0}, nil
	}
	return measurement{fmt.Sprintf("%d ns, 0 allocations", each.Nanoseconds()), float64(each.Nanoseconds())}, nil
}

// fast holds an engine that waits for the disk against one that does not.
func (m *measuring) fast() (measurement, error) {
	const secret = "a secret of benchmarks, 32 bytes or more"
	var engines [2]*limits.Process
	for i, durability := range []string{"durable", "fast"} {
		data, err := os.MkdirTemp(m.folder, "data-")
		if err != nil {
			return measurement{}, err
		}
		engines[i], err = limits.StartProcess(m.program, []string{"HEARD_JWT_SECRET=" + secret},
			"serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn", "--durability", durability)
		if err != nil {
			return measurement{}, fmt.Errorf("this build does not serve with --durability %s", durability)
		}
		defer engines[i].Kill()
	}
	r, err := m.bench("create", "--url", engines[0].URL, "--jwt-secret", secret, "--vs", engines[1].URL, "--duration", "1s")
	if err != nil {
		return measurement{}, err
	}
	v := r.Versus.PerSecond
	return measurement{fmt.Sprintf("%.2f (%.2f to %.2f)", v.Mean, v.Low, v.High), v.Mean}, nil
}
