package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

// BenchmarkBacklog lets commands arrive at a steady rate while the store is away
// for 20 s, told by the guard as MongoDB would be, and goes on when it is back:
// how fast the backlog is written against how fast commands arrive. The store
// keeps documents in memory, at once or as one that needs 10 ms for each command
// of 500 statements, three commands for each; a model, no MongoDB.
func BenchmarkBacklog(b *testing.B) {
	for _, perSecond := range []int{50, 200} {
		for _, slow := range []time.Duration{0, 10 * time.Millisecond} {
			for _, orgs := range []int{1, 20} {
				b.Run(fmt.Sprintf("rate=%d/command=%v/organisations=%d", perSecond, slow, orgs), func(b *testing.B) {
					for b.Loop() {
						measureBacklog(b, perSecond, orgs, 20*time.Second, slow)
					}
				})
			}
		}
	}
}

// distant is a store some milliseconds away, when it is there.
type distant struct {
	persistence.Store
	command time.Duration
	gone    atomic.Bool
}

func (d *distant) Apply(ctx context.Context, windows []persistence.Window) error {
	if d.gone.Load() {
		return cut("store")
	}
	entries, orders := 0, 0
	for i := range windows {
		entries, orders = entries+len(windows[i].Entries), orders+len(windows[i].Orders)
	}
	time.Sleep(d.command * time.Duration((entries+499)/500+(orders+499)/500+1))
	return d.Store.Apply(ctx, windows)
}

func (d *distant) probe(context.Context) error {
	if d.gone.Load() {
		return cut("store")
	}
	return nil
}

func measureBacklog(b *testing.B, perSecond, orgs int, away, command time.Duration) {
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: vfs.NewMem()})
	if err != nil {
		b.Fatal(err)
	}
	d := &distant{Store: db, command: command}
	o := Options{}
	o.fill()
	g := persistence.NewGuard(d, d.probe, o.Log)
	defer g.Close()
	e := Start(Options{Journal: db, Store: g})
	defer func() {
		d.gone.Store(false)
		if err := e.Stop(context.Background()); err != nil {
			b.Error(err)
		}
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}()
	for i := range orgs {
		life(b, e, i)
	}
	for e.Stats().Undrained > 0 {
		time.Sleep(time.Millisecond)
	}
	d.gone.Store(true)
	stop, arrived := make(chan struct{}), make(chan int)
	start := time.Now()
	go func() { arrived <- arrive(b, e, perSecond, orgs, stop) }()
	time.Sleep(away)
	backlog, back := e.Stats().Undrained, time.Now()
	d.gone.Store(false)
	until := func(most int64) time.Duration { // it is polled, and commands arrive
		for e.Stats().Undrained > most {
			time.Sleep(time.Millisecond)
		}
		return time.Since(back)
	}
	took := until(int64(perSecond)) // what is less than a second old is no backlog
	close(stop)
	rate := float64(<-arrived) / time.Since(start).Seconds()
	written := float64(backlog) + rate*took.Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate, "arrive/s")
	b.ReportMetric(float64(backlog), "backlog")
	b.ReportMetric(took.Seconds(), "drained-s")
	b.ReportMetric(written/took.Seconds()/rate, "times-arrival")
}

// arrive sends commands, four to an order, until stop, and counts them.
func arrive(b *testing.B, e *Engine, perSecond, orgs int, stop chan struct{}) (sent int) {
	tick := time.NewTicker(4 * time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return sent
		case <-tick.C:
			sent += life(b, e, i%orgs)
		}
	}
}

// life is an order and three changes of its status.
func life(b *testing.B, e *Engine, org int) (commands int) {
	r := domain.Request{Org: fmt.Sprint("org", org), By: manager, Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}}
	reply, err := e.Execute(context.Background(), &r)
	if err != nil {
		b.Error(err)
		return 1
	}
	var image struct{ ID string }
	if err := json.Unmarshal(reply.Body, &image); err != nil {
		b.Error(err)
	}
	r.Order = image.ID
	for _, status := range []string{"preparing", "ready", "completed"} {
		r.Command = &order.SetStatus{Status: status}
		if _, err := e.Execute(context.Background(), &r); err != nil {
			b.Error(err)
		}
	}
	return 4
}
