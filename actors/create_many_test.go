package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
	"heard/persistence/audit"
	"heard/persistence/pebblestore"
)

func onTable(table string, items ...order.ItemRequest) order.Create {
	return order.Create{TableID: &table, Items: items}
}

// results are the rows of a batch's answer.
type results []struct {
	OrderID string `json:"order_id"`
	Status  string
	Version int
	Order   map[string]any
	Code    domain.Code
	Errors  []domain.Field
}

func (k *kitchen) batch(key string, rows ...order.Create) (results, domain.Reply) {
	k.t.Helper()
	reply, err := k.do(domain.Request{Key: key, Command: &order.BatchCreate{Orders: rows}})
	if err != nil {
		k.t.Fatal(err)
	}
	var answer struct{ Results results }
	if err := json.Unmarshal(reply.Body, &answer); err != nil || len(answer.Results) != len(rows) {
		k.t.Fatalf("%v: %d rows in %s", err, len(answer.Results), reply.Body)
	}
	return answer.Results, reply
}

// TestBatchOfNewOrdersIsOneRecord: what is refused changes nothing, numbers have
// no gap, the journal has one entry, and the key gives the first answer again:
// while it is pending, from the log, and after a restart.
func TestBatchOfNewOrdersIsOneRecord(t *testing.T) {
	k := open(t, vfs.NewMem())
	k.place("")
	rows := []order.Create{onTable("t1", pizza("1")), {}, onTable("t2", pizza("2")), onTable("t\n3", pizza("2")), onTable("t1", pizza("3"))}
	got, reply := k.batch("b1", rows...)
	codes, numbers := "", ""
	for _, row := range got {
		codes += string(row.Code) + ";"
		if row.Order != nil {
			numbers += fmt.Sprint(row.Order["number"], " ")
			if row.OrderID != row.Order["id"] || row.Status != "pending" || row.Version != 1 || fmt.Sprint(k.get(row.OrderID)) != fmt.Sprint(row.Order) {
				t.Errorf("row %+v", row)
			}
		}
	}
	if codes != ";EMPTY_ORDER;;VALIDATION_ERROR;;" || numbers != "2 3 4 " || got[3].Errors[0].Field != "table_id" || reply.Version != 0 {
		t.Errorf("%s %s %s", codes, numbers, reply.Body)
	}
	entries := 0
	if err := k.db.Tail(context.Background(), "bistro", 1, func(persistence.Entry) error { entries++; return nil }); err != nil || entries != 1 {
		t.Errorf("%v: %d entries of the journal", err, entries)
	}
	again := func(role domain.Role) {
		t.Helper()
		twin, err := k.do(domain.Request{Key: "b1", By: domain.Identity{User: "u", Role: role, IssuedAt: 1}, Command: &order.BatchCreate{Orders: rows}})
		if want := string(order.View(role, reply.Body)); err != nil || string(twin.Body) != want || !twin.Replayed || twin.Version != 0 {
			t.Fatalf("again: %v %v v%d\n%s\nwant %s", err, twin.Replayed, twin.Version, twin.Body, want)
		}
	}
	again(domain.Waiter)
	again(domain.Kitchen)
	k.body(k.do(domain.Request{Order: got[0].OrderID, Command: &order.SetStatus{Status: "ready"}})) // an actor comes with the first change
	if k.get(got[0].OrderID)["version"] != 2.0 {
		t.Error("an order of the batch does not change")
	}
	k = k.reopen()
	again(domain.Waiter)
	if n := k.place("")["number"]; n != 5.0 {
		t.Errorf("number %v follows 4", n)
	}
	k.close() // else documents are written while they are compared
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: k.fs})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	report, err := audit.Run(context.Background(), audit.Options{Journal: db, Store: db})
	if err != nil || !report.OK() {
		t.Errorf("audit: %v %+v", err, report)
	}
}

func TestTwinsOfABatchHaveOneEffect(t *testing.T) {
	k := open(t, vfs.NewMem())
	bodies := make([]string, 16)
	var wg sync.WaitGroup
	for i := range bodies {
		wg.Add(1)
		go func() {
			defer wg.Done()
			reply, err := k.do(domain.Request{Key: "b1", Command: &order.BatchCreate{Orders: []order.Create{onTable("t1", pizza("1")), {}}}})
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
		t.Errorf("%d orders", n)
	}
}

// TestBatchThatIsRefusedWhole: the rows say why; under a key the answer stays.
func TestBatchThatIsRefusedWhole(t *testing.T) {
	k := open(t, vfs.NewMem())
	for _, key := range []string{"", "b1", "b1"} {
		got, reply := k.batch(key, order.Create{}, onTable("t1"))
		if got[0].Code != domain.EmptyOrder || got[1].Code != domain.EmptyOrder {
			t.Errorf("%s", reply.Body)
		}
	}
	if n := k.place("")["number"]; n != 1.0 {
		t.Errorf("number %v", n)
	}
}

func TestRowsSeeTheTablesOfTheRowsBefore(t *testing.T) {
	k := open(t, vfs.NewMem())
	if _, err := k.do(domain.Request{By: manager, Command: &outlet.PutSettings{OneOrderPerTable: domain.Some(true)}}); err != nil {
		t.Fatal(err)
	}
	first, _ := k.batch("", onTable("t1", pizza("1")), onTable("t1", pizza("1")), onTable("t2"), onTable("t2", pizza("1")), onTable(order.Counter, pizza("1")), onTable("", pizza("1")))
	codes := ""
	for _, row := range first {
		codes += string(row.Code) + ";"
	}
	if codes != ";TABLE_OCCUPIED;EMPTY_ORDER;;;;" {
		t.Errorf("codes %s", codes)
	}
	if second, _ := k.batch("", onTable("t2", pizza("1")), onTable("t3", pizza("1"))); second[0].Code != domain.TableOccupied || second[1].Code != "" {
		t.Errorf("the next batch: %+v", second)
	}
}

// TestBatchIsBounded by the orders' size and counts among what brings new orders.
func TestBatchIsBounded(t *testing.T) {
	full := make(chan error, 1)
	k := open(t, vfs.NewMem(), func(o *Options) {
		o.PatienceMS = 60_000
		o.Crowded = func() error {
			select {
			case err := <-full:
				full <- err
				return err
			default:
				return nil
			}
		}
	})
	rows := make([]order.Create, 100)
	for i := range rows {
		rows[i] = onTable("t1")
		for range 128 {
			rows[i].Items = append(rows[i].Items, order.ItemRequest{Name: strings.Repeat("<", 256), Quantity: amount("1"), Price: amount("1")})
		}
	}
	_, err := k.do(domain.Request{Command: &order.BatchCreate{Orders: rows}})
	if refusal := domain.AsError(err); refusal == nil || refusal.Code != domain.PayloadTooLarge || refusal.Fields[0].Field != "orders" {
		t.Fatalf("%d MiB of orders: %v", 100*128*256*6>>20, err)
	}
	const most = 27 // that are just below the bound
	if got, _ := k.batch("", rows[:most]...); got[most-1].Order["number"] != float64(most) {
		t.Errorf("number %v: a batch that was refused drew some", got[most-1].Order["number"])
	}
	err = k.db.Tail(context.Background(), "bistro", 0, func(e persistence.Entry) error {
		if n := len(e.Data); n < 10<<20 || n > 14<<20 { // MongoDB takes 16 MiB with all that is beside it
			t.Errorf("an entry of %d bytes", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	full <- errors.New("the journal is full")
	eventually(t, "new orders are refused", func() bool { return k.crowded.Load() != nil })
	if _, err := k.do(domain.Request{Command: &order.BatchCreate{Orders: rows[:1]}}); domain.AsError(err).Code != domain.Overloaded {
		t.Errorf("a crowded journal takes a batch: %v", err)
	}
}
