package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"heard/actors"
	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
	"heard/persistence"
	"heard/persistence/audit"
	"heard/persistence/mongotest"
	"heard/persistence/redistest"
)

// stopping is a journal and store whose process ends at a named point: from
// there on nothing of it goes on.
type stopping struct {
	persistence.Journal
	persistence.Store
	point string
	armed atomic.Bool
	once  sync.Once
	hit   chan struct{}
}

// at ends the process when this is the point. Nothing waits for it any more.
func (s *stopping) at(point string) {
	if s.armed.Load() && s.point == point {
		s.once.Do(func() { close(s.hit) })
		select {}
	}
}

func (s *stopping) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	s.at("before append")
	err := s.Journal.Append(ctx, entries, out)
	s.at("after append, before the reply")
	return err
}

func (s *stopping) Apply(ctx context.Context, windows []persistence.Window) error {
	s.at("before the documents")
	return s.Store.Apply(ctx, windows)
}

func (s *stopping) Trim(ctx context.Context, org string, upTo uint64) error {
	s.at("between documents and trim")
	err := s.Journal.Trim(ctx, org, upTo)
	s.at("after trim")
	return err
}

// TestDeathAtNamedPoints: whatever was acknowledged is there once, and a repeat
// of what was not gives one order.
func TestDeathAtNamedPoints(t *testing.T) {
	redis, mongo := redistest.Start(t), mongotest.Start(t)
	flags := serverFlags{RedisURL: redis.URL(), MongoURI: mongo.URIOf(mongo.Database()), MongoBulk: mongo.BulkOps()}
	open := func() *backend {
		b, err := flags.openRedisMongo(t.Context(), slog.New(slog.DiscardHandler), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	for i, point := range []string{"before append", "after append, before the reply", "before the documents", "between documents and trim", "after trim"} {
		t.Run(point, func(t *testing.T) {
			org := fmt.Sprint("bistro-", i)
			b := open()
			s := &stopping{Journal: b.journal, Store: b.store, point: point, hit: make(chan struct{})}
			b.journal, b.store = s, s
			first := actors.Start(b.options(nil)) // never stopped: it died
			ids := map[string]string{}
			for n := range 3 {
				key := fmt.Sprint("k", n)
				ids[key] = place(t, first, org, key)
			}
			s.armed.Store(true)
			go func() {
				_, _ = first.Execute(context.Background(), dosa(org, "last")) // may never be answered
			}()
			<-s.hit
			b = open()
			second := actors.Start(b.options(nil))
			for key, id := range ids {
				if again := place(t, second, org, key); again != id {
					t.Errorf("%s is order %s, it was %s", key, again, id)
				}
			}
			if last := place(t, second, org, "last"); last != place(t, second, org, "last") {
				t.Error("the repeat made another order")
			}
			answer, err := second.Read(t.Context(), &domain.Query{Org: org, By: chef, Kind: domain.ReadOrders})
			if n := strings.Count(string(answer.Body), `"organization_id"`); err != nil || n != len(ids)+1 {
				t.Errorf("%d orders, %v", n, err)
			}
			if err := second.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			report, err := audit.Run(t.Context(), audit.Options{Journal: b.journal, Store: b.store})
			if err != nil || !report.OK() {
				t.Errorf("%v %+v", err, report)
			}
		})
	}
}

var chef = domain.Identity{User: "m1", Name: "Meera", Role: domain.Manager, IssuedAt: 1}

func dosa(org, key string) *domain.Request {
	price, one := money.FromMinor(6000, 2), money.FromMinor(1, 0)
	return &domain.Request{Org: org, By: chef, Key: key, Command: &order.Create{Items: []order.ItemRequest{{Name: "Dosa", Quantity: &one, Price: &price}}}}
}

// place makes an order, or finds the one its key made.
func place(t *testing.T, e *actors.Engine, org, key string) (id string) {
	t.Helper()
	reply, err := e.Execute(t.Context(), dosa(org, key))
	if err != nil {
		t.Fatal(err)
	}
	return parse[row](t, reply.Body).ID
}
