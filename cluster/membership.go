package cluster

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	proto "github.com/asynkron/protoactor-go/cluster"
)

// membership is protoactor's cluster provider over the registry. Three rules
// make it safe: a living registry without this member means that the member is a
// zombie and must end; an unreachable one means nothing, the last view stays; one
// that lost its data is joined again, and nobody is missed for a while.
type membership struct {
	registry *registry
	log      *slog.Logger
	check    func(address string) error // of this member; what others would reach
	changed  func([]member)             // the view, in the membership's goroutine
	lost     func()                     // this process is no member any more

	mu     sync.Mutex // steps
	view   []member
	grace  time.Time    // until then members are only added
	heard  atomic.Int64 // ms since 1970 of the last answer
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// tick is how often a member shows that it lives.
func (m *membership) tick() time.Duration { return m.registry.life / 5 }

// StartMember implements the provider: it joins, and goes on in the background.
func (m *membership) StartMember(c *proto.Cluster) error {
	self := &m.registry.self
	if c != nil { // it listens by now
		var err error
		if self.Host, self.Port, err = c.ActorSystem.GetHostPort(); err != nil {
			return err
		}
		if err := m.check(self.address()); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	if err := m.step(ctx, join); err != nil {
		cancel()
		return err
	}
	m.ended.Add(1)
	go m.run(ctx)
	return nil
}

// StartClient implements the provider: a node is a member or nothing.
func (m *membership) StartClient(*proto.Cluster) error {
	return errors.New("a node must be a member")
}

// Shutdown implements the provider.
func (m *membership) Shutdown(bool) error {
	m.cancel()
	m.ended.Wait()
	return nil
}

// goodbye tells the others that this member has nothing any more.
func (m *membership) goodbye(ctx context.Context) error {
	m.cancel()
	m.ended.Wait()
	return m.step(ctx, leave)
}

func (m *membership) run(ctx context.Context) {
	defer m.ended.Done()
	news := m.registry.client.Subscribe(ctx, m.registry.channel())
	defer news.Close()
	tick := time.NewTicker(m.tick())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-news.Channel():
		}
		switch err := m.step(ctx, stay); {
		case errors.Is(err, errStranger):
			m.log.Error("this node is no member any more: it was silent too long, or another took its name")
			m.lost()
			return
		case err != nil && ctx.Err() == nil:
			m.log.Warn("registry of members cannot be reached; the last view stays", "error", err)
		}
	}
}

func (m *membership) step(ctx context.Context, what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, max(m.tick(), 200*time.Millisecond))
	defer cancel()
	err := m.registry.step(ctx, what)
	if errors.Is(err, errEmptied) {
		m.grace = time.Now().Add(2 * m.registry.life)
		err = m.registry.step(ctx, join)
	}
	if err != nil {
		return err
	}
	m.heard.Store(time.Now().UnixMilli())
	m.show(m.registry.members)
	return nil
}

// show hands a view on when it is another than before.
func (m *membership) show(members []member) {
	view := slices.Clone(members)
	if time.Now().Before(m.grace) {
		for _, known := range m.view {
			if !slices.ContainsFunc(view, func(other member) bool { return other.Name == known.Name }) {
				view = append(view, known)
			}
		}
	}
	slices.SortFunc(view, func(a, b member) int { // by name, as people look for a node
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	if slices.Equal(view, m.view) {
		return
	}
	m.view = view
	m.changed(view)
}

// silentFor is how long the registry has not answered.
func (m *membership) silentFor() time.Duration {
	return time.Since(time.UnixMilli(m.heard.Load()))
}
