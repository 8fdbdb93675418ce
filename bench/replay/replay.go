// Package replay places the orders of a file through the public REST protocol
// and reports what the server made of them. It is the client behind
// `heard replay`: it checks an engine from outside, so it may not import
// anything of the engine but domain/money.
package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"heard/domain/money"
)

const defaultConcurrency = 64

// Options say what is replayed where.
type Options struct {
	File string // NDJSON, one order a line
	URL  string // the server, such as http://127.0.0.1:8000
	Org  string // the organisation that takes the orders

	// Token returns the bearer token for an organisation: the one that was
	// given, or a fresh one. It is called once for each organisation, from one
	// goroutine.
	Token func(org string) (string, error)

	// Currency, when not empty, is set on each organisation first, with no tax.
	// Empty leaves the settings alone and asks the server which currency it has.
	Currency string

	// TotalsMayDiffer places the orders also where the organisation's settings bill
	// the first of them otherwise than the file does.
	TotalsMayDiffer bool

	Concurrency int // orders in flight at most; 0 = 64

	// Speed 0 sends as fast as the answers come (closed loop). 60 keeps the
	// file's own clock, 60 times faster (open loop): an order that finds all
	// workers busy is sent late, and its latency still counts from the moment
	// it was due.
	Speed float64

	// OrgPerDay gives each date of the file an organisation of its own, named
	// Org-YYYY-MM-DD. Together with Speed all days are laid over one clock.
	OrgPerDay bool

	// Progress, when set, hears of each finished order. Calls do not overlap.
	Progress func(done, total int)
}

// Run places every order of the file and reports the server's figures. A file
// that cannot be read whole is refused before anything is sent. When ctx ends
// early, the report covers the orders answered so far and the error is ctx's.
// Refused and wrong orders are counted in the report; they are no error of Run.
func Run(ctx context.Context, o Options) (Report, error) {
	r, err := Open(ctx, o)
	if err != nil {
		return Report{}, err
	}
	defer r.Close()
	return r.Run(ctx)
}

// A Replay is a file whose orders are ready to be placed, in organisations that
// are set up.
type Replay struct {
	options       Options
	client        *client // nil where the file has no orders
	orders        []order
	organisations []organisation
	currency      money.Currency
	tally         *tally
	release       func()
}

// Open reads the file and sets the organisations up. Nothing is placed yet.
func Open(ctx context.Context, o Options) (*Replay, error) {
	if o.Speed < 0 || math.IsNaN(o.Speed) || math.IsInf(o.Speed, 0) {
		return nil, errors.New("speed must be 0 or more")
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	r := &Replay{options: o, release: func() {}}
	var err error
	if r.orders, err = readFile(o.File, o.Speed > 0 || o.OrgPerDay); err != nil {
		return nil, err
	}
	if len(r.orders) == 0 {
		r.tally = newTally(r.orders, o.Currency, nil)
		return r, nil
	}
	if o.Speed > 0 {
		scheduleByClock(r.orders, o.Speed, o.OrgPerDay)
	}
	if r.client, err = newClient(o.URL, o.Concurrency); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, r.client.abandon)
	r.release = func() { stop(); r.client.close() }
	if r.organisations, r.currency, err = openOrganisations(ctx, r.client, o, r.orders); err != nil {
		r.Close()
		return nil, fmt.Errorf("setting up: %w", err)
	}
	if !o.TotalsMayDiffer {
		if err := r.rehearse(ctx); err != nil {
			r.Close()
			return nil, err
		}
	}
	r.tally = newTally(r.orders, r.currency.Code, o.Progress)
	return r, nil
}

// Run places every order; see the function of that name.
func (r *Replay) Run(ctx context.Context) (Report, error) {
	r.placeAll(ctx)
	return r.Report(), ctx.Err()
}

// Close closes the connections.
func (r *Replay) Close() { r.release() }

// Report sums up the answers so far.
func (r *Replay) Report() Report { return r.tally.report() }

// Organisations are those the orders go to, by name.
func (r *Replay) Organisations() []string {
	names := make([]string, len(r.organisations))
	for i := range names {
		names[i] = r.organisations[i].name
	}
	return names
}

// Plan is when each order is due after the start, in the order of Place's
// numbers; all are 0 with speed 0.
func (r *Replay) Plan() []time.Duration {
	plan := make([]time.Duration, len(r.orders))
	for i := range plan {
		plan[i] = r.orders[i].due
	}
	return plan
}
