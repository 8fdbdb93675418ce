//go:build !linux

package main

import "syscall"

// ownProcess keeps a Ctrl-C for us from the engine we started, whose answers are
// still to be counted.
func ownProcess() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
