package scenario

import (
	"context"

	"heard/bench/load"
)

// create places orders of one to five lines, without a key, as a till does.
func create() Scenario {
	return Scenario{
		Name: "create", Says: "POST /api/orders, one to five lines",
		Connections: defaultConnections, Leaves: true, Operations: []string{"create"},
		Prepare: func(_ context.Context, t *Target) (func(int) load.Worker, error) {
			bodies := orders(t.random(-1), 1, 5)
			return func(connection int) load.Worker { return &creator{t.waiter(connection, bodies)} }, nil
		},
	}
}

type creator struct{ waiter }

// Send places an order.
func (c *creator) Send(load.Turn) (int, error) {
	_, err := c.place()
	return 0, err
}
