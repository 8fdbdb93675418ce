package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heard/domain"
	"heard/domain/outlet"
	"heard/persistence"
)

// timeline finds the places of an order's events, oldest first.
func (e *Engine) timeline(ctx context.Context, o *org, id string) ([]persistence.Event, error) {
	if !domain.ValidID(id) {
		return nil, errNotFound
	}
	tail := o.view.undrained() // before the Store, so that nothing falls between
	events, err := e.store.Timeline(ctx, o.id, id)
	if err != nil && !errors.Is(err, persistence.ErrNotFound) {
		return nil, err
	}
	last := uint64(0)
	if len(events) > 0 {
		last = events[len(events)-1].Version
	}
	for _, t := range tail {
		for _, event := range t.events {
			if event.Order == id && event.Version > last {
				events = append(events, event)
			}
		}
	}
	if len(events) == 0 {
		return nil, errNotFound
	}
	return events, nil
}

// timelineEvent is one line of an order's timeline as clients get it.
type timelineEvent struct {
	Seq     uint64          `json:"seq"`
	Prev    uint64          `json:"prev"` // of the line before it that this reader is shown; 0 = it is the first
	Event   string          `json:"event"`
	OrderID string          `json:"order_id,omitempty"`
	Version uint64          `json:"version"`
	At      string          `json:"at"`
	By      domain.Identity `json:"by"`
	Data    json.RawMessage `json:"data"`
}

func shown(rec *domain.Record, prev uint64) timelineEvent {
	at := time.UnixMilli(rec.At).UTC().Format("2006-01-02T15:04:05.000Z")
	return timelineEvent{rec.Seq, prev, rec.Kind, rec.Entity, rec.Version, at, rec.By, rec.Data}
}

// maxEventRows bounds a page of the organisation's log.
const maxEventRows = 1000

// readEvents pages through the organisation's log, of any age. Each line says
// which was shown before it, also before the page, so that a reader can tell what
// is missing from what nobody is shown.
func (e *Engine) readEvents(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	limit := q.LimitRows
	if limit <= 0 || limit > maxEventRows {
		limit = maxEventRows
	}
	prev, err := e.shownUpTo(ctx, o, q.After)
	if err != nil {
		return domain.Answer{}, err
	}
	lines := []timelineEvent{}
	last, more := q.After, false
	err = e.scan(ctx, o, q.After, func(rec *domain.Record) bool {
		last = rec.Seq
		if isShown(rec) {
			lines = append(lines, shown(rec, prev))
			prev = rec.Seq
		}
		more = len(lines) == limit
		return !more
	})
	if err != nil {
		return domain.Answer{}, err
	}
	answer := domain.Answer{Body: encode(lines)}
	if more {
		answer.Next = last
	}
	return answer, nil
}

// isShown leaves out what changed nothing and is there for a key alone.
func isShown(rec *domain.Record) bool { return rec.Kind != (outlet.KeyRemembered{}).Kind() }

// shownUpTo is the newest sequence up to one that a reader is shown. Mostly it is
// that one, where the last page ended; else it looks back in growing steps. A
// damaged record counts as shown: who asks for what is behind it has missed it.
func (e *Engine) shownUpTo(ctx context.Context, o *org, seq uint64) (found uint64, err error) {
	if end, _ := o.view.end(); seq > end {
		return 0, nil // nothing follows it
	}
	for step := uint64(1); found == 0 && seq > 0 && err == nil; step *= 8 {
		from := seq - min(step, seq)
		err = e.scan(ctx, o, from, func(rec *domain.Record) bool {
			if rec.Seq <= seq && isShown(rec) {
				found = rec.Seq
			}
			return rec.Seq < seq
		})
		if _, damaged := errors.AsType[*persistence.Unreadable](err); damaged {
			e.note(err)
			return seq, nil
		}
		seq = from
	}
	return found, err
}

// History is the identity of the log.
func (e *Engine) History(ctx context.Context) (string, error) { return e.journal.History(ctx) }

// Follow is transport.Live's: it watches first and then asks where the log
// stands, so that nothing falls between.
func (e *Engine) Follow(ctx context.Context, q *domain.Query, see func([]domain.Record), moved func()) (uint64, func(), error) {
	stop := e.Watch(q.Org, see, moved)
	o, refusal := e.awaken(ctx, q)
	if refusal != nil {
		stop()
		return 0, nil, refusal
	}
	o.view.mu.RLock()
	defer o.view.mu.RUnlock()
	return o.view.seq, stop, nil
}

// Log reads records of the log from the archive, then from what is not drained.
func (e *Engine) Log(ctx context.Context, q *domain.Query, most int) ([]domain.Record, error) {
	o, refusal := e.awaken(ctx, q)
	if refusal != nil {
		return nil, refusal
	}
	var found []domain.Record
	err := e.scan(ctx, o, q.After, func(rec *domain.Record) bool {
		found = append(found, *rec)
		return len(found) < most
	})
	if err != nil {
		return nil, readError(e, q, err)
	}
	return found, nil
}

// scannedTogether is how many records are read of an entry before anyone says
// whether more are wanted.
const scannedTogether = 64

// errHole says that records are missing from the log. They are never passed over.
var errHole = errors.New("the log has a hole")

// scan calls fn for the records after a sequence, oldest first, until it
// answers false.
func (e *Engine) scan(ctx context.Context, o *org, after uint64, fn func(*domain.Record) bool) error {
	last := after
	see := func(entry persistence.Entry) error {
		if entry.Last <= last {
			return nil
		}
		if entry.First > last+1 {
			return persistence.DamageOf(o.id, last+1, "", fmt.Errorf("%w: after %d comes %d", errHole, last, entry.First))
		}
		if entry.Lost {
			for last = max(entry.First, last+1) - 1; last < entry.Last; {
				last++
				if !fn(&domain.Record{Seq: last, Kind: domain.RecordDamaged, Version: last, By: domain.System(), Data: []byte("{}")}) {
					return errStop
				}
			}
			return nil
		}
		for next := max(entry.First, last+1); next <= entry.Last; {
			records, err := domain.ReadRecords(entry.Data, next, scannedTogether)
			if err != nil {
				return persistence.DamageOf(o.id, next, "", err)
			}
			for i := range records {
				last = records[i].Seq
				if !fn(&records[i]) {
					return errStop
				}
			}
			next = last + 1
		}
		return nil
	}
	tail := o.view.undrained() // before the Store, so that nothing falls between
	var err error
	if len(tail) == 0 || tail[0].entry.First > after+1 {
		err = e.store.Archive(ctx, o.id, after, see)
	}
	for i := 0; i < len(tail) && err == nil; i++ {
		err = see(tail[i].entry)
	}
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// Active lists open orders for a snapshot.
func (e *Engine) Active(ctx context.Context, q *domain.Query, below uint64, most int) ([]domain.Image, error) {
	o, refusal := e.awaken(ctx, q)
	if refusal != nil {
		return nil, refusal
	}
	images := make([]domain.Image, 0, min(most, maxListRows))
	o.view.newest(below, func(d *persistence.Document) bool {
		if d.Active && !d.Lost {
			images = append(images, domain.Image{ID: d.ID, Number: d.Number, Version: d.Version, Status: d.Status, TableID: d.TableID, Body: d.Body})
		}
		return len(images) < most
	})
	return images, nil
}
