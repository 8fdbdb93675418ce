package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// memory is a journal and a store that take everything and keep where each
// organisation's log ends: what is left is the engine.
type memory struct {
	mu   sync.Mutex
	last map[string]uint64
}

func (m *memory) Acquire(_ context.Context, org string, floor uint64) (persistence.Lease, error) {
	return persistence.Lease{Epoch: floor + 1}, nil
}

func (m *memory) Lease(context.Context, string) (persistence.Lease, error) {
	return persistence.Lease{Epoch: 1}, nil
}

func (m *memory) Append(_ context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range entries {
		if out[i] = persistence.Gap; entries[i].First == m.last[entries[i].Org]+1 {
			m.last[entries[i].Org], out[i] = entries[i].Last, persistence.Appended
		}
	}
	return nil
}

func (*memory) Tail(context.Context, string, uint64, func(persistence.Entry) error) error { return nil }
func (*memory) Undrained(context.Context, string, int) ([]string, error)                  { return nil, nil }
func (*memory) Trim(context.Context, string, uint64) error                                { return nil }
func (*memory) History(context.Context) (string, error)                                   { return "memory", nil }
func (*memory) Apply(context.Context, []persistence.Window) error                         { return nil }

func (*memory) Load(context.Context, string) (r persistence.Recovered, err error) { return r, nil }
func (*memory) Order(context.Context, string, string) (d persistence.Document, err error) {
	return d, persistence.ErrNotFound
}
func (*memory) Orders(context.Context, persistence.Selection) ([]persistence.Document, error) {
	return nil, nil
}
func (*memory) Timeline(context.Context, string, string) ([]persistence.Event, error) {
	return nil, nil
}
func (*memory) Archive(context.Context, string, uint64, func(persistence.Entry) error) error {
	return nil
}
func (*memory) Organisations(context.Context, string, int) ([]string, error) { return nil, nil }
func (*memory) Watermark(context.Context, string) (c persistence.Chain, err error) {
	return c, nil
}

// BenchmarkCommands is what the engine alone costs: no HTTP, a journal in
// memory. Processor time is the process's, so that rates are a core's.
func BenchmarkCommands(b *testing.B) {
	b.Run("create", func(b *testing.B) {
		measureCommands(b, func(e *Engine, org string) func() domain.Request {
			return func() domain.Request { return domain.Request{Command: benchOrder()} }
		})
	})
	b.Run("status", func(b *testing.B) {
		measureCommands(b, func(e *Engine, org string) func() domain.Request {
			reply, err := e.Execute(context.Background(), &domain.Request{Org: org, By: waiter, Command: benchOrder()})
			if err != nil {
				b.Error(err)
			}
			var placed struct{ ID string }
			if err := json.Unmarshal(reply.Body, &placed); err != nil {
				b.Error(err)
			}
			n := 0
			return func() domain.Request {
				n++
				return domain.Request{Order: placed.ID, Command: &order.SetStatus{Status: [...]string{"pending", "preparing"}[n%2]}}
			}
		})
	})
}

// measureCommands runs callers of 20 organisations, each with a stream of its own.
func measureCommands(b *testing.B, stream func(e *Engine, org string) func() domain.Request) {
	m := &memory{last: map[string]uint64{}}
	e := Start(Options{Journal: m, Store: m})
	defer e.Stop(context.Background())
	var caller atomic.Int64
	before, started := processorTime(), time.Now()
	b.ReportAllocs()
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(p *testing.PB) {
		org := fmt.Sprint("bench-", caller.Add(1)%20)
		next := stream(e, org)
		for p.Next() {
			r := next()
			r.Org, r.By = org, waiter
			if _, err := e.Execute(context.Background(), &r); err != nil {
				b.Error(err)
				return
			}
		}
	})
	used := processorTime() - before
	b.ReportMetric(float64(b.N)/used.Seconds(), "commands/s/core")
	b.ReportMetric(float64(b.N)/time.Since(started).Seconds(), "commands/s")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
