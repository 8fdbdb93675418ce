package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/order"
)

// changeMany moves many orders as one record with one key and one answer. It is
// decided when none of them has a change pending; until then it waits for the
// first that has.
func (a *orgActor) changeMany(c actor.Context, m *call, command *order.BatchStatus) {
	if refusal := command.Check(); refusal != nil {
		a.refuse(m, refusal)
		return
	}
	for _, u := range command.Updates {
		if e, here := a.orders[u.OrderID]; (!here || e.busy || e.loading) && !a.missing(u.OrderID, m) {
			a.free(u.OrderID, m)
			return
		}
	}
	if a.tooLarge(command) {
		a.refuse(m, errBatchTooLarge)
		return
	}
	a.prepare(m.request)
	rows := make([]row, len(command.Updates))
	last := map[string]*order.Order{}
	for i, u := range command.Updates {
		if !a.decideRow(c, m, &rows[i], u, last) {
			return
		}
	}
	a.commitRows(m, rows)
}

// maxBatchImageBytes bounds what one batch command writes: each row keeps its
// order whole, and as much again in its event where it is new. With what was
// waiting before, up to maxBatchBytes, it must fit into one document of MongoDB,
// 16 MiB, where the log's entries are archived.
const maxBatchImageBytes = 6 << 20

var errBatchTooLarge = domain.Blame(domain.PayloadTooLarge, "updates", "the orders are too large for one batch; send fewer at once")

func (a *orgActor) tooLarge(command *order.BatchStatus) bool {
	total := 0
	for _, u := range command.Updates {
		if e, here := a.orders[u.OrderID]; here && e.doc != nil {
			total += len(e.doc.Body)
		}
	}
	return total > maxBatchImageBytes
}

// missing reports that the Store was asked for an order for this command and
// does not have it: its row says so.
func (a *orgActor) missing(id string, m *call) bool { return a.absent[m] != nil && a.absent[m][id] }

// row is one update of a batch on its way.
type row struct {
	entry    *entry
	decision order.Decision
	result   order.StatusResult
}

// decideRow decides one row on the state the rows before left. It answers false
// when the batch has to wait for settings.
func (a *orgActor) decideRow(c actor.Context, m *call, r *row, u order.StatusUpdate, last map[string]*order.Order) bool {
	r.result.OrderID = u.OrderID
	e, here := a.orders[u.OrderID]
	if !here {
		r.result.Code = domain.OrderNotFound
		return true
	}
	if e.quarantined {
		r.result.Code = domain.OrderQuarantined
		return true
	}
	d, refusal := a.decideOrder(c, e, &order.SetStatus{Status: u.Status}, last[u.OrderID])
	if a.ask.missing {
		a.fetchSettings(e, a.ask.version, m)
		return false
	}
	if refusal == nil && d.Event != nil && a.returnsToOccupied(e, d.Next, last) {
		refusal = order.ErrTableOccupied(d.Next.TableID)
	}
	r.entry = e
	switch {
	case refusal != nil:
		r.result.Code = refusal.Code
		r.result.Status, r.result.Version = order.Status(e.doc.Status), e.doc.Version
		if before := last[u.OrderID]; before != nil {
			r.result.Status, r.result.Version = before.Status, before.Version
		}
	case d.Next != nil:
		r.decision, last[u.OrderID] = d, d.Next
		r.result.Status, r.result.Version = d.Next.Status, d.Next.Version
	}
	return true
}

// commitRows puts what the rows came to into one batch; the first record has
// the key and the whole answer.
func (a *orgActor) commitRows(m *call, rows []row) {
	delete(a.absent, m)
	results := make([]order.StatusResult, len(rows))
	for i := range rows {
		results[i] = rows[i].result
	}
	reply := domain.Reply{Body: order.AppendResults(nil, results)}
	first := true
	for i := range rows {
		if d := &rows[i].decision; d.Event != nil {
			a.stage(m.request, rows[i].entry, d, a.encodeImage(d.Next), first, reply.Body)
			first = false
		}
	}
	if first {
		a.remember(m, reply)
		return
	}
	a.propose(m, reply, false)
}
