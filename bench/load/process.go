package load

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// A Process is a server on this machine, by its process id.
type Process struct{ PID int }

// ResidentBytes is the memory the process holds.
func (p *Process) ResidentBytes() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", p.PID, err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", p.PID, err)
	}
	return resident * int64(os.Getpagesize()), nil
}

// ownCPU is the processor time this process has used.
func ownCPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0 // not for our own process
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
