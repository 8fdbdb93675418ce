package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// storeTimeoutMS bounds one read of the Store for a command.
const storeTimeoutMS = 5_000

var errStore = domain.Refuse(domain.StoreUnavailable, "The document store cannot be read now; repeat the request")

// loaded is an order that had left memory, read from the Store, or settings it
// was made under, read from the log.
type loaded struct {
	id       string
	doc      *persistence.Document
	settings *outlet.Settings
	err      error
}

// load reads an order that has left memory.
func (e *Engine) load(o *org, id string) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeoutMS*time.Millisecond)
	defer cancel()
	m := &loaded{id: id}
	doc, err := e.store.Order(ctx, o.id, id)
	if m.err = err; err == nil {
		m.doc = &doc
	}
	e.note(err)
	e.system.Root.Send(o.pid, m)
}

// fetchSettings reads a settings version that is no longer at hand; the command
// waits for it with the order.
func (a *orgActor) fetchSettings(e *entry, version uint64, m *call) {
	e.loading = true
	e.waiting = append([]*call{m}, e.waiting...)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeoutMS*time.Millisecond)
		defer cancel()
		s, err := a.engine.settingsOf(ctx, a.org, version)
		a.engine.note(err)
		a.engine.system.Root.Send(a.org.pid, &loaded{id: e.id, settings: s, err: err})
	}()
}

// settingsOf reads the settings that the event of a sequence number set.
func (e *Engine) settingsOf(ctx context.Context, o *org, version uint64) (*outlet.Settings, error) {
	rec, err := e.recordAt(ctx, o, version)
	if err != nil {
		return nil, err
	}
	var changed outlet.SettingsChanged
	if err := json.Unmarshal(rec.Data, &changed); err != nil {
		return nil, fmt.Errorf("settings %d: %w", version, err)
	}
	s := changed.Settings
	s.Version = version
	if refusal := s.Compile(); refusal != nil {
		return nil, refusal
	}
	return &s, nil
}

// loaded goes on with the commands that waited for it.
func (a *orgActor) loaded(c actor.Context, m *loaded) {
	e, here := a.orders[m.id]
	if !here || !e.loading {
		return
	}
	e.loading = false
	switch {
	case m.settings != nil:
		a.old[m.settings.Version] = m.settings
	case m.doc != nil:
		e.doc, e.quarantined = m.doc, m.doc.Lost
		a.occupy(e, m.doc)
		a.org.view.mu.Lock()
		a.org.view.put(e, m.doc)
		a.org.view.mu.Unlock()
		a.leaving = append(a.leaving, leaver{e, a.org.drained.Load(), a.engine.nowMS()})
	default:
		a.notLoaded(c, e, m.err)
		return
	}
	a.wake(c, e)
}

// notLoaded answers the commands for an order that cannot be had.
func (a *orgActor) notLoaded(c actor.Context, e *entry, err error) {
	if e.doc == nil {
		a.org.view.leave(e)
	}
	waiting := e.waiting
	e.waiting = nil
	for _, m := range waiting {
		_, many := m.request.Command.(*order.BatchStatus)
		switch {
		case !errors.Is(err, persistence.ErrNotFound):
			m.fail(errStore)
		case many:
			if a.absent[m] == nil {
				a.absent[m] = map[string]bool{}
			}
			a.absent[m][e.id] = true
			a.receive(c, m)
		default:
			a.refuse(m, errNotFound)
		}
	}
}

// recordAt reads one record of the log.
func (e *Engine) recordAt(ctx context.Context, o *org, seq uint64) (domain.Record, error) {
	entry, err := e.entryAt(ctx, o, seq)
	if err != nil {
		return domain.Record{}, err
	}
	rec, err := domain.ReadRecord(entry.Data, seq)
	return rec, persistence.DamageOf(o.id, seq, "", err)
}

// entryAt finds the entry of a record: among what is not drained, else in the
// Store's archive.
func (e *Engine) entryAt(ctx context.Context, o *org, seq uint64) (found persistence.Entry, err error) {
	for _, t := range o.view.undrained() {
		if t.entry.First <= seq && seq <= t.entry.Last {
			found = t.entry
		}
	}
	if found.Last == 0 {
		err = e.store.Archive(ctx, o.id, seq-1, func(entry persistence.Entry) error {
			found = entry
			return errStop
		})
	}
	if err != nil && !errors.Is(err, errStop) {
		return found, err
	}
	switch {
	case found.Lost:
		return found, fmt.Errorf("records %d to %d: %w", found.First, found.Last, persistence.ErrDamaged)
	case found.Data == nil || found.First > seq:
		return found, persistence.DamageOf(o.id, seq, "", errHole)
	}
	return found, nil
}

var errStop = errors.New("enough")

// replay answers a command whose key is known with its first answer.
func (e *Engine) replay(o *org, seq uint64, m *call) {
	e.replaying <- struct{}{}
	defer func() { <-e.replaying }()
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeoutMS*time.Millisecond)
	defer cancel()
	r := m.request
	rec, err := e.recordAt(ctx, o, seq)
	switch {
	case errors.Is(err, persistence.ErrDamaged):
		m.fail(errDamagedAnswer)
	case err != nil:
		e.unanswerable(o, seq, err, m)
	case rec.Asked != r.Fingerprint:
		m.fail(errReused)
	case rec.Kind == (outlet.KeyRemembered{}).Kind():
		var kept outlet.KeyRemembered
		if err := json.Unmarshal(rec.Data, &kept); err != nil {
			e.unanswerable(o, seq, persistence.DamageOf(o.id, seq, "", err), m)
			return
		}
		m.answer(domain.Reply{Body: order.View(r.By.Role, rec.Answer), Version: kept.Version, Replayed: true}, nil)
	case rec.Answer != nil && isBatch[*order.BatchCreate](r):
		e.replayBatch(ctx, o, rec, m)
	case rec.Answer != nil:
		reply := domain.Reply{Body: rec.Answer, Version: rec.Version, Replayed: true}
		if isBatch[*order.BatchStatus](r) { // it has no version; the record is one order's
			reply.Version = 0
		}
		m.answer(reply, nil)
	default:
		reply := domain.Reply{Body: order.View(r.By.Role, rec.Image), Version: rec.Version, Replayed: true}
		if o, err := order.Parse(rec.Image); err == nil {
			reply.Ignored = order.Ignored(r.Command, o)
		}
		m.answer(reply, nil)
	}
}

func (e *Engine) unanswerable(o *org, seq uint64, err error, m *call) {
	e.note(err)
	e.log.Error("answer of a known key cannot be read", "org", o.id, "seq", seq, "error", err)
	m.fail(errStore)
}

func isBatch[C domain.Command](r *domain.Request) bool {
	_, yes := r.Command.(C)
	return yes
}

// replayBatch answers a batch of new orders again: the first record has what was
// refused, and the orders are those of the records from there on.
func (e *Engine) replayBatch(ctx context.Context, o *org, first domain.Record, m *call) {
	reply, err := e.batchAnswer(ctx, o, &first, m.request.Command.(*order.BatchCreate))
	if err != nil {
		e.unanswerable(o, first.Seq, persistence.DamageOf(o.id, first.Seq, "", err), m)
		return
	}
	reply.Body, reply.Replayed = order.View(m.request.By.Role, reply.Body), true
	m.answer(reply, nil)
}

func (e *Engine) batchAnswer(ctx context.Context, o *org, first *domain.Record, command *order.BatchCreate) (reply domain.Reply, err error) {
	var result order.BatchResult
	if err := json.Unmarshal(first.Answer, &result); err != nil {
		return reply, err
	}
	entry, err := e.entryAt(ctx, o, first.Seq)
	if err != nil {
		return reply, err
	}
	records, err := domain.ReadRecords(entry.Data, first.Seq, result.Placed)
	if err != nil {
		return reply, err
	}
	if len(records) < result.Placed {
		return reply, fmt.Errorf("batch of %d orders has %d records", result.Placed, len(records))
	}
	placed, orders := make([]order.PlacedRow, result.Placed), make([]*order.Order, result.Placed)
	for i := range placed {
		placed[i] = order.PlacedRow{ID: records[i].Entity, Image: records[i].Image}
		if orders[i], err = order.Parse(records[i].Image); err != nil {
			return reply, err
		}
	}
	reply.Body = result.AppendAnswer(nil, placed)
	reply.Ignored = command.Ignored(&result, func(i int) *order.Order { return orders[i] })
	return reply, nil
}

func sortByNumber(docs []*persistence.Document) {
	sort.Slice(docs, func(i, j int) bool { return docs[i].Number < docs[j].Number })
}
