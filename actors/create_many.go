package actors

import (
	"fmt"
	"runtime/debug"
	"time"

	"heard/domain"
	"heard/domain/order"
)

// createMany places the orders of a batch as one record with one key and one
// answer. Each row is decided on what the rows before it came to; nothing is
// staged before all are decided.
func (a *orgActor) createMany(m *call, command *order.BatchCreate) {
	a.prepareNew(m.request)
	if refusal := command.Check(&a.meta, m.request.Key != ""); refusal != nil {
		a.refuse(m, refusal)
		return
	}
	if refusal := a.roomForOrders(m.request.By.User, len(command.Orders)); refusal != nil {
		m.fail(refusal)
		return
	}
	rows, result, bytes := a.decideRows(command)
	if bytes > maxBatchImageBytes {
		a.refuse(m, errOrdersTooLarge)
		return
	}
	a.placeRows(m, command, rows, result, bytes)
}

var (
	errTooManyOpen    = domain.Refuse(domain.Overloaded, "Too many open orders")
	errOrdersTooLarge = domain.Blame(domain.PayloadTooLarge, "orders", fmt.Sprintf("come to more than %d bytes together; send fewer at once", maxBatchImageBytes))
)

// newRow is an order of a batch that is to be placed.
type newRow struct {
	decision order.Decision
	image    []byte
}

// decideRows answers the orders to be placed, what became of all rows, and how
// much the images are together, bytes.
func (a *orgActor) decideRows(command *order.BatchCreate) (rows []newRow, result *order.BatchResult, bytes int) {
	rows, result = make([]newRow, 0, len(command.Orders)), &order.BatchResult{}
	taken := map[string]bool{} // tables, by rows before
	for i := range command.Orders {
		d, refusal := a.decideNew(&command.Orders[i], taken)
		var image []byte
		if refusal == nil {
			image = a.encodeImage(d.Next)
			refusal = d.CheckImage(len(image))
		}
		if refusal != nil {
			result.Refused = append(result.Refused, order.RefusedRow{Row: i, Error: refusal})
			continue
		}
		if a.tentative.Settings.OneOrderPerTable {
			taken[d.Next.TableID] = true
		}
		rows = append(rows, newRow{d, image})
		if bytes += len(image); bytes > maxBatchImageBytes {
			break // it is refused anyway
		}
		a.meta.Number++
		a.meta.NewID = a.engine.newID()
	}
	result.Placed = len(rows)
	return rows, result, bytes
}

// placeRows puts the orders into one batch; the first record has the key and
// what became of the rows.
func (a *orgActor) placeRows(m *call, command *order.BatchCreate, rows []newRow, result *order.BatchResult, bytes int) {
	placed := make([]order.PlacedRow, len(rows))
	for i := range rows {
		placed[i] = order.PlacedRow{ID: rows[i].decision.Next.ID, Image: rows[i].image}
	}
	reply := domain.Reply{Body: result.AppendAnswer(make([]byte, 0, bytes+len(rows)*128+len(result.Refused)*256), placed)}
	reply.Ignored = command.Ignored(result, func(i int) *order.Order { return rows[i].decision.Next })
	switch {
	case len(rows) == 0 && m.request.Key == "":
		a.newestAnswer(answer{call: m, reply: reply})
		return
	case len(rows) == 0:
		a.remember(m, reply)
		return
	}
	a.writer.Grow(2 * bytes) // an event says no more than the image beside it
	kept := encode(result)
	for i := range rows {
		d := &rows[i].decision
		a.stage(m.request, nil, d, rows[i].image, i == 0, kept)
	}
	a.propose(m, reply, true)
}

// prepareNew prepares for a command that makes orders: under the current
// settings, from the next number on.
func (a *orgActor) prepareNew(r *domain.Request) {
	a.prepare(r)
	a.meta.NewID, a.meta.Number, a.meta.Settings = a.engine.newID(), a.number+1, a.tentative.Settings
}

// decideNew decides a new order. It has no actor yet: that comes with its first
// change, so that an order nobody touches costs none. taken are tables that rows
// before it in the same batch have taken.
func (a *orgActor) decideNew(command *order.Create, taken map[string]bool) (d order.Decision, refusal *domain.Error) {
	table := command.TableOf()
	if a.tentative.Settings.OneOrderPerTable && table != order.Counter && (a.tables[table] > 0 || taken[table]) {
		return d, order.ErrTableOccupied(table)
	}
	defer func() {
		if p := recover(); p != nil {
			a.engine.stats.quarantined.Add(1)
			a.log.Error("new order refused: its command panicked", "panic", fmt.Sprintf("%v\n%s", p, debug.Stack()))
			d, refusal = order.Decision{}, errNotDecided
		}
	}()
	bills, started := a.pricer.Calculations, time.Now()
	d, refusal = order.Decide(nil, command, &a.meta)
	if n := a.pricer.Calculations - bills; n > 0 {
		a.engine.stats.priced(n, time.Since(started))
	}
	return d, refusal
}

var errNotDecided = domain.Refuse(domain.Internal, "Internal error")
