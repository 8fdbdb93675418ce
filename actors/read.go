package actors

import (
	"context"
	"errors"
	"strconv"
	"time"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// Read answers a query from what is durable. Errors are *domain.Error.
func (e *Engine) Read(ctx context.Context, q *domain.Query) (domain.Answer, error) {
	started := time.Now()
	o, refusal := e.awaken(ctx, q)
	if refusal != nil {
		return domain.Answer{}, refusal
	}
	answer, err := e.answer(ctx, o, q)
	e.stats.readNS.Add(time.Since(started).Nanoseconds())
	if err != nil {
		return domain.Answer{}, readError(e, q, err)
	}
	return answer, nil
}

// awaken returns the organisation once it has been read back.
func (e *Engine) awaken(ctx context.Context, q *domain.Query) (*org, *domain.Error) {
	end := time.Now().Add(e.patience)
	for try := 0; ; try++ {
		if refusal := e.moved.Load(); refusal != nil {
			return nil, refusal
		}
		o, refusal := e.forReading(q.Org)
		if refusal != nil {
			return nil, refusal
		}
		o.usedMS.Store(e.nowMS())
		if !o.readBack(ctx, end) {
			return nil, domain.Refuse(domain.StoreUnavailable, "The organisation is still being read back; repeat the request")
		}
		failure := o.failure.Load()
		if failure == nil {
			failure = e.confirm(ctx, o)
		}
		if failure == nil {
			if o.view.state().Refuses(q.By) {
				return nil, errRevoked
			}
			return o, nil
		}
		if failure != errMoved || try == moveRetries {
			return nil, failure
		}
		time.Sleep(time.Duration(5<<try) * time.Millisecond)
	}
}

// readBack waits until the organisation is ready, or failed; false = not by end.
func (o *org) readBack(ctx context.Context, end time.Time) bool {
	select {
	case <-o.ready: // no timer for those that need not wait: it was a tenth of a read
		return true
	default:
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	select {
	case <-o.ready:
		return true
	case <-ctx.Done():
		return false
	}
}

func readError(e *Engine, q *domain.Query, err error) error {
	var refusal *domain.Error
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.Is(err, persistence.ErrNotFound):
		return errNotFound
	case errors.Is(err, persistence.ErrDamaged):
		return errDamaged
	}
	e.note(err)
	e.log.Error("read failed", "org", q.Org, "kind", string(q.Kind), "error", err)
	return errStore
}

func (e *Engine) answer(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	switch q.Kind {
	case domain.ReadOrder:
		return e.readOrder(ctx, o, q)
	case domain.ReadOrders:
		return e.readOrders(ctx, o, q)
	case domain.ReadChanged:
		return e.readChanged(ctx, o, q)
	case domain.ReadOrderAt:
		return e.readOrderAt(ctx, o, q)
	case domain.ReadTimeline:
		return e.readTimeline(ctx, o, q)
	case domain.ReadBill:
		return e.readBill(ctx, o, q)
	case domain.Calculate:
		return e.calculate(o, q)
	case domain.ReadMenu:
		return e.readMenu(ctx, o, q)
	case domain.ReadSettings:
		e.stats.viewReads.Add(1)
		s := o.view.state().Settings
		return domain.Answer{Body: s.JSON(), Tag: versionTag(s.Version)}, nil
	case domain.ReadEvents:
		return e.readEvents(ctx, o, q)
	}
	return domain.Answer{}, domain.Refuse(domain.NotFound, "Not found")
}

// readMenu encodes a menu once a version.
func (e *Engine) readMenu(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	state := o.view.state()
	tag := state.Menu.Tag(q.NowMS)
	encode := func() ([]byte, error) {
		return state.Menu.AppendJSON(nil, state.Settings.Rules().Currency, q.NowMS), nil
	}
	if e.cache == nil {
		e.stats.viewReads.Add(1)
		body, err := encode()
		return domain.Answer{Body: body, Tag: tag}, err
	}
	body, err := e.cache.Cached(ctx, persistence.CacheMenu, o.id+"/"+tag+"/"+state.Settings.Currency, encode)
	return domain.Answer{Body: body, Tag: tag}, err
}

func versionTag(version uint64) string { return "v" + strconv.FormatUint(version, 10) }

// document finds an order in memory, else in the Store.
func (e *Engine) document(ctx context.Context, o *org, id string) (*persistence.Document, error) {
	if d, ok := o.view.order(id); ok {
		e.stats.viewReads.Add(1)
		return whole(d)
	}
	if !domain.ValidID(id) {
		return nil, errNotFound
	}
	e.stats.storeReads.Add(1)
	d, err := e.store.Order(ctx, o.id, id)
	if err != nil {
		return nil, err
	}
	return whole(&d)
}

// whole refuses an order whose image is damaged.
func whole(d *persistence.Document) (*persistence.Document, error) {
	if d.Lost {
		return nil, errDamaged
	}
	return d, nil
}

func (e *Engine) readOrder(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	d, err := e.document(ctx, o, q.ID)
	if err != nil {
		return domain.Answer{}, err
	}
	return domain.Answer{Body: order.View(q.By.Role, d.Body), Tag: versionTag(d.Version)}, nil
}

// readBill computes an order's bill again, step by step.
func (e *Engine) readBill(ctx context.Context, o *org, q *domain.Query) (domain.Answer, error) {
	image, err := e.image(ctx, o, q)
	if err != nil {
		return domain.Answer{}, err
	}
	state, err := order.Parse(image)
	if err != nil {
		return domain.Answer{}, persistence.DamageOf(o.id, 0, "", err)
	}
	settings, known := o.view.state().SettingsAt(state.Settings)
	if !known {
		if settings, err = e.settingsOf(ctx, o, state.Settings); err != nil {
			return domain.Answer{}, err
		}
	}
	body, err := e.bill(state, settings, q.Explain)
	return domain.Answer{Body: body, Tag: versionTag(state.Version)}, err
}

// image is the order as it is, or was then.
func (e *Engine) image(ctx context.Context, o *org, q *domain.Query) ([]byte, error) {
	if q.Version != 0 || q.AtMS != 0 {
		rec, err := e.orderAt(ctx, o, q)
		return rec.Image, err
	}
	d, err := e.document(ctx, o, q.ID)
	if err != nil {
		return nil, err
	}
	return d.Body, nil
}

func (e *Engine) bill(o *order.Order, s *outlet.Settings, explain bool) ([]byte, error) {
	p, _ := e.pricers.Get().(*order.Pricer)
	if p == nil {
		p = &order.Pricer{}
	}
	defer e.pricers.Put(p)
	started := time.Now()
	body, refusal := p.AppendBill(nil, o, s, explain)
	e.stats.priced(1, time.Since(started))
	if refusal != nil {
		return nil, refusal
	}
	return body, nil
}

// calculate prices an order without making it.
func (e *Engine) calculate(o *org, q *domain.Query) (domain.Answer, error) {
	state := o.view.state()
	meta := order.Meta{Org: o.id, By: q.By, At: q.NowMS, Settings: state.Settings, Menu: state.Menu, Pricer: &order.Pricer{}}
	preview, refusal := order.Preview(q.Command.(*order.Create), &meta)
	if refusal != nil {
		return domain.Answer{}, refusal
	}
	body, err := e.bill(preview, state.Settings, q.Explain)
	return domain.Answer{Body: body, Ignored: order.Ignored(q.Command, preview)}, err
}
