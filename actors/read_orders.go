package actors

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
)

// maxListRows bounds a page that names no limit.
const maxListRows = 1000

// readOrders lists orders newest first: what is in memory, which is the newest
// there is, merged with the Store, which may lag behind it.
func (e *Engine) readOrders(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	f := q.Filter
	if f.LimitRows <= 0 || f.LimitRows > maxListRows {
		f.LimitRows = maxListRows
	}
	activeOnly := len(f.Status) == 0
	if len(f.Status) == 1 && f.Status[0] == "all" {
		f.Status = nil
	}
	f.Text = strings.ToLower(f.Text)
	answer := domain.Answer{}
	answer.AsOf = stayAt(o, &f)
	// Memory first: an order that leaves it meanwhile is then found in either.
	found := e.fromMemory(o, &f, activeOnly)
	if !activeOnly && namesClosed(f.Status) {
		merged, err := e.fromStore(ctx, o, &f, found)
		switch {
		case err == nil:
			found = merged
		case errors.Is(err, persistence.ErrUnavailable):
			e.log.Warn("list without what only the store has", "org", o.id, "error", err)
			answer.Incomplete = true
		default:
			return domain.Answer{}, err
		}
	}
	if len(found) > f.LimitRows {
		found = found[:f.LimitRows]
		answer.Next, answer.NextMS = found[len(found)-1].Number, f.UpdatedToMS
	}
	whole := slices.DeleteFunc(found, func(d *persistence.Document) bool { return d.Lost })
	answer.Incomplete = answer.Incomplete || len(whole) < len(found)
	answer.Body = list(q.By.Role, whole)
	return answer, nil
}

// stayAt keeps a list of what was updated, with all of its pages, at the moment
// when the first is read. Its newest time is where a poller goes on from: with a
// later change in it, of an order that happened to be read late, one that came
// before that and was read too early would never be shown. It answers where the
// log stands.
func stayAt(o *org, f *domain.Filter) (seq uint64) {
	seq, atMS := o.view.end()
	if f.UpdatedMS > 0 && f.UpdatedToMS == 0 {
		f.UpdatedToMS = atMS
	}
	return seq
}

// namesClosed reports whether a list may hold closed orders; all others are in
// memory. No status means any.
func namesClosed(statuses []string) bool {
	return len(statuses) == 0 || slices.ContainsFunc(statuses, func(s string) bool {
		return s == string(order.Completed) || s == string(order.Cancelled)
	})
}

func list(role domain.Role, docs []*persistence.Document) []byte {
	size := 2
	for _, d := range docs {
		size += len(d.Body) + 1
	}
	b := append(make([]byte, 0, size), '[')
	for i, d := range docs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, order.View(role, d.Body)...)
	}
	return append(b, ']')
}

// fromMemory finds one row more than the page has, to know whether one follows.
func (e *Engine) fromMemory(o *org, f *domain.Filter, activeOnly bool) []*persistence.Document {
	e.stats.viewReads.Add(1)
	var found []*persistence.Document
	o.view.newest(f.Before, func(d *persistence.Document) bool {
		if (!activeOnly || d.Active) && d.Matches(f) {
			found = append(found, d)
		}
		return len(found) <= f.LimitRows
	})
	return found
}

// fromStore merges what the Store has. Of an order that is in memory, memory's
// word counts.
func (e *Engine) fromStore(ctx context.Context, o *org, f *domain.Filter, found []*persistence.Document) ([]*persistence.Document, error) {
	e.stats.storeReads.Add(1)
	seen := make(map[string]bool, len(found))
	for _, d := range found {
		seen[d.ID] = true
	}
	page := *f
	page.LimitRows, page.UpdatedToMS = f.LimitRows+1, 0
	var stored []*persistence.Document
	for len(stored) <= f.LimitRows {
		docs, err := e.store.Orders(ctx, persistence.Selection{Org: o.id, Filter: page})
		if err != nil {
			return nil, err
		}
		for i := range docs {
			d := &docs[i]
			if newer, here := o.view.order(d.ID); here { // perhaps it came back after memory was searched
				d = newer
			}
			if !seen[d.ID] && d.Matches(f) {
				stored = append(stored, d)
			}
		}
		if len(docs) < page.LimitRows {
			break
		}
		page.Before = docs[len(docs)-1].Number
	}
	found = append(found, stored...)
	sort.Slice(found, func(i, j int) bool { return found[i].Number > found[j].Number })
	return found, nil
}
