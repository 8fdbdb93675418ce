package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence/pebblestore"
)

// kitchen is an engine on an in-memory disk, as a test uses it.
type kitchen struct {
	t  *testing.T
	fs vfs.FS
	db *pebblestore.DB
	*Engine
}

func open(t *testing.T, fs vfs.FS, change ...func(*Options)) *kitchen {
	t.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: fs, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Journal: db, Store: db}
	for _, f := range change {
		f(&o)
	}
	k := &kitchen{t: t, fs: fs, db: db, Engine: Start(o)}
	t.Cleanup(k.close)
	return k
}

func (k *kitchen) close() {
	if k.db == nil {
		return
	}
	if err := k.Stop(context.Background()); err != nil {
		k.t.Error(err)
	}
	if err := k.db.Close(); err != nil {
		k.t.Error(err)
	}
	k.db = nil
}

// reopen stops the engine and starts another on the same disk.
func (k *kitchen) reopen() *kitchen {
	k.close()
	return open(k.t, k.fs)
}

var waiter = domain.Identity{User: "u1", Name: "Asha", Role: domain.Waiter, IssuedAt: 1}
var manager = domain.Identity{User: "m1", Name: "Meera", Role: domain.Manager, IssuedAt: 1}
var admin = domain.Identity{User: "a1", Name: "Anil", Role: domain.Admin, IssuedAt: 1}

func amount(text string) *money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return &d
}

func pizza(quantity string) order.ItemRequest {
	return order.ItemRequest{MenuItemID: "item1", Name: "Pizza", Quantity: amount(quantity), Price: amount("10")}
}

func (k *kitchen) do(r domain.Request) (domain.Reply, error) {
	if r.Org == "" {
		r.Org = "bistro"
	}
	if r.By.User == "" {
		r.By = waiter
	}
	return k.Execute(context.Background(), &r)
}

func (k *kitchen) place(key string) map[string]any {
	k.t.Helper()
	reply, err := k.do(domain.Request{Key: key, Command: &order.Create{Items: []order.ItemRequest{pizza("2")}}})
	return k.body(reply, err)
}

func (k *kitchen) body(reply domain.Reply, err error) map[string]any {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(reply.Body, &m); err != nil {
		k.t.Fatalf("%v in %s", err, reply.Body)
	}
	return m
}

func (k *kitchen) get(id string) map[string]any {
	k.t.Helper()
	a, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadOrder, ID: id})
	return k.body(domain.Reply{Body: a.Body}, err)
}

func (k *kitchen) list(f domain.Filter) []map[string]any {
	k.t.Helper()
	a, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadOrders, Filter: f})
	if err != nil {
		k.t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(a.Body, &rows); err != nil {
		k.t.Fatal(err)
	}
	return rows
}

func TestOrderIsBilledAndSurvivesRestart(t *testing.T) {
	k := open(t, vfs.NewMem())
	o := k.place("")
	if o["total_minor"] != 2100.0 || o["number"] != 1.0 || o["status"] != "pending" || o["table_id"] != "counter" {
		t.Fatalf("unexpected order: %v", o)
	}
	id := o["id"].(string)
	k.body(k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "preparing"}}))
	k.body(k.do(domain.Request{Order: id, Command: &order.AddItems{Items: []order.ItemRequest{pizza("1")}}}))
	before := k.get(id)
	if before["version"] != 3.0 || before["total_minor"] != 3150.0 {
		t.Fatalf("unexpected order: %v", before)
	}
	k = k.reopen()
	if after := k.get(id); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Fatalf("after restart\n%v\nbefore\n%v", after, before)
	}
	if next := k.place(""); next["number"] != 2.0 {
		t.Fatalf("number %v follows 1", next["number"])
	}
}

func TestNumbersHaveNoGapUnderConcurrency(t *testing.T) {
	k := open(t, vfs.NewMem())
	var wg sync.WaitGroup
	for range 1000 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	rows := k.list(domain.Filter{})
	if len(rows) != 1000 {
		t.Fatalf("%d orders", len(rows))
	}
	for i, row := range rows {
		if row["number"] != float64(1000-i) {
			t.Fatalf("row %d has number %v", i, row["number"])
		}
	}
}

func TestOneKeyHasOneEffect(t *testing.T) {
	k := open(t, vfs.NewMem())
	bodies := make([]string, 64)
	var wg sync.WaitGroup
	for i := range bodies {
		wg.Add(1)
		go func() {
			defer wg.Done()
			reply, err := k.do(domain.Request{Key: "k1", Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
			if err != nil {
				t.Error(err)
			}
			bodies[i] = string(reply.Body)
		}()
	}
	wg.Wait()
	for _, b := range bodies {
		if b != bodies[0] {
			t.Fatalf("different answers:\n%s\n%s", bodies[0], b)
		}
	}
	if n := len(k.list(domain.Filter{})); n != 1 {
		t.Fatalf("%d orders", n)
	}
	k = k.reopen()
	reply, err := k.do(domain.Request{Key: "k1", Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
	if err != nil || string(reply.Body) != bodies[0] || !reply.Replayed {
		t.Fatalf("after restart: %v %v\n%s\n%s", err, reply.Replayed, reply.Body, bodies[0])
	}
	_, err = k.do(domain.Request{Key: "k1", Fingerprint: domain.Fingerprint{1}, Command: &order.Create{Items: []order.ItemRequest{pizza("9")}}})
	if domain.AsError(err).Code != domain.KeyReused {
		t.Fatalf("another request under the key: %v", err)
	}
}

func TestBatchMovesManyOrdersAsOne(t *testing.T) {
	k := open(t, vfs.NewMem())
	a, b := k.place("")["id"].(string), k.place("")["id"].(string)
	k.body(k.do(domain.Request{Order: b, Command: &order.SetStatus{Status: "completed"}}))
	batch := &order.BatchStatus{Updates: []order.StatusUpdate{{OrderID: a, Status: "ready"}, {OrderID: b, Status: "ready"}, {OrderID: "nobody", Status: "ready"}, {OrderID: a, Status: "served"}}}
	reply, err := k.do(domain.Request{Key: "b1", Command: batch})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"results":[{"order_id":"%s","status":"ready","version":2},{"order_id":"%s","status":"completed","version":2,"code":"INVALID_TRANSITION"},{"order_id":"nobody","code":"ORDER_NOT_FOUND"},{"order_id":"%s","status":"served","version":3}]}`, a, b, a)
	if string(reply.Body) != want {
		t.Fatalf("got  %s\nwant %s", reply.Body, want)
	}
	again, err := k.do(domain.Request{Key: "b1", Command: batch})
	if err != nil || string(again.Body) != want || !again.Replayed {
		t.Fatalf("again: %v %s", err, again.Body)
	}
}

func TestSettingsAndMenuRule(t *testing.T) {
	k := open(t, vfs.NewMem())
	k.body(k.do(domain.Request{By: manager, Command: &outlet.AddItem{ItemRequest: outlet.ItemRequest{ID: "dosa", Name: "Dosa", Price: amount("120")}}}))
	_, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{{MenuItemID: "dosa", Quantity: amount("1"), Price: amount("1")}}}})
	if domain.AsError(err).Code != domain.PriceMismatch {
		t.Fatalf("another price: %v", err)
	}
	o := k.body(k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{{MenuItemID: "dosa", Quantity: amount("1")}}}}))
	if o["total_minor"] != 12600.0 {
		t.Fatalf("total %v", o["total_minor"])
	}
	_, err = k.do(domain.Request{By: manager, Command: &outlet.PutSettings{Currency: domain.Some("USD")}})
	if domain.AsError(err).Code != domain.Conflict {
		t.Fatalf("currency with orders: %v", err)
	}
	k.do(domain.Request{By: manager, Command: &outlet.EightySix{ItemIDs: []string{"dosa"}}})
	_, err = k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{{MenuItemID: "dosa", Quantity: amount("1")}}}})
	if domain.AsError(err).Code != domain.ItemSoldOut {
		t.Fatalf("86: %v", err)
	}
	k.do(domain.Request{By: admin, Command: &outlet.Revoke{Sub: "u1"}})
	if _, err = k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); domain.AsError(err).Code != domain.Unauthenticated {
		t.Fatalf("revoked: %v", err)
	}
}

// TestInitialMenuIsTheFirstEvent: a new organisation begins with the menu that
// the system before this one kept, once; who reads first sees it.
func TestInitialMenuIsTheFirstEvent(t *testing.T) {
	asked := 0
	withMenu := func(o *Options) {
		o.InitialMenu = func(context.Context, string) ([]outlet.ItemRequest, error) {
			asked++
			return []outlet.ItemRequest{{ID: "dosa", Name: "Dosa", Price: amount("60")}}, nil
		}
	}
	k := open(t, vfs.NewMem(), withMenu)
	menu := func() string {
		a, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadMenu})
		if err != nil {
			t.Fatal(err)
		}
		return string(a.Body)
	}
	if got := menu(); !strings.Contains(got, "Dosa") {
		t.Fatalf("menu %s", got)
	}
	if _, err := k.do(domain.Request{By: manager, Command: &outlet.PutMenu{}}); err != nil {
		t.Fatal(err)
	}
	k.close()
	k = open(t, k.fs, withMenu)
	if got := menu(); strings.Contains(got, "Dosa") || asked != 1 {
		t.Errorf("after a restart: asked %d times, menu %s", asked, got)
	}
}
