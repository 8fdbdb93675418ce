package actors

import (
	"context"
	"errors"
	"sort"

	"heard/domain"
	"heard/persistence"
)

// maxTimelineBytes ends a page of a timeline: an event may hold hundreds of lines.
const maxTimelineBytes = 4 << 20

// readTimeline pages through an order's events, oldest first. Its cost is that
// of the page: only the entries of the log that hold its events are read, each
// once.
func (e *Engine) readTimeline(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	events, err := e.timeline(ctx, o, q.ID)
	if err != nil {
		return domain.Answer{}, err
	}
	limit := q.LimitRows
	if limit <= 0 || limit > maxEventRows {
		limit = maxEventRows
	}
	first, prev := sort.Search(len(events), func(i int) bool { return events[i].Seq > q.After }), uint64(0)
	if first > 0 {
		prev = events[first-1].Seq
	}
	lines, size := []timelineEvent{}, 0
	var entry persistence.Entry
	for _, event := range events[first:] {
		if len(lines) == limit || size > maxTimelineBytes {
			return domain.Answer{Body: encode(lines), Next: lines[len(lines)-1].Seq}, nil
		}
		if event.Seq < entry.First || event.Seq > entry.Last {
			entry, err = e.entryAt(ctx, o, event.Seq)
			if errors.Is(err, persistence.ErrDamaged) {
				lines = append(lines, shown(&domain.Record{Seq: event.Seq, Kind: domain.RecordDamaged, Entity: event.Order, Version: event.Version, At: event.AtMS, By: domain.System(), Data: []byte("{}")}, prev))
				prev = event.Seq
				continue
			}
			if err != nil {
				return domain.Answer{}, err
			}
		}
		rec, err := domain.ReadRecord(entry.Data, event.Seq)
		if err != nil {
			return domain.Answer{}, persistence.DamageOf(o.id, event.Seq, "", err)
		}
		lines, size = append(lines, shown(&rec, prev)), size+len(rec.Data)
		prev = rec.Seq
	}
	return domain.Answer{Body: encode(lines)}, nil
}
