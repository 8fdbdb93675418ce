//go:build !linux

package load

import "time"

// An alarm wakes when the runtime's timers do.
type alarm struct{}

func newAlarm() (alarm, error) { return alarm{}, nil }

func (alarm) sleep(d time.Duration) { time.Sleep(d) }

func (alarm) close() {}
