//go:build !linux

package redistest

import "syscall"

// endsWithTest does nothing here: only a test that ends by itself ends its servers.
func endsWithTest() *syscall.SysProcAttr { return nil }
