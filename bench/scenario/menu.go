package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"heard/bench/load"
)

// dishes is the length of the menu where there is none yet.
const dishes = 200

// menu reads the whole menu, as a terminal does when it starts. An organisation
// that has a menu keeps it.
func menu() Scenario {
	return Scenario{
		Name: "menu", Says: "GET /api/menu, 200 dishes where there was no menu",
		Connections: defaultConnections, Operations: []string{"menu"},
		Prepare: func(ctx context.Context, t *Target) (func(int) load.Worker, error) {
			for organisation := range t.Tokens {
				if err := writeMenu(t.exchange(organisation)); err != nil {
					return nil, err
				}
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			return func(connection int) load.Worker { return &terminal{t.exchange(connection)} }, nil
		},
	}
}

func writeMenu(x *load.Exchange) error {
	there, err := x.Do("GET", "/api/menu", nil)
	if err != nil || !bytes.Equal(bytes.TrimSpace(there), []byte("[]")) {
		return err
	}
	items := make([]map[string]any, dishes)
	for i := range items {
		items[i] = map[string]any{"id": fmt.Sprintf("dish-%d", i), "name": fmt.Sprintf("Dish number %d", i),
			"category": fmt.Sprintf("Category %d", i/20), "price": 40 + i, "available": true}
	}
	body, err := json.Marshal(items)
	if err != nil {
		return err
	}
	_, err = x.Do("PUT", "/api/menu", body)
	return err
}

type terminal struct{ exchange *load.Exchange }

// Send reads the menu.
func (m *terminal) Send(load.Turn) (int, error) {
	_, err := m.exchange.Do("GET", "/api/menu", nil)
	return 0, err
}
