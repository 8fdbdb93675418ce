// Package fault wraps a Journal or a Store and makes it fail the way networks
// and disks do. The same seed gives the same faults to the same calls in the
// same order. It is for tests and simulations only.
package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"heard/persistence"
)

// Odds are chances between 0 and 1, looked at in this order; the first that
// hits decides. Their sum should be at most 1.
type Odds struct {
	Before float64 // fails and has done nothing
	After  float64 // is done, then fails: the answer was lost
	Hang   float64 // does nothing and answers when the context ends
	Delay  float64 // is done, up to MostDelay later

	MostDelay time.Duration
}

// Kind is what was drawn for a call.
type Kind uint8

const (
	None Kind = iota
	Before
	After
	Hang
	Delay
)

// Plan draws faults. It may be shared by a Journal and a Store; On and Off let a
// test end the trouble.
type Plan struct {
	mu     sync.Mutex
	odds   Odds
	random *rand.Rand
	off    bool
	counts [Delay + 1]int
}

// NewPlan starts switched on.
func NewPlan(seed uint64, o Odds) *Plan {
	return &Plan{odds: o, random: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))}
}

// On and Off switch the faults; while off nothing is drawn.
func (p *Plan) On()  { p.set(false) }
func (p *Plan) Off() { p.set(true) }

func (p *Plan) set(off bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = off
}

// Drawn says how often a kind was drawn.
func (p *Plan) Drawn(k Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[k]
}

func (p *Plan) draw() (Kind, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return None, 0
	}
	hit, late := p.random.Float64(), p.random.Float64() // always both, so that odds do not shift the seed
	kind := None
	for k, odds := range [...]float64{Before: p.odds.Before, After: p.odds.After, Hang: p.odds.Hang, Delay: p.odds.Delay} {
		if hit < odds {
			kind = Kind(k)
			break
		}
		hit -= odds
	}
	p.counts[kind]++
	return kind, time.Duration(late * float64(p.odds.MostDelay))
}

// run carries out one call under what is drawn for it. The call gets the
// caller's context, so an answer that is lost belongs to something really done.
func (p *Plan) run(ctx context.Context, what string, call func() error) error {
	kind, late := p.draw()
	switch kind {
	case Before:
		return fmt.Errorf("%s: injected before: %w", what, persistence.ErrUnavailable)
	case After:
		if err := call(); err != nil {
			return err
		}
		return fmt.Errorf("%s: injected after, answer lost: %w", what, persistence.ErrUnavailable)
	case Hang:
		<-ctx.Done()
		return fmt.Errorf("%s: injected hang: %w: %w", what, persistence.ErrUnavailable, ctx.Err())
	case Delay:
		if err := wait(ctx, late); err != nil {
			return fmt.Errorf("%s: injected delay: %w: %w", what, persistence.ErrUnavailable, err)
		}
	}
	return call()
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask is run for calls with a result, which is lost with the answer.
func ask[T any](ctx context.Context, p *Plan, what string, call func() (T, error)) (T, error) {
	var result, none T
	err := p.run(ctx, what, func() (err error) { result, err = call(); return err })
	if err != nil {
		return none, err
	}
	return result, nil
}
