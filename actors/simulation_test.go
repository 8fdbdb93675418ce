package actors

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
	"heard/persistence/audit"
	"heard/persistence/fault"
	"heard/persistence/pebblestore"
)

var simulationSeed = flag.Uint64("seed", 0, "run this simulation alone")

// TestSimulation runs two engines over one log, as a cluster may for a moment,
// with an answer lost here and an append failing there, under clients that
// repeat with their keys on either engine. Then every acknowledged command must
// have happened exactly once, and the audit must find nothing.
func TestSimulation(t *testing.T) {
	if *simulationSeed != 0 {
		simulate(t, *simulationSeed)
		return
	}
	for seed := uint64(1); seed <= 5; seed++ {
		simulate(t, seed)
	}
}

// world is one simulation.
type world struct {
	t       *testing.T
	seed    uint64
	engines [2]*Engine
	mu      sync.Mutex
	acked   map[string]string // key → answer
	orders  map[string][]string
}

const (
	simulatedOrgs    = 5
	simulatedClients = 12
	simulatedTurns   = 25
)

func simulate(t *testing.T, seed uint64) {
	t.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: vfs.NewMem(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, seed: seed, acked: map[string]string{}, orders: map[string][]string{}}
	odds := fault.Odds{Before: 0.05, After: 0.05, Delay: 0.1}
	plans := [2]*fault.Plan{fault.NewPlan(seed, odds), fault.NewPlan(seed+1000, odds)}
	for i, plan := range plans {
		w.engines[i] = Start(Options{
			Journal: fault.NewJournal(db, plan), Store: fault.NewStore(db, plan),
			Committer: persistence.CommitterOptions{UnknownRetryMS: 20},
		})
	}
	var wg sync.WaitGroup
	for c := range simulatedClients {
		wg.Add(1)
		go func() { defer wg.Done(); w.client(c) }()
	}
	wg.Wait()
	for i, e := range w.engines {
		plans[i].Off()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if err := e.Stop(ctx); err != nil {
			w.fail("stop: %v", err)
		}
		cancel()
	}
	w.verify(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("go test ./actors -run Simulation -seed=%d\n%s", w.seed, fmt.Sprintf(format, args...))
}

// client sends commands, each under a key of its own, and repeats what was not
// answered on whichever engine comes next.
func (w *world) client(id int) {
	r := rand.New(rand.NewPCG(w.seed, uint64(id)))
	for turn := range simulatedTurns {
		request := w.request(r)
		request.Key = fmt.Sprintf("c%d-%d", id, turn)
		for try := 0; ; try++ {
			reply, err := w.engines[r.IntN(2)].Execute(context.Background(), &request)
			if err == nil {
				w.note(&request, string(reply.Body))
				break
			}
			if code := domain.AsError(err).Code; code != domain.OutcomeUnknown && code != domain.NotLeader && code != domain.JournalUnavailable && code != domain.StoreUnavailable {
				break // refused: nothing happened
			}
			if try == 200 {
				w.t.Errorf("seed %d: no answer after %d tries: %v", w.seed, try, err)
				return
			}
			time.Sleep(time.Duration(r.IntN(10)) * time.Millisecond)
		}
	}
}

func (w *world) request(r *rand.Rand) domain.Request {
	request := domain.Request{Org: fmt.Sprintf("org-%d", r.IntN(simulatedOrgs)), By: manager}
	w.mu.Lock()
	known := w.orders[request.Org]
	w.mu.Unlock()
	if len(known) == 0 || r.IntN(3) == 0 {
		request.Command = &order.Create{Items: []order.ItemRequest{pizza("1")}}
		return request
	}
	if r.IntN(6) == 0 {
		request.Command = &order.BatchCreate{Orders: []order.Create{{Items: []order.ItemRequest{pizza("1")}}, {}, {Items: []order.ItemRequest{pizza("2")}}}}
		return request
	}
	request.Order = known[r.IntN(len(known))]
	switch r.IntN(3) {
	case 0:
		request.Command = &order.AddItems{Items: []order.ItemRequest{pizza("2")}}
	case 1:
		statuses := order.Statuses()
		request.Command = &order.SetStatus{Status: string(statuses[r.IntN(len(statuses))])}
	default:
		row := order.StatusUpdate{OrderID: request.Order, Status: "ready"}
		request.Command = &order.BatchStatus{Updates: []order.StatusUpdate{row, {OrderID: known[r.IntN(len(known))], Status: "served"}}}
	}
	return request
}

func (w *world) note(request *domain.Request, body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acked[request.Org+" "+request.Key] = body
	if _, creates := request.Command.(*order.Create); creates {
		var o struct{ ID string }
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			w.t.Error(err)
		}
		w.orders[request.Org] = append(w.orders[request.Org], o.ID)
	}
}

// answered is what the client of the first record was told.
func answered(t *testing.T, records []domain.Record) string {
	rec := &records[0]
	var batch order.BatchResult
	switch {
	case rec.Answer == nil:
		return string(rec.Image)
	case rec.Kind != (*order.Created)(nil).Kind():
		return string(rec.Answer)
	}
	if err := json.Unmarshal(rec.Answer, &batch); err != nil {
		t.Error(err)
	}
	placed := make([]order.PlacedRow, batch.Placed)
	for i := range placed {
		placed[i] = order.PlacedRow{ID: records[i].Entity, Image: records[i].Image}
	}
	return string(batch.AppendAnswer(nil, placed))
}

// verify reads the log: every acknowledged key is there once, with the answer
// that was given.
func (w *world) verify(db *pebblestore.DB) {
	ctx := context.Background()
	found := map[string]string{}
	for i := range simulatedOrgs {
		org := fmt.Sprintf("org-%d", i)
		err := db.Tail(ctx, org, 0, func(e persistence.Entry) error {
			records, _, err := domain.ReadEntry(e.Data)
			for i, rec := range records {
				if rec.Key == "" {
					continue
				}
				if _, twice := found[org+" "+rec.Key]; twice {
					w.fail("%s: key %s has two effects", org, rec.Key)
				}
				found[org+" "+rec.Key] = answered(w.t, records[i:])
			}
			return err
		})
		if err != nil {
			w.fail("%s: %v", org, err)
		}
	}
	for key, answer := range w.acked {
		if found[key] != answer {
			w.fail("%s was acknowledged with\n%s\nthe log has\n%s", key, answer, found[key])
		}
	}
	report, err := audit.Run(ctx, audit.Options{Journal: db, Store: db})
	if err != nil || !report.OK() {
		w.fail("audit: %v %+v", err, report)
	}
}
