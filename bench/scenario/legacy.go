package scenario

import (
	"context"

	"heard/bench/load"
)

// legacyOrder is what the old load test sends, each time the same and without a
// key.
const legacyOrder = `{"table_id":"table1","table_number":1,"items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`

// legacy is the old load test: a thousand creates at once. Its client opened a
// hundred connections and started each clock before the wait for one, so its
// figures hold ten waves; those from the moment of sending stand beside.
func legacy() Scenario {
	return Scenario{
		Name: "legacy", Says: "the old load test: 1,000 equal creates at once over 100 connections",
		Connections: 100, Burst: 1000, Leaves: true, Operations: []string{"create"},
		Prepare: func(_ context.Context, t *Target) (func(int) load.Worker, error) {
			bodies := [][]byte{[]byte(legacyOrder)}
			return func(connection int) load.Worker { return &creator{t.waiter(connection, bodies)} }, nil
		},
	}
}
