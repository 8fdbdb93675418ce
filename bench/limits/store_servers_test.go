package limits

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// postgres starts a PostgreSQL whose commits are durable and which is spared
// everything it may put off: no checkpoint and no vacuum comes in between.
func postgres(b *testing.B) (url string, pid int) {
	b.Helper()
	bin := filepath.Dir(program("postgres"))
	if bin == "." {
		b.Skip("SKIP: PostgreSQL is not installed (apt-get install postgresql)")
	}
	root, err := os.MkdirTemp("", "heard-postgres")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(root) })
	who := notRoot(b, root)
	dir := filepath.Join(root, "db")
	initialise := exec.Command(filepath.Join(bin, "initdb"), "-D", dir, "-A", "trust", "-U", "heard", "-E", "UTF8", "--no-locale")
	initialise.SysProcAttr, initialise.Dir = who, root
	if out, err := initialise.CombinedOutput(); err != nil {
		b.Fatalf("initdb: %v\n%s", err, out)
	}
	_, port, err := net.SplitHostPort(spareAddress(b))
	if err != nil {
		b.Fatal(err)
	}
	args := []string{"-D", dir, "-p", port}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=on", "synchronous_commit=on", "max_connections=200",
		"shared_buffers=1GB", "wal_buffers=64MB", "max_wal_size=16GB", "checkpoint_timeout=1h", "autovacuum=off",
	} {
		args = append(args, "-c", setting)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), args...)
	server.SysProcAttr, server.Dir = who, root
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // at once, with its children
		_ = server.Wait()
	})
	ready := exec.Command(filepath.Join(bin, "pg_isready"), "-h", "127.0.0.1", "-p", port, "-t", "30")
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if exec.Command(ready.Path, ready.Args[1:]...).Run() == nil {
			return fmt.Sprintf("postgres://heard@127.0.0.1:%s/postgres?sslmode=disable", port), server.Process.Pid
		}
		if time.Now().After(end) {
			b.Fatal("PostgreSQL does not answer")
		}
	}
}

// program finds a program of PostgreSQL; "" = not installed.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return path
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is right
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// notRoot is who PostgreSQL runs as: it refuses to be root. The folder becomes his.
func notRoot(b *testing.B, folder string) *syscall.SysProcAttr {
	b.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		b.Skipf("SKIP: run as root there must be a user postgres: %v", err)
	}
	uid, err := strconv.Atoi(who.Uid)
	if err != nil {
		b.Fatal(err)
	}
	gid, err := strconv.Atoi(who.Gid)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.Chown(folder, uid, gid); err != nil {
		b.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func spareAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
