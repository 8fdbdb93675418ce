package ws_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"heard/domain"
	"heard/transport"
	"heard/transport/ws"
)

// forgetful is a log whose feed leaves batches out, or comes with nothing, as
// that of an activation which came back from the log.
type forgetful struct {
	transport.Live
	batches atomic.Int64
}

func (f *forgetful) Follow(ctx context.Context, q *domain.Query, see func([]domain.Record), moved func()) (uint64, func(), error) {
	return f.Live.Follow(ctx, q, func(records []domain.Record) {
		switch f.batches.Add(1) % 5 {
		case 0: // lost
		case 1:
			see(nil)
		default:
			see(records)
		}
	}, moved)
}

func TestWhatTheFeedLeavesOutComesFromTheLog(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Live = &forgetful{Live: o.Live} })
	token := k.token("bistro", "w", domain.Waiter)
	s, table := k.connect("bistro", "m", domain.Manager, ""), k.connect("bistro", "m", domain.Manager, "")
	s.open()
	table.open()
	table.subscribe("table:t-1")
	for i := range 60 {
		k.place(token, fmt.Sprintf("t-%d", i%2))
	}
	s.through(55) // the last may be lost until the next comes
	for table.last < 50 {
		if f := table.event(); f.order(t).Table != "t-1" {
			t.Errorf("%s", f.text)
		}
	}
}

// TestShardThatCannotKeepUp has audiences whose frames do not fit what may wait:
// nothing is lost, since the sockets read it from the log.
func TestShardThatCannotKeepUp(t *testing.T) {
	k := open(t, func(o *ws.Options) { o.Limits.PendingBytes = 1 })
	token := k.token("bistro", "w", domain.Waiter)
	var all []*screen
	for i := range 150 {
		s := k.connect("bistro", fmt.Sprintf("u%d", i), domain.Staff, "")
		s.open()
		all = append(all, s)
	}
	k.fill(token, 100)
	for _, s := range all {
		s.through(200)
		s.silent()
	}
	if k.gateway.Stats().Overflows == 0 {
		t.Log("no overflow came about")
	}
}

// moving is a log that another node can take over.
type moving struct {
	transport.Live
	moved atomic.Value // func()
}

func (m *moving) Follow(ctx context.Context, q *domain.Query, see func([]domain.Record), moved func()) (uint64, func(), error) {
	m.moved.Store(moved)
	return m.Live.Follow(ctx, q, see, moved)
}

// TestMovedOrganisationSendsItsSocketsAway: they would see nothing more here. Who
// comes back follows the log anew, from where it was.
func TestMovedOrganisationSendsItsSocketsAway(t *testing.T) {
	m := &moving{}
	k := open(t, func(o *ws.Options) { m.Live, o.Live = o.Live, m })
	token := k.token("bistro", "w", domain.Waiter)
	s := k.connect("bistro", "m", domain.Manager, "")
	s.open()
	k.place(token, "t-1")
	s.through(1)
	m.moved.Load().(func())()
	s.closed(1012)
	k.place(token, "t-1")
	back := k.connect("bistro", "m", domain.Manager, s.position())
	back.want("connection_established")
	back.last, back.epoch = s.last, s.epoch
	back.through(2)
	k.place(token, "t-1")
	back.through(3)
}
