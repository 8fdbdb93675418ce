package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is what clients of one order saw of it: each wrote quantities that
// nobody else writes, and read. Whatever the cluster went through, there must be
// one order of all that explains every answer.
type history struct {
	f     *fleet
	org   string
	id    string
	line  string
	began time.Time
	stop  chan struct{}
	all   sync.WaitGroup // clients

	mu         sync.Mutex
	operations []porcupine.Operation
}

type (
	// operation is a change to a quantity, or a read (0).
	operation struct{ quantity int }
	// outcomeSeen is what was answered; known is false when nothing was.
	outcomeSeen struct {
		known             bool
		version, quantity int
	}
)

type orderState struct{ version, quantity int }

// orderModel is one order: changes come one after the other, and a read shows
// the last.
var orderModel = porcupine.Model{
	Init: func() any { return orderState{version: 1, quantity: 1} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(orderState), input.(operation), output.(outcomeSeen)
		if in.quantity == 0 {
			return out == outcomeSeen{true, s.version, s.quantity}, s
		}
		next := orderState{s.version + 1, in.quantity}
		return !out.known || out == outcomeSeen{true, next.version, next.quantity}, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprint(input, " → ", output) },
}

const (
	historyClients = 8
	historyMost    = 1200 // operations of one order
)

// watchOrder makes an order of quantity 1 and lets clients change and read it,
// each at all nodes in turn, until the history is to be judged.
func (f *fleet) watchOrder(org string) *history {
	f.t.Helper()
	h := &history{f: f, org: org, began: time.Now(), stop: make(chan struct{})}
	body := `{"client_order_id":"history","items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`
	a := f.nodes[0].of(f, org).do("POST", "/api/orders", body, "Idempotency-Key", "history")
	placed := parse[struct {
		ID    string
		Items []struct {
			Line string `json:"line_id"`
		}
	}](f.t, a.body)
	if !a.ok() || len(placed.Items) != 1 {
		f.t.Fatal(a)
	}
	h.id, h.line = placed.ID, placed.Items[0].Line
	for client := range historyClients {
		h.all.Go(func() {
			for n := 0; n < historyMost/historyClients; n++ {
				select {
				case <-h.stop:
					return
				case <-time.After(f.think):
				}
				f.quiet.RLock()
				h.step(client, n)
				f.quiet.RUnlock()
			}
		})
	}
	return h
}

// step is one operation. A change goes on under its key until it is answered or
// given up; a read that was not answered says nothing.
func (h *history) step(client, n int) {
	in := operation{}
	if (client+n)%2 == 0 {
		in.quantity = 2 + client + historyClients*n
	}
	call := time.Since(h.began).Nanoseconds()
	var out outcomeSeen
	for try := range 4 {
		e := h.f.nodes[(client+n+try)%len(h.f.nodes)].of(h.f, h.org)
		var a answer
		if in.quantity == 0 {
			a = e.do("GET", "/api/orders/"+h.id, "")
		} else {
			body := fmt.Sprintf(`{"quantity":%d}`, in.quantity)
			a = e.do("PATCH", "/api/orders/"+h.id+"/items/"+h.line, body, "Idempotency-Key", fmt.Sprint("h", in.quantity))
		}
		if a.ok() {
			o := parse[row](h.f.t, a.body)
			quantity, _ := o.Items[0].Quantity.Int64()
			out = outcomeSeen{true, o.Version, int(quantity)}
			break
		}
		if a.failed == nil && a.status != 503 {
			h.f.t.Errorf("%v: %v", in, a)
			break
		}
		time.Sleep(300 * time.Millisecond)
	}
	if !out.known && in.quantity == 0 {
		return
	}
	end := time.Since(h.began).Nanoseconds()
	if !out.known { // it may take effect at any time from now on
		end = 1 << 62
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: end})
}

// wantLinearizable ends the clients and checks what they saw; undecided is a failure.
func (h *history) wantLinearizable() {
	h.f.t.Helper()
	close(h.stop)
	h.all.Wait()
	h.f.t.Logf("%d operations in the history", len(h.operations))
	if result := porcupine.CheckOperationsTimeout(orderModel, h.operations, patience); result != porcupine.Ok {
		h.f.t.Errorf("history of %d operations on an order of %s: %s\n%v", len(h.operations), h.org, result, h.operations)
	}
}

// TestPlantedFaultsAreFound: the check would see a lost write, a stale read and
// a change that happened twice.
func TestPlantedFaultsAreFound(t *testing.T) {
	op := func(client int, call, end int64, quantity int, out outcomeSeen) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: operation{quantity}, Call: call, Output: out, Return: end}
	}
	sound := []porcupine.Operation{
		op(1, 0, 10, 5, outcomeSeen{true, 2, 5}),
		op(2, 5, 30, 7, outcomeSeen{}), // nobody knows
		op(1, 11, 20, 0, outcomeSeen{true, 2, 5}),
		op(3, 40, 50, 9, outcomeSeen{true, 4, 9}),
		op(1, 60, 70, 0, outcomeSeen{true, 4, 9}),
	}
	if !porcupine.CheckOperations(orderModel, sound) {
		t.Error("a sound history is refused")
	}
	for what, fault := range map[string]porcupine.Operation{
		"a lost write":   op(4, 80, 90, 0, outcomeSeen{true, 2, 5}),
		"a stale read":   op(4, 55, 58, 0, outcomeSeen{true, 3, 7}),
		"a double write": op(4, 80, 90, 0, outcomeSeen{true, 5, 9}),
	} {
		if porcupine.CheckOperations(orderModel, append(sound[:len(sound):len(sound)], fault)) {
			t.Errorf("%s is not found", what)
		}
	}
}
