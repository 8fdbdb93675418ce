package pebblestore_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

func bench(b *testing.B) *pebblestore.DB {
	b.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

// BenchmarkAppend lets each organisation have one entry of 1 KB in flight, as
// its actor does, through the committer.
func BenchmarkAppend(b *testing.B) {
	for _, orgs := range []int{1, 64, 1000} {
		b.Run(fmt.Sprint(orgs, "orgs"), func(b *testing.B) { appendLoop(b, orgs) })
	}
}

func appendLoop(b *testing.B, orgs int) {
	db := bench(b)
	c := persistence.NewCommitter(db, persistence.CommitterOptions{})
	type state struct{ epoch, last uint64 }
	states := make([]state, orgs)
	for i := range states {
		l, err := db.Acquire(context.Background(), fmt.Sprint("org", i), 0)
		if err != nil {
			b.Fatal(err)
		}
		states[i] = state{l.Epoch, l.Last}
	}
	data := []byte(strings.Repeat(`{"event":"x"},`, 73))
	free := make(chan int, orgs)
	for i := range orgs {
		free <- i
	}
	syncs, start := db.Stats().Fsyncs, time.Now()
	b.ResetTimer()
	b.ReportAllocs()
	for range b.N {
		i := <-free
		s := &states[i]
		s.last++
		e := persistence.Entry{Org: "org" + strconv.Itoa(i), Epoch: s.epoch, First: s.last, Last: s.last, Data: data}
		err := c.Submit(e, func(o persistence.Outcome, err error) {
			if o != persistence.Appended {
				b.Errorf("%v: %v", o, err)
			}
			free <- i
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := c.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	b.StopTimer()
	s := db.Stats()
	b.ReportMetric(float64(b.N)/float64(s.Fsyncs-syncs), "entries/fsync")
	b.ReportMetric(float64(b.N)/took.Seconds(), "entries/s")
	b.ReportMetric(s.FsyncP99MS, "fsync-p99-ms")
}

func document(n uint64, active bool) persistence.Document {
	status := [...]string{"completed", "cancelled"}[n%20/19]
	if active {
		status = [...]string{"pending", "preparing", "ready"}[n%3]
	}
	return persistence.Document{
		ID: fmt.Sprintf("01JD8Y3V7N8G5Q2W4E6R%06d", n), Number: n, Version: 3, Status: status, Active: active,
		TableID: fmt.Sprint("table-", n%40), WaiterID: fmt.Sprint("waiter-", n%12), Type: [...]string{"dine_in", "takeaway"}[n%2],
		CreatedMS: 1_700_000_000_000 + int64(n)*1000, UpdatedMS: 1_700_000_000_000 + int64(n)*1000 + 900_000,
		Text: fmt.Sprintf("%d table-%d ana perez pizza margherita tiramisu espresso %x", n, n%40, n*2654435761),
		Body: []byte(fmt.Sprintf(`{"number":%d,"pad":"%s"}`, n, strings.Repeat(strconv.FormatUint(n*2654435761, 36)+"-pizza ", 90)[:1170])),
	}
}

// fill stores orders 1..n of an organisation, the last `active` of them active.
func fill(tb testing.TB, db *pebblestore.DB, org string, n, active uint64) {
	tb.Helper()
	w := persistence.Window{Org: org, Epoch: 1}
	for i := uint64(1); i <= n; i++ {
		w.Orders = append(w.Orders, document(i, i > n-active))
		if len(w.Orders) == 2000 || i == n {
			w.Through.Seq = i
			if err := db.Apply(context.Background(), []persistence.Window{w}); err != nil {
				tb.Fatal(err)
			}
			w.Orders = w.Orders[:0]
		}
	}
}

func BenchmarkLoad100k(b *testing.B) {
	db := bench(b)
	fill(b, db, "a", 100_000, 100_000)
	b.ResetTimer()
	for range b.N {
		r, err := db.Load(context.Background(), "a")
		if err != nil || len(r.Orders) != 100_000 {
			b.Fatal(len(r.Orders), err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	db := bench(b)
	var windows []persistence.Window
	for org := range 50 {
		w := persistence.Window{Org: fmt.Sprint("org", org), Epoch: 1}
		for n := range uint64(10) {
			w.Orders = append(w.Orders, document(n+1, true))
			w.Events = append(w.Events, persistence.Event{Order: w.Orders[n].ID, Version: 1, Seq: n})
		}
		windows = append(windows, w)
	}
	b.ResetTimer()
	for i := range b.N {
		for j := range windows {
			windows[j].Through.Seq++
			for k := range windows[j].Orders {
				windows[j].Orders[k].Version = uint64(i + 4)
			}
		}
		if err := db.Apply(context.Background(), windows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkApplyNew writes new orders of 16 organisations, whose images stand in
// the log, so many of each at a time: what a create costs behind its answer.
func BenchmarkApplyNew(b *testing.B) {
	for _, each := range []int{3, 16, 125} {
		b.Run(fmt.Sprint(each), func(b *testing.B) { applyNew(b, 16, each) })
	}
}

func applyNew(b *testing.B, orgs, each int) {
	db := bench(b)
	next := uint64(0)
	window := func(org int) persistence.Window {
		w := persistence.Window{Org: fmt.Sprint("org", org), Epoch: 1, Through: persistence.Chain{Seq: next + uint64(each)}}
		entry := persistence.Entry{Org: w.Org, First: next + 1, Last: next + uint64(each)}
		for n := next + 1; n <= entry.Last; n++ {
			d := document(n, true)
			d.ID = fmt.Sprintf("019ad0c7-%04x-7%03x-8000-%012x", n>>12, n&0xfff, n*2654435761*uint64(org+1)&0xffffffffffff)
			d.Version, d.Entry, d.Offset = 1, entry.Last, len(entry.Data)
			entry.Data = append(entry.Data, d.Body...)
			w.Orders = append(w.Orders, d)
			w.Events = append(w.Events, persistence.Event{Order: d.ID, Version: 1, Seq: n})
		}
		w.Entries = []persistence.Entry{entry}
		return w
	}
	orders := 0
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		windows := make([]persistence.Window, orgs)
		for org := range windows {
			windows[org] = window(org)
		}
		next += uint64(each)
		b.StartTimer()
		if err := db.Apply(context.Background(), windows); err != nil {
			b.Fatal(err)
		}
		orders += orgs * each
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(orders), "ns/order")
}

// largeOrders is a year of a busy place; HEARD_BENCH_ORDERS sets another number.
func largeOrders() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("HEARD_BENCH_ORDERS"), 10, 64); err == nil {
		return n
	}
	return 100_000
}

// BenchmarkLarge opens and asks a database of many closed orders and 200 active ones.
func BenchmarkLarge(b *testing.B) {
	n := largeOrders()
	o := pebblestore.Options{Dir: b.TempDir()}
	db, err := pebblestore.Open(o)
	if err != nil {
		b.Fatal(err)
	}
	fill(b, db, "a", n, 200)
	b.Logf("%d orders: %d bytes on disk, %+v", n, db.Stats().DiskBytes, db.Stats())
	b.Run("CloseAndOpen", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if db, err = pebblestore.Open(o); err != nil {
				b.Fatal(err)
			}
		}
	})
	last := int64(1_700_000_000_000) + int64(n)*1000
	for _, l := range []struct {
		name   string
		active bool
		filter domain.Filter
	}{
		{name: "Newest"},
		{name: "Active", active: true},
		{name: "Pending", filter: domain.Filter{Status: []string{"pending"}}},
		{name: "TableAndWaiter", filter: domain.Filter{TableID: "table-7", WaiterID: "waiter-3"}},
		{name: "ADayLongAgo", filter: domain.Filter{CreatedFromMS: last - int64(n)*900, CreatedToMS: last - int64(n)*900 + 30_000}},
		{name: "NeverTogether", filter: domain.Filter{TableID: "table-7", WaiterID: "waiter-4"}},
		{name: "UpdatedLately", filter: domain.Filter{UpdatedMS: last + 890_000}},
		{name: "TextNowhere", filter: domain.Filter{Text: "quattro"}},
	} {
		b.Run(l.name, func(b *testing.B) {
			l.filter.LimitRows = 50
			for range b.N {
				if _, err := db.Orders(context.Background(), persistence.Selection{Org: "a", Active: l.active, Filter: l.filter}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("Order", func(b *testing.B) {
		for i := range b.N {
			if _, err := db.Order(context.Background(), "a", document(1+uint64(i*7919)%n, false).ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
