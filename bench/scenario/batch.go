package scenario

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-json-experiment/json"

	"heard/bench/load"
)

// batch places orders by the hundred, as a marketplace hands them over. A row
// that was refused is an error of its batch.
func batch() Scenario {
	return Scenario{
		Name: "batch", Says: "POST /api/orders/batch, --batch orders each",
		Connections: 16, Leaves: true, Operations: []string{"batch"}, Batched: true,
		Prepare: func(_ context.Context, t *Target) (func(int) load.Worker, error) {
			bodies := orders(t.random(-1), 1, 5)
			return func(connection int) load.Worker {
				return &hauler{waiter: t.waiter(connection, bodies), rows: t.Batch}
			}, nil
		},
	}
}

// A hauler sends batch after batch.
type hauler struct {
	waiter
	rows   int
	body   []byte
	looked bool // at an answer, row by row
}

// Send places a batch.
func (h *hauler) Send(load.Turn) (int, error) {
	h.body = append(h.body[:0], `{"orders":[`...)
	for i := range h.rows {
		if i > 0 {
			h.body = append(h.body, ',')
		}
		h.body = append(h.body, h.bodies[h.random.IntN(len(h.bodies))]...)
	}
	h.body = append(h.body, `]}`...)
	answer, err := h.exchange.Do("POST", "/api/orders/batch", h.body)
	if err != nil {
		return 0, err
	}
	// A refused row has a code; to read every answer row by row would cost more than
	// to send it.
	if h.looked && !bytes.Contains(answer, []byte(`"code":`)) {
		return 0, nil
	}
	h.looked = true
	return 0, h.look(answer)
}

func (h *hauler) look(answer []byte) error {
	var placed struct {
		Results []struct {
			OrderID string `json:"order_id"`
			Code    string `json:"code"`
			Detail  string `json:"detail"`
		} `json:"results"`
	}
	if err := json.Unmarshal(answer, &placed); err != nil || len(placed.Results) != h.rows {
		return &load.Fault{Kind: fmt.Sprintf("POST /api/orders/batch: %d results of %d orders", len(placed.Results), h.rows), Answered: true}
	}
	for i, row := range placed.Results {
		if row.OrderID == "" {
			return &load.Fault{Kind: "POST /api/orders/batch: a row: " + row.Code, Text: fmt.Sprintf("row %d: %s", i, row.Detail), Answered: true}
		}
	}
	return nil
}
