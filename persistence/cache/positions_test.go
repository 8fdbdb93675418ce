package cache

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"heard/persistence"
)

// slowMark is a store whose watermark takes a while.
type slowMark struct {
	persistence.Store
	meanwhile func()
}

func (s *slowMark) Watermark(ctx context.Context, org string) (persistence.Chain, error) {
	mark, err := s.Store.Watermark(ctx, org)
	if s.meanwhile != nil {
		meanwhile := s.meanwhile
		s.meanwhile = nil
		meanwhile()
	}
	return mark, err
}

func TestPositionsAreBounded(t *testing.T) {
	var p positions
	for i := range maxPositions + 100 {
		p.moved(fmt.Sprint(i), position{through: 1})
	}
	want(t, "organisations remembered", len(p.known), maxPositions)
	want(t, "forgotten", p.dropped, 100)
}

// TestWatermarkThatIsLateSetsNothingBack: while it is read an Apply goes further,
// and what that left is forgotten again.
func TestWatermarkThatIsLateSetsNothingBack(t *testing.T) {
	for name, forget := range map[string]bool{"remembered": false, "forgotten": true} {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			apply(t, db, window("a", 1, document(1, 1, false)))
			inner := &slowMark{Store: db}
			s := start(t, Options{}).Over(inner)
			inner.meanwhile = func() {
				apply(t, s, window("a", 2, document(1, 2, false)))
				if forget {
					p := &s.cache.positions
					p.mu.Lock()
					defer p.mu.Unlock()
					delete(p.known, "a")
					p.dropped++
				}
			}
			at, ok := s.cache.positions.of(t.Context(), inner, "a")
			if !ok || at != (position{2, 2}) {
				t.Fatalf("position %v, %v", at, ok)
			}
		})
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	server := redisServer(t)
	client := connect(t, server)
	for _, hung := range []bool{false, true} {
		running := goleak.IgnoreCurrent()
		c := start(t, Options{L2: client})
		if hung {
			server.Do("CLIENT PAUSE 600000 ALL")
			c.shared.outage.trip(context.DeadlineExceeded, quiet())
		}
		c.Close()
		goleak.VerifyNone(t, running, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).addIdleConn"))
	}
}
