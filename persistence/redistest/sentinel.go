package redistest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Sentinel watches one master and promotes a replica when it is gone.
type Sentinel struct {
	*Server
	name string
}

// StartSentinel starts a single Sentinel, which decides alone, and waits until
// it knows the master and its replicas.
func StartSentinel(t testing.TB, master *Server, replicas int) *Sentinel {
	t.Helper()
	s := &Sentinel{&Server{t: t, port: FreePort(t), dir: t.TempDir()}, "kitchen"}
	conf := filepath.Join(s.dir, "sentinel.conf")
	// It asks once a second: with one second as the limit it took the new master for down, too.
	text := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 1\nsentinel down-after-milliseconds %[1]s 3000\nsentinel failover-timeout %[1]s 10000\n", s.name, master.port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.before = []string{conf, "--sentinel"}
	s.begin()
	t.Cleanup(func() {
		s.end()
		if t.Failed() {
			t.Log(s.output())
		}
	})
	s.Until("sentinel knows the replicas", func(c *redis.Client) bool {
		return strings.Contains(c.Info(context.Background(), "sentinel").Val(), fmt.Sprint("slaves=", replicas))
	})
	return s
}

// UntilMaster waits until the Sentinel names the server as the master. Before that
// its failover is not over, and may still be taken back.
func (s *Sentinel) UntilMaster(master *Server) {
	s.t.Helper()
	s.Until("sentinel has "+master.Addr()+" as the master", func(c *redis.Client) bool {
		at, _ := c.Do(context.Background(), "SENTINEL", "get-master-addr-by-name", s.name).StringSlice()
		return strings.Join(at, ":") == master.Addr()
	})
}

// URL names the Sentinel and its master for a client.
func (s *Sentinel) URL() string { return "redis://" + s.Addr() + "/0?master_name=" + s.name }
