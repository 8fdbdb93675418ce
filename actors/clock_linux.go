package actors

import (
	"time"

	"golang.org/x/sys/unix"
)

// asleep is how long the machine has slept since it started: the monotonic clock
// stands still then, and the other one is far ahead afterwards and right.
func asleep() time.Duration {
	var awake, all unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
		return 0
	}
	return time.Duration(all.Nano() - awake.Nano()).Truncate(time.Second)
}
