package redisjournal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"heard/persistence"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

// refuses opens and returns the one line that says why not.
func refuses(t *testing.T, o redisjournal.Options) string {
	t.Helper()
	j, err := redisjournal.Open(context.Background(), o)
	if err == nil {
		_ = j.Close()
		t.Fatal("it was opened")
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("several lines: %q", err)
	}
	return err.Error()
}

func mentions(t *testing.T, line string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(line, w) {
			t.Errorf("%q does not mention %q", line, w)
		}
	}
}

func TestSettingsThatLoseOrdersAreRefused(t *testing.T) {
	s := redistest.Start(t)
	for _, c := range []struct{ bad, good, name string }{
		{"appendonly no", "appendonly yes", "CONFIG SET appendonly yes"},
		{"appendfsync everysec", "appendfsync always", "CONFIG SET appendfsync always"},
		{"appendfsync no", "appendfsync always", "CONFIG SET appendfsync always"},
		{"no-appendfsync-on-rewrite yes", "no-appendfsync-on-rewrite no", "CONFIG SET no-appendfsync-on-rewrite no"},
		{"maxmemory-policy allkeys-lru", "maxmemory-policy noeviction", "CONFIG SET maxmemory-policy noeviction"},
	} {
		t.Run(c.bad, func(t *testing.T) {
			o := options(s.URL())
			s.Do("CONFIG SET " + c.bad)
			mentions(t, refuses(t, o), s.Addr(), c.name)

			var log bytes.Buffer
			o.AllowUnsafe, o.Log = true, slog.New(slog.NewTextHandler(&log, nil))
			j := open(t, o)
			mentions(t, log.String(), "WARN", "CAN BE LOST", c.name)
			mustPut(t, j, entry("a", acquire(t, j, "a").Epoch, 1, 1, "x"), persistence.Appended)

			s.Do("CONFIG SET " + c.good)
			s.Do("FLUSHALL")
			open(t, options(s.URL()))
			s.Do("FLUSHALL")
		})
	}
}

func TestHiddenSettingsAreRefused(t *testing.T) {
	s := redistest.Start(t)
	s.Do("ACL SETUSER guest on >secret ~* &* +@all -config")
	o := options(strings.Replace(s.URL(), "redis://", "redis://guest:secret@", 1))
	line := refuses(t, o)
	mentions(t, line, "CONFIG GET", "allow")
	if strings.Contains(line, "secret") {
		t.Errorf("%q shows the password", line)
	}
	o.AllowUnsafe = true
	open(t, o)
}

func TestEveryMasterIsLookedAt(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	c.Nodes[2].Do("CONFIG SET appendfsync everysec")
	mentions(t, refuses(t, options(c.URL())), c.Nodes[2].Addr(), "appendfsync")
}

func TestReplicaIsNoMaster(t *testing.T) {
	s := redistest.Start(t)
	r := redistest.StartReplica(t, s)
	mentions(t, refuses(t, options(r.URL())), "replica of "+s.Addr())
}

func TestSentinelIsNoMaster(t *testing.T) {
	s := redistest.Start(t)
	r := redistest.StartSentinel(t, s, 0)
	mentions(t, refuses(t, options("redis://"+r.Addr())), "Sentinel", "master_name")
}

// A failover or a restart may lead to a server with other settings than those
// that Open looked at.
func TestNewConnectionsAreRefusedWhenSettingsGotWorse(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	e := acquire(t, j, "a").Epoch
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended)
	s.Do("CONFIG SET appendfsync everysec")
	s.Do("CLIENT KILL TYPE normal")
	var o persistence.Outcome
	var err error
	for range 5 { // the first may meet a connection that is being cut
		if o, err = put(t, j, entry("a", e, 2, 2, "x")); err != nil && strings.Contains(err.Error(), "appendfsync") {
			break
		}
	}
	if o != persistence.Unknown || !errors.Is(err, persistence.ErrNothingWritten) || !strings.Contains(err.Error(), "appendfsync") {
		t.Fatalf("append to a server with appendfsync everysec: %v (%v)", o, err)
	}
	s.Do("CONFIG SET appendfsync always")
	mustPut(t, j, entry("a", e, 2, 2, "x"), persistence.Appended)
}

func TestBadURLsAreRefusedWithoutShowingThem(t *testing.T) {
	for _, url := range []string{
		"", "localhost:6379", "http://u:secret@localhost", "redis://u:secret@a:1,b:2", "redis://u:secret@a:1,b:2/?cluster=perhaps",
		"redis://u:secret@a:1/?cluster=true&master_name=m", "redis://u:secret@a:1/2?cluster=true", "redis://u:secret@a:x",
		"redis://u:secret@a:1/?color=red", "redis://u:secret@a:1/x", "redis://a:1/?master_name=m&color=red", "redis://u:secret@a:1/%zz",
	} {
		if line := refuses(t, options(url)); strings.Contains(line, "secret") || !strings.Contains(line, "redis URL") {
			t.Errorf("%q is refused with %q", url, line)
		}
	}
}

func TestNonsenseOptionsAreRefused(t *testing.T) {
	for _, change := range []func(*redisjournal.Options){
		func(o *redisjournal.Options) { o.Shards = -1 },
		func(o *redisjournal.Options) { o.Shards = 1025 },
		func(o *redisjournal.Options) { o.Replicas = -1 },
		func(o *redisjournal.Options) { o.History = "" },
		func(o *redisjournal.Options) { o.History = "zz" },
	} {
		o := options("redis://127.0.0.1:1")
		change(&o)
		refuses(t, o)
	}
}

func TestUnreachableServerIsUnavailable(t *testing.T) {
	s := redistest.Start(t)
	s.Kill()
	_, err := redisjournal.Open(context.Background(), options(s.URL()))
	if !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("open without a server: %v", err)
	}
}

func TestMemoryShowsTheFullestServer(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	j := open(t, options(c.URL()))
	if m, err := j.Memory(t.Context()); err != nil || m.UsedBytes <= 0 || m.MaxBytes != 0 || m.Ratio() != 0 {
		t.Fatalf("without limits: %+v (%v)", m, err)
	}
	for i, limit := range []string{"900mb", "100mb", "800mb"} {
		c.Nodes[i].Do("CONFIG SET maxmemory " + limit)
	}
	m, err := j.Memory(t.Context())
	if err != nil || m.MaxBytes != 100<<20 || m.Ratio() <= 0 || m.Ratio() >= 1 {
		t.Fatalf("%+v (%v)", m, err)
	}
	if err := j.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Nodes[1].Kill()
	if err := j.Ping(t.Context()); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("ping with a node down: %v", err)
	}
}
