package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"heard/persistence/redistest"
)

// seen is a membership and the views it had.
type seen struct {
	*membership
	mu    sync.Mutex
	views []string
	lost  chan struct{}
}

// testLife gives each step of a busy machine more than half a second.
const testLife = 3 * time.Second

func joinAs(t *testing.T, s *redistest.Server, name, process string) *seen {
	t.Helper()
	v := &seen{lost: make(chan struct{})}
	client := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, MaxRetries: -1, ContextTimeoutEnabled: true, DisableIdentity: true})
	t.Cleanup(func() { client.Close() })
	v.membership = &membership{
		registry: newRegistry(client, "test", member{ID: process, Name: name, Host: "127.0.0.1", Port: 1}, testLife),
		log:      slog.New(slog.DiscardHandler),
		changed: func(view []member) {
			var names []string
			for _, m := range view {
				text := m.ID
				if m.Left {
					text += "(left)"
				}
				names = append(names, text)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			v.views = append(v.views, strings.Join(names, " "))
		},
		lost: func() { close(v.lost) },
	}
	if err := v.StartMember(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Shutdown(true) })
	return v
}

func (v *seen) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.views)
}

func (v *seen) wants(t *testing.T, view string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		views := v.all()
		if len(views) > 0 && views[len(views)-1] == view {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s sees %q, want %q", v.registry.self.ID, views, view)
		}
	}
}

func (v *seen) isLost(t *testing.T) {
	t.Helper()
	select {
	case <-v.lost:
	case <-time.After(time.Minute):
		t.Fatalf("%s still thinks it is a member", v.registry.self.ID)
	}
}

func (v *seen) isNotLost(t *testing.T) {
	t.Helper()
	select {
	case <-v.lost:
		t.Fatalf("%s gave up", v.registry.self.ID)
	default:
	}
}

// crash stops showing life, as a killed process does.
func (v *seen) crash() { _ = v.Shutdown(true) }

// TestMembersSeeEachOtherComeAndGo, in the order of their names whatever their ids.
func TestMembersSeeEachOtherComeAndGo(t *testing.T) {
	t.Parallel() // it waits, mostly
	s := redistest.Start(t)
	a := joinAs(t, s, "a", "r-3")
	b := joinAs(t, s, "b", "r-2")
	c := joinAs(t, s, "c", "r-1")
	for _, v := range []*seen{a, b, c} {
		v.wants(t, "r-3 r-2 r-1")
	}
	if err := c.goodbye(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wants(t, "r-3 r-2 r-1(left)")
	b.crash()
	a.wants(t, "r-3")
	a.isNotLost(t)
}

// TestRestartedNodeTakesItsNameOver at once, without waiting for the dead
// process to be missed, which ends if it is not dead.
func TestRestartedNodeTakesItsNameOver(t *testing.T) {
	t.Parallel() // it waits, mostly
	s := redistest.Start(t)
	old := joinAs(t, s, "a", "a-1")
	b := joinAs(t, s, "b", "b-1")
	fresh := joinAs(t, s, "a", "a-2")
	old.isLost(t)
	fresh.wants(t, "a-2 b-1")
	b.wants(t, "a-2 b-1")
}

// TestZombieIsTold: who was silent while others were not is no member any more.
func TestZombieIsTold(t *testing.T) {
	t.Parallel() // it waits, mostly
	s := redistest.Start(t)
	a, b := joinAs(t, s, "a", "a-1"), joinAs(t, s, "b", "b-1")
	a.wants(t, "a-1 b-1")
	b.standStill(func() { a.wants(t, "a-1") })
	b.isLost(t)
	a.isNotLost(t)
}

// standStill keeps the member from taking a step, as a stopped process does.
func (m *membership) standStill(while func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	while()
}

// TestRegistryThatWasAwayBlamesNobody: all nodes would end together.
func TestRegistryThatWasAwayBlamesNobody(t *testing.T) {
	t.Parallel() // it waits, mostly
	s := redistest.Start(t)
	a, b := joinAs(t, s, "a", "a-1"), joinAs(t, s, "b", "b-1")
	a.wants(t, "a-1 b-1")
	b.wants(t, "a-1 b-1")
	for what, away := range map[string]func(){
		"stands still": func() {
			s.Signal(syscall.SIGSTOP)
			time.Sleep(2 * testLife)
			s.Signal(syscall.SIGCONT)
		},
		"restarts": func() {
			s.Kill()
			time.Sleep(2 * testLife)
			s.Restart()
		},
	} {
		before := fmt.Sprint(a.all(), b.all())
		away()
		for _, v := range []*seen{a, b} { // several steps later
			heard := v.heard.Load()
			for end := time.Now().Add(time.Minute); v.heard.Load() < heard+2*testLife.Milliseconds() && time.Now().Before(end); {
				time.Sleep(20 * time.Millisecond)
			}
			v.isNotLost(t)
		}
		if after := fmt.Sprint(a.all(), b.all()); after != before {
			t.Errorf("%s: views were %s, are %s", what, before, after)
		}
	}
}

// TestEmptiedRegistryIsJoinedAgain, and nobody is missed meanwhile.
func TestEmptiedRegistryIsJoinedAgain(t *testing.T) {
	t.Parallel() // it waits, mostly
	s := redistest.Start(t)
	a, b := joinAs(t, s, "a", "a-1"), joinAs(t, s, "b", "b-1")
	a.wants(t, "a-1 b-1")
	b.wants(t, "a-1 b-1")
	before := fmt.Sprint(a.all(), b.all())
	s.Do("FLUSHALL")
	s.Until("both are back", func(c *redis.Client) bool {
		return c.HLen(context.Background(), "heard:c:{test}:members").Val() == 2
	})
	a.isNotLost(t)
	b.isNotLost(t)
	if after := fmt.Sprint(a.all(), b.all()); after != before {
		t.Errorf("views were %s, are %s", before, after)
	}
}

// BenchmarkStayAmongThousand is what one sign of life costs the registry of a
// thousand nodes.
func BenchmarkStayAmongThousand(b *testing.B) {
	s := redistest.Start(b)
	client := s.Client()
	var last *registry
	for i := range 1000 {
		name := fmt.Sprint("heard-", i)
		last = newRegistry(client, "test", member{ID: name, Name: name, Host: "10.0.0.1", Port: i}, time.Hour)
		if err := last.step(b.Context(), join); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := last.step(b.Context(), stay); err != nil {
			b.Fatal(err)
		}
	}
}
