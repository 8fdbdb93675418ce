package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/actors"
	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
	"heard/persistence"
	"heard/persistence/audit"
	"heard/persistence/migrate"
	"heard/persistence/mongostore"
	"heard/persistence/mongotest"
	"heard/persistence/pebblestore"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

const orgs, each = 3, 6

func embedded(t *testing.T, history string) (*pebblestore.DB, migrate.Side) {
	t.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: vfs.NewMem(), CacheBytes: 1 << 20, History: history})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, migrate.Side{Journal: db, Store: db}
}

func history(t *testing.T, s migrate.Side) string {
	t.Helper()
	id, err := s.Journal.History(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// evening lets an engine take orders and move some of them.
func evening(t *testing.T, s migrate.Side, key string) {
	t.Helper()
	e := actors.Start(actors.Options{Journal: s.Journal, Store: s.Store})
	price, _ := money.ParseDecimal("12.5")
	one, _ := money.ParseDecimal("1")
	waiter := domain.Identity{User: "u1", Role: domain.Manager, IssuedAt: 1}
	for i := range orgs * each {
		org := fmt.Sprintf("org-%d", i%orgs)
		r := domain.Request{Org: org, By: waiter, Key: fmt.Sprint(key, i), Command: &order.Create{Items: []order.ItemRequest{{Name: "Dosa", Quantity: &one, Price: &price}}}}
		if _, err := e.Execute(context.Background(), &r); err != nil {
			t.Fatal(err)
		}
		orders, err := e.Read(context.Background(), &domain.Query{Org: org, By: waiter, Kind: domain.ReadOrders, Filter: domain.Filter{LimitRows: 1}})
		if err != nil {
			t.Fatal(err)
		}
		_, id, _ := strings.Cut(string(orders.Body), `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		done := domain.Request{Org: org, By: waiter, Order: id, Command: &order.SetStatus{Status: []string{"completed", "ready"}[i%2]}}
		if _, err := e.Execute(context.Background(), &done); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// same compares documents, timelines and keys through the interfaces, and lets
// the audit judge the copy.
func same(t *testing.T, a, b migrate.Side) {
	t.Helper()
	ctx := context.Background()
	for i := range orgs {
		org := fmt.Sprintf("org-%d", i)
		all := persistence.Selection{Org: org, Filter: domain.Filter{LimitRows: 1000}}
		docs, err := a.Store.Orders(ctx, all)
		if err != nil || len(docs) == 0 {
			t.Fatalf("%d orders, %v", len(docs), err)
		}
		copied, err := b.Store.Orders(ctx, all)
		if err != nil || len(copied) != len(docs) {
			t.Fatalf("%s: %d orders of %d, %v", org, len(copied), len(docs), err)
		}
		for j := range docs {
			if string(docs[j].Body) != string(copied[j].Body) {
				t.Errorf("%s: %s became %s", org, docs[j].Body, copied[j].Body)
			}
		}
	}
	report, err := audit.Run(ctx, audit.Options{Journal: b.Journal, Store: b.Store})
	if err != nil || !report.OK() {
		t.Fatalf("audit of the copy: %v %+v", err, report)
	}
}

// TestThereAndBack moves a whole evening to the production stores, lets it go on
// there, and moves it back.
func TestThereAndBack(t *testing.T) {
	_, from := embedded(t, "")
	evening(t, from, "first")
	server := mongotest.Start(t)
	store, err := mongostore.Open(t.Context(), mongostore.Options{URI: server.URI, Database: server.Database(), BulkOps: server.BulkOps()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close(context.Background())
	journal, err := redisjournal.Open(t.Context(), redisjournal.Options{URL: redistest.Start(t).URL(), History: history(t, from), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	there := migrate.Side{Journal: journal, Store: store}
	report, err := migrate.Run(t.Context(), migrate.Options{From: from, To: there})
	if err != nil || report.Organisations != orgs || report.Records != 2*orgs*each {
		t.Fatalf("%+v %v", report, err)
	}
	same(t, from, there)
	evening(t, there, "second")
	_, back := embedded(t, history(t, from))
	if _, err := migrate.Run(t.Context(), migrate.Options{From: there, To: back}); err != nil {
		t.Fatal(err)
	}
	same(t, there, back)
	// and on again, to what is there already
	evening(t, back, "third")
	if _, err := migrate.Run(t.Context(), migrate.Options{From: back, To: there}); err != nil {
		t.Fatal(err)
	}
	same(t, back, there)
}

// failing breaks off after some documents were written.
type failing struct {
	persistence.Store
	left int
}

func (f *failing) Apply(ctx context.Context, w []persistence.Window) error {
	if f.left--; f.left < 0 {
		return errors.New("pulled the plug")
	}
	return f.Store.Apply(ctx, w)
}

func TestInterruptedMoveGoesOn(t *testing.T) {
	_, from := embedded(t, "")
	evening(t, from, "first")
	db, to := embedded(t, history(t, from))
	for _, left := range []int{0, 1, 1} {
		to.Store = &failing{db, left}
		if _, err := migrate.Run(t.Context(), migrate.Options{From: from, To: to, Parallel: 1}); err == nil || !strings.Contains(err.Error(), "pulled the plug") {
			t.Fatalf("with %d writes: %v", left, err)
		}
	}
	to.Store = db
	if _, err := migrate.Run(t.Context(), migrate.Options{From: from, To: to}); err != nil {
		t.Fatal(err)
	}
	same(t, from, to)
}

func TestRefusals(t *testing.T) {
	_, from := embedded(t, "")
	evening(t, from, "first")
	_, other := embedded(t, "")
	if _, err := migrate.Run(t.Context(), migrate.Options{From: from, To: other}); err == nil || !strings.Contains(err.Error(), "history") {
		t.Errorf("another history: %v", err)
	}
	_, forked := embedded(t, history(t, from))
	evening(t, forked, "other")
	if _, err := migrate.Run(t.Context(), migrate.Options{From: from, To: forked}); err == nil {
		t.Error("a target with another log was taken for a part of this one")
	}
	_, to := embedded(t, history(t, from))
	running := from
	running.Journal = &contested{from.Journal}
	if _, err := migrate.Run(t.Context(), migrate.Options{From: running, To: to}); err == nil || !strings.Contains(err.Error(), "still running") {
		t.Errorf("an engine on the source: %v", err)
	}
}

// contested is a journal that an engine acquires again while it is read.
type contested struct{ persistence.Journal }

func (c *contested) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	if _, err := c.Acquire(ctx, org, 0); err != nil {
		return err
	}
	return c.Journal.Tail(ctx, org, after, fn)
}
