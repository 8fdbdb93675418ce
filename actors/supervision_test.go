package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// eventually waits for a condition that a background actor brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so after 60 s: %s", what)
		}
	}
}

// corrupt is a Store whose documents of one order do not parse.
type corrupt struct {
	persistence.Store
	id atomic.Pointer[string]
}

func (s *corrupt) Load(ctx context.Context, org string) (persistence.Recovered, error) {
	r, err := s.Store.Load(ctx, org)
	for i := range r.Orders {
		if id := s.id.Load(); id != nil && r.Orders[i].ID == *id {
			r.Orders[i].Body = []byte(`{"broken`)
		}
	}
	return r, err
}

func TestPanicInOneOrderQuarantinesThatOrder(t *testing.T) {
	fs := vfs.NewMem()
	k := open(t, fs)
	bad, good := k.place("")["id"].(string), k.place("")["id"].(string)
	k.close()
	store := &corrupt{}
	store.id.Store(&bad)
	k = open(t, fs, func(o *Options) { store.Store = o.Store; o.Store = store })
	for range 2 {
		_, err := k.do(domain.Request{Order: bad, Command: &order.SetStatus{Status: "ready"}})
		if domain.AsError(err).Code != domain.OrderQuarantined {
			t.Fatalf("broken order: %v", err)
		}
	}
	if _, err := k.do(domain.Request{Order: good, Command: &order.SetStatus{Status: "ready"}}); err != nil {
		t.Fatalf("its neighbour: %v", err)
	}
	reply, err := k.do(domain.Request{Command: &order.BatchStatus{Updates: []order.StatusUpdate{{OrderID: bad, Status: "served"}, {OrderID: good, Status: "served"}}}})
	if want := fmt.Sprintf(`{"results":[{"order_id":"%s","code":"ORDER_QUARANTINED"},{"order_id":"%s","status":"served","version":3}]}`, bad, good); err != nil || string(reply.Body) != want {
		t.Fatalf("batch: %v\n%s\n%s", err, reply.Body, want)
	}
	if n := k.place("")["number"]; n != 3.0 {
		t.Fatalf("number %v", n)
	}
}

func TestBrokenInvariantRestartsThatOrganisationFromTheLog(t *testing.T) {
	var bomb atomic.Bool
	k := open(t, vfs.NewMem(), func(o *Options) {
		n := 0
		o.NewID = func() string {
			if bomb.Swap(false) {
				panic("invariant")
			}
			n++
			return fmt.Sprint("o", n)
		}
	})
	k.place("first")
	bomb.Store(true)
	_, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
	if domain.AsError(err).Code != domain.OutcomeUnknown {
		t.Fatalf("the command that broke it: %v", err)
	}
	if n := k.place("second")["number"]; n != 2.0 {
		t.Fatalf("number %v after the restart", n)
	}
	if n := k.place("first")["number"]; n != 1.0 {
		t.Fatalf("the first key gives number %v", n)
	}
}

func TestClosedOrdersLeaveMemoryAndComeBack(t *testing.T) {
	var offset atomic.Int64
	k := open(t, vfs.NewMem(), func(o *Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	id := k.place("")["id"].(string)
	k.place("")
	if _, err := k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "completed"}}); err != nil {
		t.Fatal(err)
	}
	offset.Store(int64(time.Minute))
	o, _ := k.organisation("bistro")
	eventually(t, "the closed order left memory", func() bool {
		k.system.Root.Send(o.pid, &sweep{nowMS: k.nowMS()})
		_, here := o.view.order(id)
		return !here
	})
	if row := k.get(id); row["status"] != "completed" {
		t.Fatalf("read from the store: %v", row)
	}
	if rows := k.list(domain.Filter{Status: []string{"all"}}); len(rows) != 2 || rows[1]["id"] != id {
		t.Fatalf("list: %v", rows)
	}
	if _, err := k.do(domain.Request{By: manager, Order: id, Command: &order.Reopen{}}); err != nil {
		t.Fatal(err)
	}
	if rows := k.list(domain.Filter{}); len(rows) != 2 || rows[1]["status"] != "preparing" {
		t.Fatalf("after reopening: %v", rows)
	}
}

// held is a Journal whose appends wait.
type held struct {
	persistence.Journal
	gate chan struct{}
}

func (j *held) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	<-j.gate
	return j.Journal.Append(ctx, entries, out)
}

func TestNothingIsSeenBeforeItIsDurableAndTooMuchIsShed(t *testing.T) {
	gate := make(chan struct{})
	k := open(t, vfs.NewMem(), func(o *Options) { o.Journal, o.PatienceMS = &held{o.Journal, gate}, 120_000 })
	var wg sync.WaitGroup
	var shed, done atomic.Int64
	for range maxWaitingCommands + 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}})
			switch {
			case err == nil:
				done.Add(1)
			case domain.AsError(err).Code == domain.Overloaded:
				shed.Add(1)
			default:
				t.Error(err)
			}
		}()
	}
	eventually(t, "what is too much was refused", func() bool { return shed.Load() == 100 })
	if rows := k.list(domain.Filter{}); len(rows) != 0 || done.Load() != 0 {
		t.Fatalf("%d rows are seen and %d answered before anything is durable", len(rows), done.Load())
	}
	close(gate)
	wg.Wait()
	if rows := k.list(domain.Filter{}); done.Load() != maxWaitingCommands || len(rows) != maxListRows {
		t.Fatalf("%d done, %d rows", done.Load(), len(rows))
	}
}

func TestNoRoomRefusesWritesAndReadsGoOn(t *testing.T) {
	var full atomic.Bool
	k := open(t, vfs.NewMem(), func(o *Options) {
		o.Room = func() error {
			if full.Load() {
				return errors.New("free space is under --min-free")
			}
			return nil
		}
	})
	id := k.place("")["id"].(string)
	full.Store(true)
	eventually(t, "it is noticed", func() bool { return k.Ready() != nil })
	if _, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); domain.AsError(err).Code != domain.JournalUnavailable {
		t.Fatalf("write: %v", err)
	}
	k.get(id)
	full.Store(false)
	eventually(t, "service resumes", func() bool { return k.Ready() == nil })
	k.place("")
}
