// Package redistest starts real Redis servers for tests: on spare loopback
// ports, in the test's own folder, ended with the test. Where redis-server is
// not installed the test is skipped.
package redistest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is one redis-server process. It keeps port and folder over restarts.
type Server struct {
	t      testing.TB
	port   int
	dir    string
	before []string // words that must come first
	args   []string
	cmd    *exec.Cmd // nil while it is down
	log    *os.File
}

// patience bounds every wait for a server; machines that run tests are slow at
// times, and a Sentinel that notices it does nothing for 30 s.
const patience = 90 * time.Second

// durable is how a journal's Redis must be set. The rest only saves time: no RDB
// files, no pause before a replica gets its data.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--repl-diskless-sync-delay", "0"}

// Start starts a server with the settings a journal needs; args come after
// them and win, as on redis-server's command line.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, port: FreePort(t), dir: t.TempDir(), args: append(slices.Clone(durable), args...)}
	s.begin()
	t.Cleanup(s.end)
	return s
}

// StartReplica starts a server that follows master and waits until it does.
func StartReplica(t testing.TB, master *Server, args ...string) *Server {
	t.Helper()
	s := Start(t, append([]string{"--replicaof", "127.0.0.1 " + fmt.Sprint(master.port)}, args...)...)
	s.UntilFollows()
	return s
}

// UntilFollows waits until a replica has its master's data, and its master knows.
func (s *Server) UntilFollows() {
	s.t.Helper()
	s.Until("replica follows", func(c *redis.Client) bool {
		_, master, up := strings.Cut(c.Info(context.Background(), "replication").Val(), "master_port:")
		if !up || !strings.Contains(master, "master_link_status:up") {
			return false
		}
		port, _, _ := strings.Cut(master, "\r")
		m := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, Protocol: 2, MaxRetries: -1, DisableIdentity: true})
		defer m.Close()
		known := strings.Contains(m.Info(context.Background(), "replication").Val(), fmt.Sprint("port=", s.port, ",state=online"))
		return known && m.Do(context.Background(), "WAIT", 1, 100).Val() != int64(0)
	})
}

// Addr is host:port.
func (s *Server) Addr() string { return fmt.Sprint("127.0.0.1:", s.port) }

// URL names the server for a client.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Kill ends the process as a crash would.
func (s *Server) Kill() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		s.t.Fatalf("kill redis-server on %s: %v", s.Addr(), err)
	}
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
}

// Restart starts the server again after Kill, with what is in its folder.
func (s *Server) Restart() {
	s.t.Helper()
	if s.cmd != nil {
		s.t.Fatalf("redis-server on %s is running", s.Addr())
	}
	s.begin()
}

// Empty kills the server and starts it again with an empty folder.
func (s *Server) Empty() {
	s.t.Helper()
	s.Kill()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == logName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(s.dir, e.Name())); err != nil {
			s.t.Fatal(err)
		}
	}
	s.begin()
}

// Client connects to the server; the test closes it with itself.
func (s *Server) Client() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// Signal sends the process a signal: SIGSTOP makes a server that hangs.
func (s *Server) Signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("signal redis-server on %s: %v", s.Addr(), err)
	}
}

// Do runs a command, given as one line, and fails the test when Redis refuses it.
func (s *Server) Do(line string) any {
	s.t.Helper()
	words := strings.Fields(line)
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	c := s.Client()
	answer, err := c.Do(context.Background(), args...).Result()
	if err != nil {
		s.t.Fatalf("%s on %s: %v", line, s.Addr(), err)
	}
	return answer
}

// Until waits for a condition and fails the test when it does not come.
func (s *Server) Until(what string, holds func(*redis.Client) bool) {
	s.t.Helper()
	c := s.Client()
	defer c.Close()
	for end := time.Now().Add(patience); !holds(c); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s: not within %v on %s\n%s", what, patience, s.Addr(), s.output())
		}
	}
}

const logName = "redis.log"

func (s *Server) begin() {
	s.t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		s.t.Skip("SKIP: redis-server is not installed (apt-get install redis-server)")
	}
	if s.log == nil {
		if s.log, err = os.Create(filepath.Join(s.dir, logName)); err != nil {
			s.t.Fatal(err)
		}
	}
	where := []string{"--bind", "127.0.0.1", "--port", fmt.Sprint(s.port), "--dir", s.dir}
	redis.SetLogger(silence{}) // tests try servers that are down on purpose
	s.cmd = exec.Command(path, slices.Concat(s.before, where, s.args)...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = endsWithTest()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v", err)
	}
	s.Until("redis-server starts", func(c *redis.Client) bool { return c.Ping(context.Background()).Err() == nil })
}

// silence drops the client's own lines.
type silence struct{}

// Printf implements what redis.SetLogger takes.
func (silence) Printf(context.Context, string, ...any) {}

func (s *Server) end() {
	if s.cmd != nil {
		s.Kill()
	}
	if s.log != nil {
		s.log.Close()
	}
}

func (s *Server) output() string {
	text, err := os.ReadFile(filepath.Join(s.dir, logName))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// FreePort finds a port that is free, and whose cluster bus port is free too. It
// stays below the range that outgoing connections get theirs from: while a server
// is down, one of those could take its place, or even connect to itself.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := firstPort + rand.IntN(busOffset)
		if free(port) && free(port+busOffset) {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

const firstPort = 12_000

func free(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
