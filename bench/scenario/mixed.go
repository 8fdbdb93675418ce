package scenario

import (
	"context"

	"heard/bench/load"
)

// remembered is how many open orders a connection goes on working with.
const remembered = 64

// mixed is an evening: of ten requests six place an order, three move one on and
// one reads one.
func mixed() Scenario {
	return Scenario{
		Name: "mixed", Says: "60 % creates, 30 % status changes, 10 % reads",
		Connections: defaultConnections, Leaves: true, Operations: []string{"create", "status", "read"},
		Prepare: func(_ context.Context, t *Target) (func(int) load.Worker, error) {
			bodies := orders(t.random(-1), 1, 5)
			return func(connection int) load.Worker { return &evening{waiter: t.waiter(connection, bodies)} }, nil
		},
	}
}

type evening struct {
	waiter
	open []openOrder
}

type openOrder struct {
	id    string
	moves int // done
}

// Send does what the dice say; with no open order that is a create.
func (e *evening) Send(load.Turn) (int, error) {
	dice := e.random.IntN(10)
	switch {
	case dice < 6 || len(e.open) == 0:
		id, err := e.place()
		if err != nil {
			return 0, err
		}
		if len(e.open) == remembered {
			e.forget(e.random.IntN(remembered))
		}
		e.open = append(e.open, openOrder{id: id})
		return 0, nil
	case dice < 9:
		i := e.random.IntN(len(e.open))
		o := &e.open[i]
		err := e.move(o.id, course[o.moves])
		if o.moves++; err != nil || o.moves == len(course) {
			e.forget(i)
		}
		return 1, err
	default:
		return 2, e.read(e.open[e.random.IntN(len(e.open))].id)
	}
}

func (e *evening) forget(i int) {
	last := len(e.open) - 1
	e.open[i] = e.open[last]
	e.open = e.open[:last]
}
