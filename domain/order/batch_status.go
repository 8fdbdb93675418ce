package order

import (
	"fmt"
	"strconv"

	"heard/domain"
)

// MaxBatchUpdates bounds one batch.
const MaxBatchUpdates = 100

// BatchStatus moves many orders as one record with one key and one answer. Rows
// that are refused change nothing and say why.
type BatchStatus struct {
	domain.Keyed
	Updates []StatusUpdate `json:"updates"`
}

// StatusUpdate is one row of a batch.
type StatusUpdate struct {
	OrderID string `json:"order_id"`
	Status  string `json:"status"`
}

// StatusResult says what became of a row. Status is the order's afterwards, ""
// where there is no such order; Code is empty where the row was carried out.
type StatusResult struct {
	OrderID string
	Status  Status
	Version uint64
	Code    domain.Code
}

// Kind names the command.
func (*BatchStatus) Kind() string { return "order.batch_status" }

// Check refuses a batch that is no batch.
func (c *BatchStatus) Check() *domain.Error {
	if len(c.Updates) == 0 || len(c.Updates) > MaxBatchUpdates {
		return domain.Blame(domain.ValidationError, "updates", fmt.Sprintf("Provide 1-%d updates", MaxBatchUpdates))
	}
	for i := range c.Updates {
		if err := domain.CheckID(fmt.Sprintf("updates[%d].order_id", i), c.Updates[i].OrderID); err != nil {
			return err
		}
		if c.Updates[i].Status == "" {
			return domain.Blame(domain.ValidationError, fmt.Sprintf("updates[%d].status", i), "is required")
		}
	}
	return nil
}

// AppendResults writes the answer of a batch.
func AppendResults(b []byte, results []StatusResult) []byte {
	b = append(b, `{"results":[`...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"order_id":`...), r.OrderID)
		if r.Status != "" {
			b = append(append(append(b, `,"status":"`...), r.Status...), `","version":`...)
			b = strconv.AppendUint(b, r.Version, 10)
		}
		if r.Code != "" {
			b = append(append(append(b, `,"code":"`...), r.Code...), '"')
		}
		b = append(b, '}')
	}
	return append(b, ']', '}')
}
