package load

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An alarm wakes to the tenth of a millisecond. The runtime's timers are up to a
// millisecond late on an idle machine, which would be counted as the target's. A
// timer of the kernel that the runtime polls costs no thread, as a sleep in the
// kernel would: the runtime looks after such a thread 14,000 times a second,
// which was a tenth of a processor.
type alarm struct {
	fd    int // of the timer: File.Fd would make it one that blocks a thread
	timer *os.File
}

func newAlarm() (alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return alarm{}, os.NewSyscallError("timerfd_create", err)
	}
	return alarm{fd, os.NewFile(uintptr(fd), "alarm")}, nil
}

// sleep falls back to the runtime's timers should the kernel's fail.
func (a alarm) sleep(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(d.Nanoseconds(), 1))} // 0 would disarm it
	var expirations [8]byte
	if unix.TimerfdSettime(a.fd, 0, &spec, nil) != nil {
		time.Sleep(d)
		return
	}
	if _, err := a.timer.Read(expirations[:]); err != nil {
		time.Sleep(d)
	}
}

func (a alarm) close() { a.timer.Close() }
