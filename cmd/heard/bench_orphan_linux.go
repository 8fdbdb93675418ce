package main

import "syscall"

// ownProcess keeps a Ctrl-C for us from the engine we started, whose answers are
// still to be counted, and ends it with us however we end.
func ownProcess() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
