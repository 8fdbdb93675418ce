// Package limits measures the engine against what it cannot beat, in the same
// run: a bare handler on the same HTTP server that answers the same bytes. It is
// a client of the public protocol only; the engine is the real binary in a
// process of its own, and so is the bare handler.
package limits

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is a server under test.
type Process struct {
	URL     string
	command *exec.Cmd
	exited  chan error
}

const ticksPerSecond = 100 // of USER_HZ, fixed on Linux

// startTimeout bounds the wait for a server's first line.
const startTimeout = 30 * time.Second

// StartProcess runs a server and waits for its line "listening http://…".
func StartProcess(binary string, env []string, args ...string) (*Process, error) {
	command := exec.Command(binary, args...)
	command.Env = append(os.Environ(), env...)
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	p := &Process{command: command, exited: make(chan error, 1)}
	line := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n')
		line <- first
		_, _ = io.Copy(io.Discard, r)
		p.exited <- command.Wait()
	}()
	select {
	case first := <-line:
		url, ok := strings.CutPrefix(strings.TrimSpace(first), "listening ")
		if ok {
			p.URL = url
			return p, nil
		}
	case <-time.After(startTimeout):
	}
	_ = p.Kill()
	return nil, errors.New(binary + " did not say that it listens")
}

// Kill ends the process at once, as a power cut would for it.
func (p *Process) Kill() error {
	if err := p.command.Process.Kill(); err != nil {
		return err
	}
	<-p.exited
	return nil
}

// PID is its process id.
func (p *Process) PID() int { return p.command.Process.Pid }

// CPU is the processor time the process has used.
func (p *Process) CPU() (time.Duration, error) { return CPUOf(p.command.Process.Pid) }

// CPUOf is the processor time any process has used.
func CPUOf(pid int) (time.Duration, error) {
	var ticks [2]int64
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	for i := range ticks {
		if _, err := fmt.Sscan(fields[11+i], &ticks[i]); err != nil {
			return 0, err
		}
	}
	return time.Duration(ticks[0]+ticks[1]) * time.Second / ticksPerSecond, nil
}

// ResidentBytes is the memory the process holds.
func (p *Process) ResidentBytes() (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(data), &size, &resident); err != nil {
		return 0, err
	}
	return resident * int64(syscall.Getpagesize()), nil
}

// MostResidentBytes is the most memory the process has held so far.
func (p *Process) MostResidentBytes() (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, line, _ := strings.Cut(string(data), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscan(line, &kilobytes); err != nil {
		return 0, err
	}
	return kilobytes << 10, nil
}

// Machine is what all processors did up to a moment.
type Machine struct {
	busy time.Duration
	at   time.Time
}

// Now reads it.
func Now() (Machine, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Machine{}, err
	}
	var user, nice, system, idle, wait, interrupts, soft int64
	if _, err := fmt.Sscanf(string(data), "cpu %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &interrupts, &soft); err != nil {
		return Machine{}, err
	}
	return Machine{time.Duration(user+nice+system+interrupts+soft) * time.Second / ticksPerSecond, time.Now()}, nil
}

// Cores is how many processors were busy from then until now.
func (m Machine) Cores(since Machine) float64 {
	return float64(m.busy-since.busy) / float64(m.at.Sub(since.at))
}
