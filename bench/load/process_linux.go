package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time the process has used, to the nanosecond: /proc
// counts in hundredths of a second.
func (p *Process) CPU() (time.Duration, error) {
	const mostPID = 1 << 22 // of a Linux; a larger one would be another clock
	if p.PID < 1 || p.PID > mostPID {
		return 0, fmt.Errorf("process %d: there is none", p.PID)
	}
	clock := int32(^p.PID)<<3 | 2 // clock_getcpuclockid(3): all threads, as scheduled
	var used unix.Timespec
	if err := unix.ClockGettime(clock, &used); errors.Is(err, unix.EINVAL) {
		return 0, fmt.Errorf("process %d: there is none", p.PID)
	} else if err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", p.PID, err)
	}
	return time.Duration(used.Nano()), nil
}
