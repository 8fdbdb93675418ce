package actors

import (
	"context"
	"fmt"
	"sort"

	"heard/domain"
	"heard/domain/order"
)

// readOrderAt shows an order as it was at a version or a moment.
func (e *Engine) readOrderAt(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	rec, err := e.orderAt(ctx, o, q)
	if err != nil {
		return domain.Answer{}, err
	}
	return domain.Answer{Body: order.View(q.By.Role, rec.Image), Tag: versionTag(rec.Version)}, nil
}

// orderAt finds the event that made an order what it was then.
func (e *Engine) orderAt(ctx context.Context, o *org, q *domain.Query) (domain.Record, error) {
	events, err := e.timeline(ctx, o, q.ID)
	if err != nil {
		return domain.Record{}, err
	}
	n := sort.Search(len(events), func(i int) bool {
		if q.Version != 0 {
			return events[i].Version > q.Version
		}
		return events[i].AtMS > q.AtMS
	})
	switch {
	case q.Version == 0 && n == 0:
		return domain.Record{}, domain.Refuse(domain.OrderNotFound, "The order did not exist then")
	case q.Version != 0 && (n == 0 || events[n-1].Version != q.Version):
		newest := events[len(events)-1].Version
		return domain.Record{}, domain.Refuse(domain.OrderNotFound, fmt.Sprintf("The order has no version %d; its newest is %d", q.Version, newest))
	}
	return e.recordAt(ctx, o, events[n-1].Seq)
}
