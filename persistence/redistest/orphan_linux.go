package redistest

import "syscall"

// endsWithTest makes the kernel end a server whose test was killed or timed out.
func endsWithTest() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
