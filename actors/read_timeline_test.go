package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// countingStore counts how often the archive is asked.
type countingStore struct {
	persistence.Store
	archive atomic.Int64
}

func (s *countingStore) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	s.archive.Add(1)
	return s.Store.Archive(ctx, org, after, fn)
}

// timelinePages reads an order's timeline page by page.
func (k *kitchen) timelinePages(id string, limit int) (pages [][]timelineEvent) {
	k.t.Helper()
	q := domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadTimeline, ID: id, LimitRows: limit}
	for {
		a, err := k.Read(context.Background(), &q)
		if err != nil {
			k.t.Fatal(err)
		}
		var page []timelineEvent
		if err := json.Unmarshal(a.Body, &page); err != nil {
			k.t.Fatal(err)
		}
		pages = append(pages, page)
		if a.Next == 0 {
			return pages
		}
		q.After = a.Next
	}
}

func TestPageOfATimelineReadsItsOwnEntriesAlone(t *testing.T) {
	// given an order of 20 events, others between them, all drained
	var store *countingStore
	fs := vfs.NewMem()
	k := open(t, fs)
	id := k.place("")["id"].(string)
	for i := range 19 {
		k.place("")
		k.body(k.do(domain.Request{Order: id, Command: &order.ChangeItem{LineID: "l1", Quantity: amount(fmt.Sprint(i + 3))}}))
	}
	k.close()
	k = open(t, fs, func(o *Options) {
		store = &countingStore{Store: o.Store}
		o.Store = store
	})
	k.get(id) // awake
	// when
	before := store.archive.Load()
	pages := k.timelinePages(id, 6)
	// then
	if len(pages) != 4 || len(pages[0]) != 6 || len(pages[3]) != 2 {
		t.Fatalf("%d pages", len(pages))
	}
	if asked := store.archive.Load() - before; asked > 20 {
		t.Errorf("the archive was asked %d times for 20 events", asked)
	}
	version := uint64(0)
	for _, page := range pages {
		for _, event := range page {
			if version++; event.Version != version || event.OrderID != id {
				t.Errorf("version %d of %s, want %d of %s", event.Version, event.OrderID, version, id)
			}
		}
	}
}

// TestTimelineOfLongEventsIsPagedByBytes: a page is bounded however much its
// events hold.
func TestTimelineOfLongEventsIsPagedByBytes(t *testing.T) {
	// given 600 events of 8 KB
	k := open(t, vfs.NewMem())
	id := k.place("")["id"].(string)
	for i := range 600 {
		long := make([]order.ModifierRequest, 32)
		for m := range long {
			long[m].Name = fmt.Sprintf("%d-%d-%s", i, m, strings.Repeat("m", 240))
		}
		k.body(k.do(domain.Request{Order: id, Command: &order.ChangeItem{LineID: "l1", Modifiers: &long}}))
	}
	// when
	pages := k.timelinePages(id, 0)
	// then
	total := 0
	for _, page := range pages {
		size := 0
		for _, event := range page {
			size += len(event.Data)
		}
		if total += len(page); size > maxTimelineBytes+16<<10 {
			t.Errorf("a page of %d bytes", size)
		}
	}
	if len(pages) < 2 || total != 601 {
		t.Errorf("%d events on %d pages", total, len(pages))
	}
}
