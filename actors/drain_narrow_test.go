package actors

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// narrow is a store that never gets done with a write of many operations.
type narrow struct {
	persistence.Store
	most            atomic.Int64 // 0 = it is away
	refused, writes atomic.Int64
}

func (n *narrow) Apply(ctx context.Context, windows []persistence.Window) error {
	events := 0
	for i := range windows {
		events += len(windows[i].Events)
	}
	if int64(events) > n.most.Load() {
		n.refused.Add(1)
		return cut("store")
	}
	n.writes.Add(1)
	return n.Store.Apply(ctx, windows)
}

// TestBacklogOfOneOrganisationIsWrittenInPieces: a busy organisation's, after
// minutes without a store that is then slow.
func TestBacklogOfOneOrganisationIsWrittenInPieces(t *testing.T) {
	n := &narrow{}
	k := open(t, vfs.NewMem(), func(o *Options) { n.Store, o.Store = o.Store, n })
	t.Cleanup(func() { n.most.Store(maxFlushOperations) }) // the engine waits for it when it stops
	const orders, most = 1200, 400
	ids := make([]string, orders)
	for i := range ids {
		ids[i] = k.place("")["id"].(string)
	}
	for _, id := range ids {
		k.body(k.do(domain.Request{Order: id, By: manager, Command: &order.SetStatus{Status: "ready"}}))
	}
	n.most.Store(most)
	eventually(t, "the backlog is written", func() bool { return k.Stats().Undrained == 0 && k.Stats().Drain.Pending == 0 })
	if w := n.writes.Load(); w < 2*orders/most {
		t.Errorf("written in %d", w)
	}
	last := ids[orders-1]
	for _, id := range append(ids[:3:3], last) {
		doc, err := k.db.Order(context.Background(), "bistro", id)
		if err != nil || doc.Version != 2 || doc.Status != "ready" {
			t.Errorf("%s: %v, version %d, %s", id, err, doc.Version, doc.Status)
		}
	}
	mark, err := k.db.Watermark(context.Background(), "bistro")
	if err != nil || mark.Seq < 2*orders {
		t.Errorf("%v, written through %s", err, fmt.Sprint(mark.Seq))
	}
}
