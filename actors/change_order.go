package actors

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

func (a *orgActor) create(m *call, command *order.Create) {
	if refusal := a.roomForOrders(m.request.By.User, 1); refusal != nil {
		m.fail(refusal)
		return
	}
	a.prepareNew(m.request)
	d, refusal := a.decideNew(command, nil)
	switch {
	case refusal != nil && refusal.Code == domain.TableOccupied:
		a.newestAnswer(answer{call: m, err: refusal})
	case refusal != nil:
		a.refuse(m, refusal)
	default:
		a.commit(m, nil, &d)
	}
}

// newestAnswer sends an answer that rests on orders that may be pending.
func (a *orgActor) newestAnswer(w answer) {
	if b := a.newest(); b != nil {
		b.answers = append(b.answers, w)
		return
	}
	w.call.answer(w.reply, w.err)
}

func (a *orgActor) prepare(r *domain.Request) {
	a.meta = order.Meta{Org: a.org.id, By: r.By, At: a.now(), Policy: a.tentative.Settings, Menu: a.tentative.Menu, Pricer: &a.pricer}
}

func (a *orgActor) changeOrder(c actor.Context, m *call, command order.Command) {
	e := a.free(m.request.Order, m)
	if e == nil {
		return
	}
	r := m.request
	if r.IfMatch.Set && r.IfMatch.Value != e.doc.Version {
		stale := domain.Refuse(domain.VersionMismatch, "Order has changed since; see current")
		stale.Current = order.View(r.By.Role, e.doc.Body)
		m.fail(stale)
		return
	}
	a.prepare(r)
	d, refusal := a.decideOrder(c, e, command, nil)
	switch {
	case a.ask.missing:
		a.fetchSettings(e, a.ask.version, m)
	case refusal != nil:
		a.refuse(m, refusal)
	case d.Event == nil:
		a.remember(m, unchanged(r.By.Role, e.doc, d.Answer))
	case a.returnsToOccupied(e, d.Next, nil):
		a.newestAnswer(answer{call: m, err: order.ErrTableOccupied(d.Next.TableID)})
	default:
		a.commit(m, e, &d)
	}
}

// unchanged answers a command that had nothing to do.
func unchanged(role domain.Role, doc *persistence.Document, body []byte) domain.Reply {
	if body == nil {
		body = order.View(role, doc.Body)
	}
	return domain.Reply{Body: body, Version: doc.Version}
}

// free returns the order a command is for when it can be decided now. Else the
// call waits for the order, or was answered, and the result is nil.
func (a *orgActor) free(id string, m *call) *entry {
	e, here := a.orders[id]
	switch {
	case here && e.quarantined && e.doc.Lost:
		m.fail(errDamaged)
	case here && e.quarantined:
		m.fail(errPoisoned)
	case here && (e.busy || e.loading):
		if len(e.waiting) >= maxWaiting {
			m.fail(errFull)
			return nil
		}
		e.waiting = append(e.waiting, m)
	case here:
		return e
	case !domain.ValidID(id):
		m.fail(errNotFound)
	default:
		e = &entry{id: id, loading: true, waiting: []*call{m}}
		a.org.view.enter(e)
		go a.engine.load(a.org, id)
	}
	return nil
}

// decideOrder asks the order's actor. on replaces its committed state.
func (a *orgActor) decideOrder(c actor.Context, e *entry, command order.Command, on *order.Order) (order.Decision, *domain.Error) {
	if e.pid == nil {
		e.pid = c.Spawn(a.engine.orderProps)
	}
	a.ask = decide{command: command, meta: &a.meta, on: on, settings: a}
	if e.doc != nil {
		a.ask.image = e.doc.Body
	}
	bills, started := a.pricer.Calculations, time.Now()
	c.Send(e.pid, &a.ask) // runs on this goroutine, before Send returns
	if n := a.pricer.Calculations - bills; n > 0 {
		a.engine.stats.priced(n, time.Since(started))
	}
	if !a.ask.done {
		e.quarantined = true
		a.engine.stats.quarantined.Add(1)
		a.log.Error("order quarantined: its command panicked", "order", e.id, "command", command.Kind(), "panic", a.ask.panicked)
		return order.Decision{}, errPoisoned
	}
	return a.ask.decision, a.ask.refusal
}

// settingsAt finds the version an order was made under.
func (a *orgActor) settingsAt(version uint64) (*outlet.Settings, bool) {
	if s, ok := a.tentative.SettingsAt(version); ok {
		return s, true
	}
	s, ok := a.old[version]
	return s, ok
}

// commit puts a decision into the open batch and remembers its answer. No entry:
// a new order.
func (a *orgActor) commit(m *call, e *entry, d *order.Decision) {
	image := a.encodeImage(d.Next)
	if refusal := d.CheckImage(len(image)); refusal != nil {
		a.refuse(m, refusal)
		return
	}
	a.stage(m.request, e, d, image, true, d.Answer)
	reply := domain.Reply{Body: image, Version: d.Next.Version, Ignored: order.Ignored(m.request.Command, d.Next)}
	if d.Answer != nil {
		reply.Body = d.Answer
	}
	a.propose(m, reply, d.Answer == nil)
}

// encodeImage is exactly as long as it is: it is kept as long as the order.
func (a *orgActor) encodeImage(o *order.Order) []byte {
	a.image = o.AppendJSON(a.image[:0])
	return bytes.Clone(a.image)
}

// stage puts an order's event and next image into the open batch. No entry: a new
// order. The first record of a command has its key and answer.
func (a *orgActor) stage(r *domain.Request, e *entry, d *order.Decision, image []byte, first bool, answer []byte) {
	next := d.Next
	rec := a.stamp(r, d.Event.Kind(), next.ID, next.Version, first)
	a.scratch = order.AppendEvent(a.scratch[:0], d.Event, &a.meta)
	rec.Data, rec.Image = a.scratch, image
	if first {
		rec.Answer = answer
	}
	doc := persistence.DocumentOf(next, image)
	doc.Offset = a.record(&rec)
	if e == nil {
		a.number++
		e = &entry{id: doc.ID} // the same piece of memory
		a.org.view.enter(e)
	}
	a.open.changes = append(a.open.changes, change{e, next, doc, a.seq})
	e.busy = true
	a.occupy(e, doc)
}

// occupy follows which tables have open orders.
func (a *orgActor) occupy(e *entry, d *persistence.Document) {
	if e.openNow {
		a.openCount--
		a.openOf.add(e.waiter, -1)
		if a.tables[e.table]--; a.tables[e.table] <= 0 {
			delete(a.tables, e.table)
		}
	}
	e.openNow, e.table, e.waiter = d.Active, d.TableID, d.WaiterID
	if e.openNow {
		a.openCount++
		a.openOf.add(e.waiter, 1)
		a.tables[e.table]++
	}
	a.org.open.Store(int64(a.openCount))
}

// roomForOrders refuses a user's next orders where there is no room for them.
func (a *orgActor) roomForOrders(user string, n int) *domain.Error {
	return a.openOf.admit(user, n, a.openCount, maxOpenOrders, errTooManyOpen, "open orders")
}

// returnsToOccupied reports whether an order that was closed would be open again
// on a table that has another one. rows is what earlier rows of the same batch
// came to.
func (a *orgActor) returnsToOccupied(e *entry, next *order.Order, rows map[string]*order.Order) bool {
	open := e.openNow
	if before := rows[e.id]; before != nil {
		open = before.Status.Open()
	}
	if open || !next.Status.Open() || !a.tentative.Settings.OneOrderPerTable || next.TableID == order.Counter {
		return false
	}
	others := a.tables[next.TableID]
	for id, o := range rows {
		if o.TableID != next.TableID {
			continue
		}
		if a.orders[id].openNow {
			others--
		}
		if o.Status.Open() {
			others++
		}
	}
	return others > 0
}

// encode writes what is not on a hot path.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	domain.Assert(err == nil, "%T does not encode: %v", v, err)
	return data
}
