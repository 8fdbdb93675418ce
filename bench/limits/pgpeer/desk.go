package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/transport/auth"
)

// desk takes orders.
type desk struct {
	pool    *pgxpool.Pool
	insert  func(*desk, context.Context, *placed) error
	verify  *auth.Verifier
	rules   *outlet.Outlet
	pricers sync.Pool
	numbers sync.Map // organisation → *atomic.Uint64: drawn in memory, which spares a row that all creates would lock
}

// placed is an order with everything its transaction writes.
type placed struct {
	*order.Order
	key     string
	request [sha256.Size]byte
	image   []byte
}

const timeout = 30 * time.Second

func (d *desk) handle(ctx *fasthttp.RequestCtx) {
	token, _ := bytes.CutPrefix(ctx.Request.Header.Peek("Authorization"), []byte("Bearer "))
	who, err := d.verify.Verify(token, time.Now())
	if err != nil {
		ctx.Error(err.Error(), fasthttp.StatusUnauthorized)
		return
	}
	var create order.Create
	if err := json.Unmarshal(ctx.Request.Body(), &create, json.RejectUnknownMembers(true)); err != nil {
		ctx.Error(err.Error(), fasthttp.StatusBadRequest)
		return
	}
	p, refusal := d.decide(&create, &who)
	if refusal != nil {
		ctx.Error(refusal.Error(), fasthttp.StatusUnprocessableEntity)
		return
	}
	p.key = string(ctx.Request.Header.Peek("Idempotency-Key"))
	p.request = sha256.Sum256(ctx.Request.Body())
	answer, err := d.place(p)
	if err != nil {
		ctx.Error(err.Error(), fasthttp.StatusServiceUnavailable)
		return
	}
	ctx.SetContentType("application/json")
	ctx.SetBody(answer)
}

// decide runs the engine's rules and encodes what it would answer.
func (d *desk) decide(c *order.Create, who *auth.Subject) (*placed, *domain.Error) {
	pricer, _ := d.pricers.Get().(*order.Pricer)
	if pricer == nil {
		pricer = &order.Pricer{}
	}
	defer d.pricers.Put(pricer)
	number, known := d.numbers.Load(who.Org)
	if !known {
		number, _ = d.numbers.LoadOrStore(who.Org, &atomic.Uint64{})
	}
	decision, refusal := order.Decide(nil, c, &order.Meta{
		Org: who.Org, By: who.Identity, At: time.Now().UnixMilli(), NewID: uuid.Must(uuid.NewV7()).String(),
		Number: number.(*atomic.Uint64).Add(1), Settings: d.rules.Settings, Menu: d.rules.Menu, Pricer: pricer,
	})
	if refusal != nil {
		return nil, refusal
	}
	return &placed{Order: decision.Next, image: decision.Next.AppendJSON(nil)}, nil
}

var errReused = errors.New("the key was used for another request")

// place makes the order durable and returns its answer: for a key that was used
// before, the answer of then.
func (d *desk) place(p *placed) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := d.insert(d, ctx, p)
	var refused *pgconn.PgError
	if err == nil || !errors.As(err, &refused) || refused.ConstraintName != "idempotency_keys_pkey" {
		return p.image, err
	}
	var request, answer []byte
	row := d.pool.QueryRow(ctx, `select request, answer from idempotency_keys where organization_id = $1 and key = $2`, p.Org, p.key)
	if err := row.Scan(&request, &answer); err != nil {
		return nil, err
	}
	if !bytes.Equal(request, p.request[:]) {
		return nil, errReused
	}
	return answer, nil
}

const (
	insertOrder = `insert into orders values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	insertItems = `insert into order_items select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])`
	insertKey   = `insert into idempotency_keys values ($1, $2, $3, $4, $5)`
)

// statements calls do with each insert.
func (p *placed) statements(do func(sql string, args ...any) error) error {
	var ids, items, names []string
	var quantities, prices, amounts []int64
	for i := range p.Lines {
		l := &p.Lines[i]
		ids, items, names = append(ids, l.ID), append(items, l.Item), append(names, l.Name)
		quantities, prices, amounts = append(quantities, int64(l.Quantity)), append(prices, l.Price), append(amounts, l.Amount)
	}
	at := time.UnixMilli(int64(p.CreatedAt))
	return errors.Join(
		do(insertOrder, p.ID, p.Org, p.Number, p.TableID, string(p.Status), p.Total, p.Version, at, p.image),
		do(insertItems, p.ID, ids, items, names, quantities, prices, amounts),
		do(insertKey, p.Org, p.key, p.request[:], p.image, at),
	)
}

// pipelined is one round trip; PostgreSQL makes what comes together one transaction.
func (d *desk) pipelined(ctx context.Context, p *placed) error {
	var batch pgx.Batch
	_ = p.statements(func(sql string, args ...any) error { batch.Queue(sql, args...); return nil }) // nothing is sent yet
	return d.pool.SendBatch(ctx, &batch).Close()
}

// plain is five round trips.
func (d *desk) plain(ctx context.Context, p *placed) error {
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		return p.statements(func(sql string, args ...any) error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		})
	})
}
