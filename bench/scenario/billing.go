package scenario

import (
	"context"

	"heard/bench/load"
)

// billing has bills of ten lines computed; nothing is stored.
func billing() Scenario {
	return Scenario{
		Name: "billing", Says: "POST /api/orders/calculate, ten lines",
		Connections: defaultConnections, Operations: []string{"calculate"},
		Prepare: func(_ context.Context, t *Target) (func(int) load.Worker, error) {
			bodies := orders(t.random(-1), 10, 10)
			return func(connection int) load.Worker { return &asker{t.waiter(connection, bodies)} }, nil
		},
	}
}

type asker struct{ waiter }

// Send asks for a bill.
func (a *asker) Send(load.Turn) (int, error) {
	_, err := a.exchange.Do("POST", "/api/orders/calculate", a.bodies[a.random.IntN(len(a.bodies))])
	return 0, err
}
