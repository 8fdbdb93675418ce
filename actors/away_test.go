package actors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// away is a journal and store that can be cut off.
type away struct {
	persistence.Journal
	persistence.Store
	journal, store atomic.Bool
	applied        atomic.Int64 // most windows' documents of one Apply
}

func cut(what string) error { return fmt.Errorf("%s is cut off: %w", what, persistence.ErrUnavailable) }

func (a *away) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	if a.journal.Load() {
		return cut("journal")
	}
	return a.Journal.Append(ctx, entries, out)
}

func (a *away) Apply(ctx context.Context, windows []persistence.Window) error {
	if a.store.Load() {
		return cut("store")
	}
	docs := 0
	for i := range windows {
		docs += len(windows[i].Orders)
	}
	a.applied.Store(max(a.applied.Load(), int64(docs)))
	return a.Store.Apply(ctx, windows)
}

func (a *away) Orders(ctx context.Context, s persistence.Selection) ([]persistence.Document, error) {
	if a.store.Load() {
		return nil, cut("store")
	}
	return a.Store.Orders(ctx, s)
}

func openAway(t *testing.T, change func(*Options)) (*kitchen, *away) {
	a := &away{}
	k := open(t, vfs.NewMem(), func(o *Options) {
		a.Journal, a.Store = o.Journal, o.Store
		o.Journal, o.Store, o.Drainers = a, a, 3
		if change != nil {
			change(o)
		}
	})
	t.Cleanup(func() { a.store.Store(false) }) // the engine waits for it when it stops
	return k, a
}

// TestStoreAwayIsNotNoticed: closed orders are in GET and lists though the Store
// does not have them; when it is back everything is written, in pieces.
func TestStoreAwayIsNotNoticed(t *testing.T) {
	k, a := openAway(t, nil)
	const orgs, each = 9, 500
	place := func(org string) string {
		reply, err := k.do(domain.Request{Org: org, Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}})
		return k.body(reply, err)["id"].(string)
	}
	old := place("org-0")
	for i := range orgs {
		place(fmt.Sprintf("org-%d", i))
	}
	k.body(k.do(domain.Request{Org: "org-0", Order: old, By: manager, Command: &order.SetStatus{Status: "completed"}}))
	eventually(t, "the store follows", func() bool { return k.Stats().Undrained == 0 })
	a.store.Store(true)
	ids := map[string]string{}
	for i := range orgs * each {
		org := fmt.Sprintf("org-%d", i%orgs)
		ids[org] = place(org)
	}
	for org, id := range ids {
		k.body(k.do(domain.Request{Org: org, Order: id, By: manager, Command: &order.SetStatus{Status: "completed"}}))
	}
	for org, id := range ids {
		q := domain.Query{Org: org, By: waiter, Kind: domain.ReadOrders, Filter: domain.Filter{Status: []string{"completed"}}}
		answer, err := k.Read(context.Background(), &q)
		if err != nil || !answer.Incomplete || !bytes.Contains(answer.Body, []byte(id)) {
			t.Fatalf("%s: %v, incomplete %t, %.200s", org, err, answer.Incomplete, answer.Body)
		}
		q.Filter.Status = []string{"pending", "ready"}
		if answer, err = k.Read(context.Background(), &q); err != nil || answer.Incomplete {
			t.Fatalf("open orders of %s: %v, incomplete %t", org, err, answer.Incomplete)
		}
	}
	eventually(t, "the drainers have all of it", func() bool { return k.Stats().Drain.Pending == orgs*(each+1) })
	a.store.Store(false)
	eventually(t, "the backlog is written", func() bool { return k.Stats().Undrained == 0 })
	if s := k.Stats(); s.Drain.Pending != 0 || s.DrainFailures == 0 || a.applied.Load() > maxFlushOperations {
		t.Errorf("%+v, %d documents in one write", s.Drain, a.applied.Load())
	}
	q := domain.Query{Org: "org-0", By: waiter, Kind: domain.ReadOrders, Filter: domain.Filter{Status: []string{"completed"}}}
	if answer, err := k.Read(context.Background(), &q); err != nil || answer.Incomplete || !bytes.Contains(answer.Body, []byte(old)) {
		t.Errorf("%v, incomplete %t, %.300s", err, answer.Incomplete, answer.Body)
	}
	for org := range ids {
		chain, err := k.db.Watermark(context.Background(), org)
		if err != nil || chain.Seq < each+1 {
			t.Errorf("%s: %v %d", org, err, chain.Seq)
		}
	}
}

// TestCrowdedTakesNoNewOrders: running orders can still be settled.
func TestCrowdedTakesNoNewOrders(t *testing.T) {
	var crowded atomic.Bool
	k, _ := openAway(t, func(o *Options) {
		o.Crowded = func() error {
			if crowded.Load() {
				return errors.New("the journal is 85 % full")
			}
			return nil
		}
	})
	id := k.place("")["id"].(string)
	crowded.Store(true)
	eventually(t, "it is noticed", func() bool {
		_, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
		return err != nil && domain.AsError(err).Code == domain.Overloaded
	})
	k.body(k.do(domain.Request{Order: id, By: manager, Command: &order.SetStatus{Status: "completed"}}))
	if err := k.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
	crowded.Store(false)
	eventually(t, "service resumes", func() bool {
		_, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
		return err == nil
	})
}

// TestJournalAwayIsToldAtOnce: after the first command was given up the next are
// refused without waiting; who was not writing is read from memory.
func TestJournalAwayIsToldAtOnce(t *testing.T) {
	k, a := openAway(t, func(o *Options) {
		journal := o.Journal.(*away)
		o.Committer = persistence.CommitterOptions{UnknownRetryMS: 200, Probe: func(context.Context) error {
			if journal.journal.Load() {
				return cut("journal")
			}
			return nil
		}}
	})
	id := k.place("")["id"].(string)
	a.journal.Store(true)
	if _, err := k.do(domain.Request{Org: "other", Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); domain.AsError(err).Code != domain.OutcomeUnknown {
		t.Fatalf("first: %v", err)
	}
	eventually(t, "the breaker opens", func() bool { return k.Ready() != nil })
	if _, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); domain.AsError(err).Code != domain.JournalUnavailable {
		t.Fatalf("next: %v", err)
	}
	k.get(id)
	a.journal.Store(false)
	eventually(t, "service resumes", func() bool { return k.Ready() == nil })
	k.place("")
}
