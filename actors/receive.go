package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// maxUndrainedRecords bounds what an organisation may have that the Store does
// not: beyond it the Store has been away too long and writes are refused.
const maxUndrainedRecords = 200_000

// maxOpenOrders bounds the open orders of one organisation.
const maxOpenOrders = 250_000

// receive takes a command. Checked in order: token, key, If-Match, rule.
func (a *orgActor) receive(c actor.Context, m *call) {
	if !a.ready {
		a.early = append(a.early, m)
		return
	}
	if m.abandoned() {
		delete(a.absent, m)
		return
	}
	if len(a.releasing) > 0 {
		delete(a.absent, m)
		m.fail(errMoved)
		return
	}
	r := m.request
	if a.tentative.Refuses(r.By) {
		a.refuse(m, errRevoked)
		return
	}
	if r.Key != "" && a.known(m) {
		return
	}
	if r.IfMatch.Set && !versioned(r.Command) {
		a.refuse(m, errNoVersion)
		return
	}
	if a.seq-a.org.drained.Load() > maxUndrainedRecords {
		m.fail(errBacklog)
		return
	}
	if refusal := a.budget.admit(a.engine.nowMS()); refusal != nil {
		m.fail(refusal)
		return
	}
	sent := r.Bytes
	a.written = 0
	switch command := r.Command.(type) {
	case outlet.Command:
		a.changeOutlet(m, command)
	case *order.BatchStatus:
		a.changeMany(c, m, command)
	case *order.Create:
		a.create(m, command)
	case *order.BatchCreate:
		a.createMany(m, command)
	case order.Command:
		a.changeOrder(c, m, command)
	default:
		m.fail(domain.Refuse(domain.BadRequest, "Unknown command"))
	}
	a.budget.charge(a.written, sent)
	a.submit()
}

var (
	errRevoked       = domain.Refuse(domain.Unauthenticated, "Token revoked")
	errNotFound      = domain.Refuse(domain.OrderNotFound, "Order not found")
	errBacklog       = domain.Refuse(domain.Overloaded, "The document store is too far behind")
	errKeysFull      = domain.Refuse(domain.Overloaded, "Too many idempotency keys within a day")
	errReused        = domain.Refuse(domain.KeyReused, "The idempotency key was used with another request")
	errNoVersion     = domain.Blame(domain.BadRequest, "If-Match", "names the version of one order or document; this call has none")
	errFull          = domain.Refuse(domain.Overloaded, "Too many commands wait for this order")
	errDamaged       = domain.Refuse(domain.OrderQuarantined, "Order is quarantined: its record in the log is damaged; it can neither be read nor changed")
	errDamagedAnswer = domain.Refuse(domain.OrderQuarantined, "This key was answered before, and the record of that is damaged: look what became of it under another key")
	errPoisoned      = domain.Refuse(domain.OrderQuarantined, "Order is quarantined after an internal error; it can be read")
)

// versioned reports whether a command changes something that has a version
// before it.
func versioned(command domain.Command) bool {
	switch command.(type) {
	case *order.Create, *order.BatchCreate, *order.BatchStatus, *outlet.Revoke:
		return false
	}
	return true
}

// known answers a command whose key was seen before, and reports whether it was.
func (a *orgActor) known(m *call) bool {
	key := persistence.HashKey(m.request.Key)
	if p, pending := a.pending[key]; pending {
		twin := answer{call: m, reply: p.reply}
		twin.reply.Replayed = true
		if p.image {
			twin.reply.Body = order.View(m.request.By.Role, p.reply.Body)
		}
		if p.asked != m.request.Fingerprint {
			twin = answer{call: m, err: errReused}
		}
		p.batch.answers = append(p.batch.answers, twin)
		return true
	}
	if seq, seen := a.keys.seqs[key]; seen {
		go a.engine.replay(a.org, seq, m)
		return true
	}
	if refusal := a.roomForKey(m.request.By.User); refusal != nil {
		m.fail(refusal)
		return true
	}
	return false
}

// roomForKey refuses a user's next key where there is no room for it.
func (a *orgActor) roomForKey(user string) *domain.Error {
	if a.engine.keys.Load() >= maxProcessKeys {
		return errKeysFull
	}
	return a.keys.users.admit(user, 1, len(a.keys.seqs), maxKeys, errKeysFull, "idempotency keys")
}

// refuse answers with an error. One that rests on settings or a menu that are
// not durable yet goes out when they are.
func (a *orgActor) refuse(m *call, err *domain.Error) {
	a.settle(answer{call: m, err: err})
}

// settle sends an answer that changed nothing, when what it rests on is durable.
func (a *orgActor) settle(w answer) {
	if b := a.newest(); b != nil && a.tentative != a.committed {
		b.answers = append(b.answers, w)
		return
	}
	w.call.answer(w.reply, w.err)
}

// now is the time of the next record: the clock, but never before the last.
func (a *orgActor) now() int64 {
	at := a.engine.nowMS()
	if late := a.at - at; late >= 0 {
		a.org.lateMS.Store(late)
		return a.at
	}
	if a.org.lateMS.Load() > 0 {
		a.org.lateMS.Store(0)
	}
	a.at = at
	return at
}

// stamp makes the record of a command's event, with the key on the first.
func (a *orgActor) stamp(r *domain.Request, kind, entity string, version uint64, first bool) domain.Record {
	rec := domain.Record{Kind: kind, Entity: entity, Version: version, At: a.at, By: r.By}
	if first && r.Key != "" {
		rec.Key, rec.Asked = r.Key, r.Fingerprint
	}
	return rec
}

// propose remembers the answer to a command whose records are in the open batch.
func (a *orgActor) propose(m *call, reply domain.Reply, image bool) {
	r := m.request
	if r.Key != "" {
		a.pending[persistence.HashKey(r.Key)] = &proposal{batch: a.open, asked: r.Fingerprint, reply: reply, image: image}
	}
	if image {
		reply.Body = order.View(r.By.Role, reply.Body)
	}
	a.open.answers = append(a.open.answers, answer{call: m, reply: reply})
}

// remember answers a command that has nothing to do. Under a key that is an
// event which no audience sees, so that the key gives the same answer again.
func (a *orgActor) remember(m *call, reply domain.Reply) {
	if m.request.Key == "" {
		a.settle(answer{call: m, reply: reply})
		return
	}
	a.now()
	rec := a.stamp(m.request, outlet.KeyRemembered{}.Kind(), "", a.seq+1, true)
	rec.Data, rec.Answer = encode(outlet.KeyRemembered{Version: reply.Version}), reply.Body
	a.record(&rec)
	a.propose(m, reply, true)
}

func (a *orgActor) changeOutlet(m *call, command outlet.Command) {
	r := m.request
	if r.IfMatch.Set && r.IfMatch.Value != a.outletVersion(command) {
		a.refuse(m, domain.Refuse(domain.VersionMismatch, "Changed since; read it again"))
		return
	}
	meta := outlet.Meta{By: r.By, At: a.now(), Clock: a.engine.nowMS(), Seq: a.seq + 1, Orders: a.number, NewID: a.engine.newID()}
	d, refusal := outlet.Decide(a.tentative, command, &meta)
	if refusal != nil {
		a.refuse(m, refusal)
		return
	}
	reply := domain.Reply{Body: d.Answer, Version: meta.Seq}
	if d.Event == nil {
		reply.Version = a.outletVersion(command)
		a.remember(m, reply)
		return
	}
	rec := a.stamp(r, d.Event.Kind(), "", meta.Seq, true)
	rec.Data, rec.Answer = encode(d.Event), d.Answer
	a.record(&rec)
	if d.Next.Settings != a.tentative.Settings {
		a.engine.stats.rulesCompiled.Add(1)
	}
	a.tentative = d.Next
	a.open.outlet = d.Next
	a.propose(m, reply, false)
}

func (a *orgActor) outletVersion(command outlet.Command) uint64 {
	if _, settings := command.(*outlet.PutSettings); settings {
		return a.tentative.Settings.Version
	}
	return a.tentative.Menu.Version
}

// drainedTo notes how far the Store has followed.
func (o *org) drainedTo(through uint64) {
	for before := o.drained.Load(); before < through; before = o.drained.Load() {
		if o.drained.CompareAndSwap(before, through) {
			o.view.drained(through)
		}
	}
}

// settleKeys moves keys whose effect is durable from pending to the window.
func (a *orgActor) settleKeys(rows []persistence.KeyRow, users []string) {
	added := 0
	for i, row := range rows {
		delete(a.pending, row.Hash)
		if a.keys.add(row, users[i]) {
			added++
		}
	}
	a.countKeys(added)
}

// countKeys tells the process and whoever watches the organisation how many keys
// there are.
func (a *orgActor) countKeys(added int) {
	a.org.keys.Store(int64(len(a.keys.seqs)))
	a.engine.keys.Add(int64(added))
}
