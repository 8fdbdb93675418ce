package actors

import (
	"context"
	"errors"
	"fmt"

	"heard/domain"
	"heard/persistence"
)

// A page of changes ends at either of these, too: an order that changes all the
// time has thousands of records and one row.
const (
	maxChangedRecords = 10_000
	maxChangedBytes   = 4 << 20
)

// readChanged lists the orders that changed after a sequence, each once and as it
// is, in the order of their last changes. It needs no index: the log says what
// changed, and a document which of its changes was the last. An order is left out
// at a record only because the log has a later one of it, which this page or a
// later one comes to: nobody misses one who goes on where a page ended.
func (e *Engine) readChanged(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	through, _ := o.view.end()
	if q.After > through {
		detail := fmt.Sprintf("the log ends at %d: this is a position of another history, read the lists again", through)
		return domain.Answer{}, domain.Blame(domain.ValidationError, "since", detail)
	}
	p := changedPage{engine: e, org: o, filter: q.Filter, through: through, at: q.After, found: map[string]*persistence.Document{}}
	if p.filter.LimitRows <= 0 || p.filter.LimitRows > maxListRows {
		p.filter.LimitRows = maxListRows
	}
	if q.After < through {
		err := e.scan(ctx, o, q.After, func(rec *domain.Record) bool { return p.take(ctx, rec) })
		if err = errors.Join(err, p.err); err != nil {
			return domain.Answer{}, err
		}
	}
	answer := domain.Answer{Body: list(q.By.Role, p.rows), AsOf: p.at}
	if p.at < through {
		answer.Next = p.at
	}
	return answer, nil
}

// changedPage gathers one page.
type changedPage struct {
	engine  *Engine
	org     *org
	filter  domain.Filter
	through uint64 // where the log stood when it began
	at      uint64 // it misses nothing up to here
	rows    []*persistence.Document
	found   map[string]*persistence.Document // read once: each has at least what the log had when the page began
	records int
	bytes   int
	err     error
}

// take looks at the next record of the log; false = the page ends.
func (p *changedPage) take(ctx context.Context, rec *domain.Record) (more bool) {
	if rec.Seq > p.through {
		return false
	}
	if rec.Entity != "" {
		d, err := p.newest(ctx, rec)
		if err != nil {
			p.err = err
			return false
		}
		if d != nil {
			p.rows, p.bytes = append(p.rows, d), p.bytes+len(d.Body)
		}
	}
	p.at = rec.Seq
	p.records++
	return len(p.rows) < p.filter.LimitRows && p.bytes < maxChangedBytes && p.records < maxChangedRecords && p.at < p.through
}

// newest is the order of a record that is its last change; nil = it is not, or the
// order is not asked for.
func (p *changedPage) newest(ctx context.Context, rec *domain.Record) (*persistence.Document, error) {
	d, known := p.found[rec.Entity]
	if !known {
		var err error
		if d, err = p.engine.document(ctx, p.org, rec.Entity); err != nil {
			return nil, fmt.Errorf("order %s of record %d: %v", rec.Entity, rec.Seq, err) // not "not found", which nobody asked for
		}
		p.found[rec.Entity] = d
	}
	if d.Version > rec.Version || !d.Matches(&p.filter) {
		return nil, nil
	}
	return d, nil
}
