package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"heard/bench/load"
)

// restart kills the engine under load. It is run by a Restart.
func restart() Scenario {
	return Scenario{
		Name: "restart", Says: "creates until the engine is killed; then the time to its first answer and durable write, and whether every acknowledged order is there",
		Connections: defaultConnections, Leaves: true, Operations: []string{"create"},
	}
}

// An Engine can be killed as by a power cut, and started again on what is left.
type Engine interface {
	Kill()
	// Start returns the new URL once the engine says that it serves.
	Start(ctx context.Context) (url string, err error)
}

// A Restart kills an engine under load and remembers what it had acknowledged.
type Restart struct {
	Target  *Target
	Engine  Engine
	Timeout time.Duration // of a request

	mu           sync.Mutex
	acknowledged []receipt
}

// A receipt is an order that was answered with 2xx.
type receipt struct {
	organisation int
	ID           string `json:"order_id"`
	Number       int64  `json:"number"`
	TotalMinor   int64  `json:"total_minor"`
}

// Fill places orders before the first round, over so many connections.
func (r *Restart) Fill(ctx context.Context, orders int, o load.Options) error {
	o.Burst, o.Warmup, o.Rate, o.Duration = orders, 0, 0, 24*time.Hour // as long as it takes
	result, err := load.Run(ctx, r.job(), o)
	if err == nil && result.Errors > 0 {
		err = fmt.Errorf("%d of %d failed, the first by %s", result.Errors, orders, result.FirstFault[0].First)
	}
	if err != nil {
		return fmt.Errorf("filling: %w", err)
	}
	return nil
}

// Round loads the engine, kills it while it is loaded, starts it and looks for
// all that was acknowledged in this round and before.
func (r *Restart) Round(ctx context.Context, n int, o load.Options) (load.Result, error) {
	loaded, cut := context.WithCancel(ctx)
	defer cut()
	const late = 10 * time.Second // the cut comes before the load ends by itself
	dead := make(chan struct{})
	kill := time.AfterFunc(o.Warmup+o.Duration, func() {
		defer close(dead)
		cut() // first: what fails by our own doing is no error
		r.Engine.Kill()
	})
	defer kill.Stop()
	o.Label, o.Duration = fmt.Sprintf("round %d", n), o.Duration+late
	result, err := load.Run(loaded, r.job(), o)
	if ctx.Err() != nil || loaded.Err() == nil { // interrupted, or silent before its time
		return result, err
	}
	<-dead // the load may end before the engine has
	result.Partial = false
	came := load.Restarted{Acknowledged: len(r.acknowledged)}
	killed := time.Now()
	url, err := r.Engine.Start(ctx)
	if err != nil {
		return result, fmt.Errorf("restart: %w", err)
	}
	came.Listening = load.Since(killed)
	if r.Target.Client, err = load.NewClient(url, o.Connections, r.Timeout); err != nil {
		return result, err
	}
	if err = r.first(ctx, func(x *load.Exchange) error { _, err := x.Do("GET", "/api/orders?limit=1", nil); return err }); err != nil {
		return result, fmt.Errorf("first answer: %w", err)
	}
	came.FirstAnswer = load.Since(killed)
	w := r.job().Worker(0)
	if err = r.first(ctx, func(*load.Exchange) error { _, err := w.Send(load.Turn{}); return err }); err != nil {
		return result, fmt.Errorf("first write: %w", err)
	}
	came.FirstWrite = load.Since(killed)
	missing, err := r.look(ctx, o)
	result.CameUp(came, missing)
	return result, err
}

// first repeats a request until it has a good answer.
func (r *Restart) first(ctx context.Context, ask func(*load.Exchange) error) error {
	const pause = time.Millisecond
	x := r.Target.exchange(0)
	for end := time.Now().Add(r.Timeout); ; time.Sleep(pause) {
		err := ask(x)
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}

func (r *Restart) job() load.Job {
	bodies := orders(r.Target.random(-1), 1, 5)
	return load.Job{
		Operations: []string{"create"}, Abandon: r.Target.Client.Abandon,
		Worker: func(connection int) load.Worker {
			return &keeper{r.Target.waiter(connection, bodies), r, r.Target.organisation(connection)}
		},
	}
}

// A keeper places orders and keeps the receipts.
type keeper struct {
	waiter
	restart      *Restart
	organisation int
}

// Send places an order.
func (k *keeper) Send(load.Turn) (int, error) {
	answer, err := k.exchange.Do("POST", "/api/orders", k.bodies[k.random.IntN(len(k.bodies))])
	if err != nil {
		return 0, err
	}
	receipt := receipt{organisation: k.organisation}
	if err := json.Unmarshal(answer, &receipt); err != nil || receipt.ID == "" {
		return 0, &load.Fault{Kind: "POST /api/orders: 2xx without an order_id", Answered: true}
	}
	k.restart.mu.Lock()
	defer k.restart.mu.Unlock()
	k.restart.acknowledged = append(k.restart.acknowledged, receipt)
	return 0, nil
}

// look reads every acknowledged order; what is missing or another is a fault.
func (r *Restart) look(ctx context.Context, o load.Options) ([]load.FaultCount, error) {
	wanted := r.acknowledged
	o = load.Options{Connections: o.Connections, Burst: len(wanted), Duration: 24 * time.Hour, Silence: o.Silence, Label: "look"}
	found, err := load.Run(ctx, load.Job{Operations: []string{"look"}, Abandon: r.Target.Client.Abandon, Worker: func(int) load.Worker {
		return &inspector{r.Target.exchange(0), r.Target.Tokens, wanted}
	}}, o)
	return found.FirstFault, err
}

// An inspector compares orders with their receipts.
type inspector struct {
	exchange *load.Exchange
	tokens   []string
	receipts []receipt
}

// Send looks for the order of a turn.
func (i *inspector) Send(turn load.Turn) (int, error) {
	want := i.receipts[turn.Number]
	i.exchange.As(i.tokens[want.organisation])
	answer, err := i.exchange.Do("GET", "/api/orders/"+want.ID, nil)
	if err != nil {
		return 0, &load.Fault{Kind: "an acknowledged order after kill -9: " + err.Error(), Answered: true}
	}
	got := receipt{organisation: want.organisation}
	if err := json.Unmarshal(answer, &got); err != nil || got != want {
		return 0, &load.Fault{Kind: "an acknowledged order after kill -9: another than was acknowledged",
			Text: fmt.Sprintf("acknowledged %+v, there is %+v", want, got), Answered: true}
	}
	return 0, nil
}
