package actors

import (
	"context"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence/pebblestore"
)

// syncs is a journal's Durable that a test lets go.
type syncs struct {
	mu      sync.Mutex
	waiting []func()
}

func (h *syncs) durable(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = append(h.waiting, fn)
}

func (h *syncs) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, fn := range h.waiting {
		fn()
	}
	h.waiting = nil
}

func openEarly(t *testing.T) (*kitchen, *syncs) {
	h := &syncs{}
	k := open(t, vfs.NewMem(), func(o *Options) { o.Durable = h.durable })
	t.Cleanup(h.release) // runs before the kitchen closes
	return k, h
}

// An early answer goes to its caller alone: nobody else sees what may be lost.
func TestEarlyAnswerIsSeenByNobodyElse(t *testing.T) {
	k, h := openEarly(t)
	var mu sync.Mutex
	var told []string
	stop := k.Watch("bistro", func(records []domain.Record) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range records {
			told = append(told, r.Kind)
		}
	}, func() {})
	defer stop()
	reply, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}})
	id := k.body(reply, err)["id"].(string)
	if !reply.Early {
		t.Error("the answer does not say that it is early")
	}
	if _, err := k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "ready"}}); err != nil {
		t.Fatalf("a command on what was answered: %v", err)
	}
	read := &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadOrder, ID: id}
	if _, err := k.Read(context.Background(), read); domain.AsError(err).Code != domain.OrderNotFound {
		t.Errorf("read before it is durable: %v", err)
	}
	if err := k.flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if mark, err := k.db.Watermark(context.Background(), "bistro"); err != nil || mark.Seq != 0 {
		t.Errorf("drained to %d: %v", mark.Seq, err)
	}
	mu.Lock()
	if len(told) != 0 {
		t.Errorf("screens were told of %v", told)
	}
	mu.Unlock()
	h.release()
	eventually(t, "screens were told", func() bool { mu.Lock(); defer mu.Unlock(); return len(told) == 2 })
	if got := k.get(id); got["status"] != "ready" {
		t.Errorf("read %v", got)
	}
}

// A repeat waits until the first answer's effect is durable: it is read from the log.
func TestTwinOfAnEarlyAnswerHasOneEffect(t *testing.T) {
	k, h := openEarly(t)
	first := k.place("k1")
	twin := make(chan map[string]any)
	go func() {
		reply, err := k.do(domain.Request{Key: "k1", Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}})
		if err != nil || !reply.Replayed {
			t.Errorf("twin: replayed %v, %v", reply.Replayed, err)
		}
		twin <- k.body(reply, nil)
	}()
	o, _ := k.organisation("bistro")
	eventually(t, "the twin waits", func() bool { return o.waiting.Load() == 1 })
	h.release()
	if again := <-twin; again["id"] != first["id"] {
		t.Errorf("twin is order %v, the first %v", again["id"], first["id"])
	}
}

// Stopping waits for the syncs, so that the Store follows to the end of the log.
func TestEarlyAnswersAreInTheStoreAfterAStop(t *testing.T) {
	fs := vfs.NewMem()
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: fs, Late: true})
	if err != nil {
		t.Fatal(err)
	}
	k := &kitchen{t: t, fs: fs, db: db, Engine: Start(Options{Journal: db, Store: db, Durable: db.WhenDurable})}
	id := k.place("")["id"].(string)
	if err := k.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Order(context.Background(), "bistro", id); err != nil || d.Version != 1 {
		t.Errorf("stored version %d: %v", d.Version, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
