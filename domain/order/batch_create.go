package order

import (
	"encoding/json"
	"fmt"

	"heard/domain"
)

// MaxBatchOrders bounds one batch of new orders.
const MaxBatchOrders = 1000

// BatchCreate places many orders as one record with one key and one answer. A
// row is what POST /api/orders takes; one that is refused changes nothing and
// says why.
type BatchCreate struct {
	domain.Keyed
	Orders []Create `json:"orders"`
}

// Kind names the command.
func (*BatchCreate) Kind() string { return "order.batch_create" }

// Check refuses a batch that is no batch, and rows that ask for a key of their
// own: the batch has one, or none. Under it a row's client_order_id is the
// order's, as it is beside a key of POST /api/orders; without one it would be a
// key that nobody keeps.
func (c *BatchCreate) Check(m *Meta, keyed bool) *domain.Error {
	if len(c.Orders) == 0 || len(c.Orders) > MaxBatchOrders {
		return domain.Blame(domain.ValidationError, "orders", fmt.Sprintf("Provide 1-%d orders", MaxBatchOrders))
	}
	if err := m.policy().May(m.By, "create"); err != nil {
		return err
	}
	for i := range c.Orders {
		if c.Orders[i].IdempotencyKey != "" {
			return domain.Blame(domain.ValidationError, fmt.Sprintf("orders[%d].idempotency_key", i), "a batch has one key, beside orders or in the header")
		}
		if c.Orders[i].ClientOrderID != "" && !keyed {
			return domain.Blame(domain.ValidationError, fmt.Sprintf("orders[%d].client_order_id", i), "is no key in a batch: send an Idempotency-Key for all of it")
		}
	}
	return nil
}

// BatchResult says what became of the rows of a batch, for the log. The orders
// that were placed have records of their own there, in the order of their rows.
type BatchResult struct {
	Placed  int          `json:"placed"`
	Refused []RefusedRow `json:"refused,omitempty"`
}

// RefusedRow is a row that changed nothing: its index, and what POST /api/orders
// would have said.
type RefusedRow struct {
	Row int `json:"row"`
	*domain.Error
}

// PlacedRow is an order that a batch placed.
type PlacedRow struct {
	ID    string
	Image []byte
}

// AppendAnswer writes the answer clients get: every row's order or refusal.
func (r *BatchResult) AppendAnswer(b []byte, placed []PlacedRow) []byte {
	domain.Assert(len(placed) == r.Placed, "%d orders of a batch, %d are at hand", r.Placed, len(placed))
	refused := r.Refused
	b = append(b, `{"results":[`...)
	for i := range len(placed) + len(refused) {
		if i > 0 {
			b = append(b, ',')
		}
		if len(refused) > 0 && refused[0].Row == i {
			data, err := json.Marshal(refused[0].Error)
			domain.Assert(err == nil, "refusal does not encode: %v", err)
			b, refused = append(b, data...), refused[1:]
			continue
		}
		b = append(append(b, `{"order_id":"`...), placed[0].ID...)
		b = append(append(b, `","status":"pending","version":1,"order":`...), placed[0].Image...)
		b, placed = append(b, '}'), placed[1:]
	}
	return append(b, ']', '}')
}
