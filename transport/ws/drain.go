package ws

import (
	"context"
	"time"
)

// Drain tells every client, closes the sockets with 1012 over a short time, so
// that not all come back at once, and ends the gateway. It returns when nothing
// of it runs any more, or when ctx ends.
func (g *Gateway) Drain(ctx context.Context) error {
	if g.draining.Swap(true) {
		return nil
	}
	var sockets []*socket
	for _, o := range g.all() {
		o.mu.Lock()
		sockets = append(sockets, o.sockets...)
		o.mu.Unlock()
	}
	notice := draining()
	for _, s := range sockets {
		s.send(item{b: notice})
	}
	g.closeSlowly(ctx, sockets)
	g.await(ctx, closePatience)
	for _, o := range g.all() { // those that came meanwhile, and the stuck
		o.mu.Lock()
		sockets = append(sockets, o.sockets...)
		o.mu.Unlock()
	}
	for _, s := range sockets {
		s.kill()
	}
	g.await(ctx, time.Second)
	close(g.stop)
	ended := make(chan struct{})
	go func() { g.running.Wait(); close(ended) }()
	select {
	case <-ended:
		g.forgetEmpty()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const drainSteps = 30

func (g *Gateway) closeSlowly(ctx context.Context, sockets []*socket) {
	step := len(sockets)/drainSteps + 1
	pause := g.limits.DrainSpread / drainSteps
	for len(sockets) > 0 {
		n := min(step, len(sockets))
		for _, s := range sockets[:n] {
			s.shut(closeRestart, "restart")
		}
		if sockets = sockets[n:]; len(sockets) > 0 && ctx.Err() == nil {
			time.Sleep(pause)
		}
	}
}

// await gives clients time to do their half of the close.
func (g *Gateway) await(ctx context.Context, most time.Duration) {
	for end := time.Now().Add(most); g.open.Load() > 0 && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(5 * time.Millisecond)
	}
}
