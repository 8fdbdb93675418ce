package actors

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"heard/domain"
	"heard/persistence"
)

// kept is what an activation leaves behind that ended because the journal gave
// no definite answer. What it had committed is durable, whoever owns the
// organisation now: readers see that until the organisation is back, and its
// next activation goes on from it. So neither needs the Store, which may be away
// as well. While the journal is away nobody can write; when it is back its fence
// and the hash chain decide whether what is kept is still the log's beginning.
type kept struct {
	org     *org // readers go on with its view
	epoch   uint64
	through persistence.Chain
	atMS    int64 // of the newest record
	keys    keyWindow
}

// keep leaves this activation's committed state to readers and to the next one.
// One that nobody was allowed to read yet leaves nothing.
func (a *orgActor) keep() {
	if !a.org.readable() || a.engine.shared != nil { // among others, a read needs the fence
		return
	}
	k := &kept{org: a.org, epoch: a.epoch, through: a.through, atMS: a.at, keys: a.keys}
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	a.engine.kept[a.org.id] = k
}

// readable reports whether the organisation was read back and may be shown.
func (o *org) readable() bool {
	select {
	case <-o.ready:
		return o.failure.Load() == nil
	default:
		return false
	}
}

// keptOf is what was kept of an organisation; nil = nothing.
func (e *Engine) keptOf(id string) *kept {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.kept[id]
}

func (e *Engine) letGo(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.kept, id)
}

// letGoUnused drops what nobody asked for in a long time.
func (e *Engine) letGoUnused(nowMS int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.kept, func(_ string, k *kept) bool { return k.org.usedMS.Load() < nowMS-idleOrgMS })
}

// forReading is the activation whose view is shown. What was kept is shown until
// the organisation is back, which reading it brings about as well.
func (e *Engine) forReading(id string) (*org, *domain.Error) {
	e.mu.RLock()
	o, k := e.orgs[id], e.kept[id]
	e.mu.RUnlock()
	if k == nil {
		return e.organisation(id)
	}
	if o == nil && e.committer.Down() == nil {
		_, _ = e.organisation(id)
	}
	return k.org, nil
}

// resume goes on from what was kept: acquire, then what the log has beyond it.
// An error that is not unclear says why the log does not go on from there.
func (k *kept) resume(ctx context.Context, e *Engine) (*recovered, error) {
	lease, err := e.journal.Acquire(ctx, k.org.id, 0)
	if err != nil {
		return nil, fmt.Errorf("acquire: %w", err)
	}
	if lease.Epoch != k.epoch+1 { // somebody was here: perhaps to move everything away
		if err := e.stays(ctx); err != nil {
			return nil, err
		}
	}
	r := &recovered{kept: k, epoch: lease.Epoch, last: lease.Last}
	k.org.view.copyTo(r)
	r.Through, r.AtMS = k.through, k.atMS
	if err := r.readTail(ctx, e, k.org.id, k.through.Seq); err != nil {
		return nil, fmt.Errorf("read journal tail: %w", err)
	}
	r.find = e.stored(ctx, k.org.id)
	return r, r.overlay()
}

// copyTo takes the committed state as the base of a recovery.
func (v *view) copyTo(r *recovered) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	r.orders, r.Outlet, r.Number = make(map[string]*persistence.Document, len(v.orders)), v.outlet, v.number
	for _, d := range v.sorted {
		if d != nil {
			r.orders[d.ID] = d
		}
	}
}

// unclear reports that the journal or the Store cannot say now: later what is
// kept may prove right.
func unclear(err error) bool {
	return errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrHistoryLost) || errors.Is(err, context.DeadlineExceeded)
}
