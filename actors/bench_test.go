package actors

import (
	"context"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence/pebblestore"
)

func benchEngine(b *testing.B, fs vfs.FS, dir string, change ...func(*Options)) *Engine {
	b.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: dir, FS: fs})
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Journal: db, Store: db}
	for _, f := range change {
		f(&o)
	}
	e := Start(o)
	b.Cleanup(func() {
		if err := e.Stop(context.Background()); err != nil {
			b.Error(err)
		}
		_ = db.Close()
	})
	return e
}

func benchOrder() *order.Create {
	return &order.Create{Items: []order.ItemRequest{pizza("2"), pizza("3"), pizza("1")}}
}

// BenchmarkCreate is a create without HTTP: on memory, and on this disk with an
// fsync behind every answer.
func BenchmarkCreate(b *testing.B) {
	for name, fs := range map[string]vfs.FS{"memory": vfs.NewMem(), "disk": vfs.Default} {
		b.Run(name, func(b *testing.B) {
			e := benchEngine(b, fs, b.TempDir())
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := e.Execute(context.Background(), &domain.Request{Org: "bench", By: waiter, Command: benchOrder()}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkLiveOrder holds many open orders and divides what they cost.
func BenchmarkLiveOrder(b *testing.B) {
	const orders = 100_000
	e := benchEngine(b, vfs.Default, b.TempDir())
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := heap()
	for b.Loop() {
		done := make(chan struct{}, 64)
		for range cap(done) {
			go func() {
				for range orders / cap(done) {
					if _, err := e.Execute(context.Background(), &domain.Request{Org: "bench", By: waiter, Command: benchOrder()}); err != nil {
						b.Error(err)
					}
				}
				done <- struct{}{}
			}()
		}
		for range cap(done) {
			<-done
		}
	}
	if err := e.flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(heap()-before)/float64(orders), "bytes/order")
}

// BenchmarkRecover reads one organisation with 1,000 open orders back, as its
// activation does: from the documents, and from the log when nothing is drained.
func BenchmarkRecover(b *testing.B) {
	const orders = 1000
	for _, name := range []string{"drained", "undrained"} {
		b.Run(name, func(b *testing.B) {
			e := benchEngine(b, vfs.NewMem(), "bench", func(o *Options) {
				if name == "undrained" {
					o.FlushIntervalMS, o.FlushOperations = 3_600_000, 1_000_000
				}
			})
			for range orders {
				if _, err := e.Execute(context.Background(), &domain.Request{Org: "bench", By: waiter, Command: benchOrder()}); err != nil {
					b.Fatal(err)
				}
			}
			if name == "drained" {
				if err := e.flush(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				r := &recovered{}
				if err := r.read(context.Background(), e, "bench"); err != nil || len(r.orders) != orders {
					b.Fatal(err, len(r.orders))
				}
			}
		})
	}
}
