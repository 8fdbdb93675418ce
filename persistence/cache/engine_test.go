package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"heard/actors"
	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
)

var manager = domain.Identity{User: "m1", Name: "Meera", Role: domain.Manager, IssuedAt: 1}

// place is an engine over a cached store, with what clients were told.
type place struct {
	t      *testing.T
	engine *actors.Engine
	ids    []string          // by number
	told   map[string]string // id → status
}

func (p *place) do(id string, c domain.Command) {
	p.t.Helper()
	reply, err := p.engine.Execute(context.Background(), &domain.Request{Org: "bistro", By: manager, Order: id, Command: c})
	if err != nil {
		p.t.Fatal(err)
	}
	if id != "" {
		return
	}
	var made struct{ ID, Status string }
	if err := json.Unmarshal(reply.Body, &made); err != nil {
		p.t.Fatal(err)
	}
	p.ids = append(p.ids, made.ID)
	p.told[made.ID] = made.Status
}

func (p *place) status(id, status string) {
	p.do(id, &order.SetStatus{Status: status})
	p.told[id] = status
}

// check compares every order and several lists with what clients were told.
func (p *place) check() {
	p.t.Helper()
	read := func(q domain.Query, into any) {
		q.Org, q.By = "bistro", manager
		a, err := p.engine.Read(context.Background(), &q)
		if err == nil {
			err = json.Unmarshal(a.Body, into)
		}
		if err != nil {
			p.t.Fatalf("%+v: %v", q, err)
		}
	}
	for id, status := range p.told {
		var o struct{ ID, Status string }
		read(domain.Query{Kind: domain.ReadOrder, ID: id}, &o)
		want(p.t, "status of "+id, o.Status, status)
		var events []struct{ Seq uint64 }
		read(domain.Query{Kind: domain.ReadTimeline, ID: id}, &events)
		if len(events) == 0 {
			p.t.Fatalf("no timeline of %s", id)
		}
	}
	for _, statuses := range [][]string{{"all"}, {"completed"}, {"preparing"}, {"pending", "completed"}} {
		var right []string
		for _, id := range slices.Backward(p.ids) {
			if len(right) < 20 && (statuses[0] == "all" || slices.Contains(statuses, p.told[id])) {
				right = append(right, id)
			}
		}
		var rows []struct{ ID string }
		read(domain.Query{Kind: domain.ReadOrders, Filter: domain.Filter{Status: statuses, LimitRows: 20}}, &rows)
		var got []string
		for _, row := range rows {
			got = append(got, row.ID)
		}
		want(p.t, fmt.Sprint("list of ", statuses), fmt.Sprint(got), fmt.Sprint(right))
	}
}

// TestEngineOverACachedStore: the real owner, with orders that leave its memory,
// are read from the cache, reopened and closed again, over a restart.
func TestEngineOverACachedStore(t *testing.T) {
	t.Parallel()
	db := database(t)
	client := connect(t, redisServer(t))
	began := time.Now()
	var ahead atomic.Int64
	p := &place{t: t, told: map[string]string{}}
	r := rand.New(rand.NewPCG(3, 3))
	for range 2 {
		s := start(t, Options{L2: client}).Over(db)
		p.engine = actors.Start(actors.Options{
			Journal: db, Store: s, Log: quiet(), FlushIntervalMS: 5,
			Now:     func() time.Time { return began.Add(time.Since(began) + time.Duration(ahead.Load())) },
			Elapsed: func() time.Duration { return time.Since(began) + time.Duration(ahead.Load()) },
		})
		price, err := money.ParseDecimal("10")
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			p.do("", &order.Create{Items: []order.ItemRequest{{MenuItemID: "i", Name: "Pizza", Quantity: &price, Price: &price}}})
		}
		for n, id := range p.ids {
			if p.told[id] == "completed" {
				p.do(id, &order.Reopen{})
				p.told[id] = "preparing"
			}
			if n%5 != 0 {
				p.status(id, "completed")
			}
		}
		p.check()
		ahead.Add(int64(time.Minute))
		eventually(t, "closed orders leave memory", func() bool {
			stats := p.engine.Stats()
			return stats.LiveOrders == stats.OpenOrders
		})
		p.check()
		for _, id := range p.ids { // some come back
			if p.told[id] == "completed" && r.IntN(2) == 0 {
				p.do(id, &order.Reopen{})
				p.told[id] = "preparing"
				p.check()
			}
		}
		if hits := s.cache.Stats().L1.Hits; hits == 0 {
			t.Fatal("nothing was read from the cache")
		}
		if err := p.engine.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		ahead.Add(int64(time.Minute))
	}
}
