package mongotest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// program is where the test server is kept between runs.
func program() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "heard-test", "ferret")
}

// build makes the program, about a minute the first time; afterwards the go
// command sees that it is up to date. Tests of several packages may ask at once.
func build() (err error) {
	if err := os.MkdirAll(filepath.Dir(program()), 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(program()+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "persistence", "mongostore", "ferret")
	command := exec.Command("go", "build", "-C", source, "-tags", "ferretdb_no_postgresql", "-o", program(), ".")
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
