package audit

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

// BenchmarkAudit audits one organisation of b.N orders with four events each, on
// a disk: -benchtime 1000000x for a million.
func BenchmarkAudit(b *testing.B) {
	db := openDB(b, nil, b.TempDir())
	records := writeOrders(b, db, b.N)
	runtime.GC()
	var top uint64
	done := make(chan bool)
	go func() {
		var m runtime.MemStats
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				runtime.ReadMemStats(&m)
				top = max(top, m.Sys-m.HeapReleased)
			}
		}
	}()
	used := processorTime(b)
	b.ResetTimer()
	r := run(b, db, db)
	b.StopTimer()
	used = processorTime(b) - used
	done <- true
	if !r.OK() || r.Records != int64(records) {
		b.Fatal(printed(r))
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(records)/used.Seconds(), "records/cpu-s")
	b.ReportMetric(float64(top)/(1<<20), "MB")
}

// processorTime is what the process used so far, which a busy machine does not change.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// writeOrders writes what an engine would, without one.
func writeOrders(b *testing.B, db *pebblestore.DB, orders int) int {
	lease, err := db.Acquire(context.Background(), "bistro", 0)
	if err != nil {
		b.Fatal(err)
	}
	settings, menu := outlet.Defaults(), outlet.NewMenu(0, nil)
	meta := order.Meta{Org: "bistro", By: manager, Settings: settings, Menu: menu, Pricer: &order.Pricer{}}
	writer := domain.EntryWriter{}
	seq := uint64(0)
	for n := 0; n < orders; {
		w := persistence.Window{Org: "bistro", Epoch: lease.Epoch}
		first := seq + 1
		for ; n < orders && writer.Size() < 1<<20; n++ {
			var o *order.Order
			meta.NewID, meta.Number = fmt.Sprintf("0195f0c2-0000-7000-8000-%012d", n), uint64(n)+1
			for _, c := range []order.Command{
				&order.Create{Items: []order.ItemRequest{{Name: "Pizza", Quantity: decimal("2"), Price: decimal("10")}, {Name: "Chai", Quantity: decimal("1"), Price: decimal("1.5")}, {Name: "Dosa", Quantity: decimal("1"), Price: decimal("120")}}},
				&order.SetStatus{Status: "preparing"}, &order.SetDiscount{DiscountType: text("percent"), DiscountValue: decimal("5")}, &order.SetStatus{Status: "completed"},
			} {
				seq++
				meta.At = 1_750_000_000_000 + int64(seq)
				d, refusal := order.Decide(o, c, &meta)
				if refusal != nil {
					b.Fatal(refusal)
				}
				o = d.Next
				r := domain.Record{Seq: seq, Kind: d.Event.Kind(), Entity: o.ID, Version: o.Version, At: meta.At, By: meta.By,
					Data: order.AppendEvent(nil, d.Event, &meta), Image: o.AppendJSON(nil)}
				writer.Add(&r)
				w.Events = append(w.Events, persistence.Event{Order: o.ID, Version: o.Version, Seq: seq, AtMS: meta.At})
				w.AtMS = meta.At
			}
			w.Orders = append(w.Orders, *persistence.DocumentOf(o, o.AppendJSON(nil)))
		}
		out := make([]persistence.Outcome, 1)
		if err := db.Append(context.Background(), []persistence.Entry{{Org: "bistro", Epoch: lease.Epoch, First: first, Last: seq, Data: writer.Take()}}, out); err != nil || out[0] != persistence.Appended {
			b.Fatal(err, out)
		}
		w.Through = persistence.Chain{Seq: seq, Hash: writer.Last}
		if err := db.Apply(context.Background(), []persistence.Window{w}); err != nil {
			b.Fatal(err)
		}
	}
	return int(seq)
}
