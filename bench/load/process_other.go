//go:build !linux

package load

import (
	"errors"
	"time"
)

// CPU is known on Linux only.
func (p *Process) CPU() (time.Duration, error) {
	return 0, errors.New("processor time of another process: only known on Linux")
}
