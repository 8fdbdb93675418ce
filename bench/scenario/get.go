package scenario

import (
	"context"
	"sync"

	"heard/bench/load"
)

// readable is how many open orders there are to read, over all organisations.
const readable = 1024

// get reads open orders by id.
func get() Scenario {
	return Scenario{
		Name: "get", Says: "GET /api/orders/{id} of open orders",
		Connections: defaultConnections, Leaves: true, Operations: []string{"get"},
		Prepare: func(ctx context.Context, t *Target) (func(int) load.Worker, error) {
			ids, err := t.placeMany(ctx)
			if err != nil {
				return nil, err
			}
			return func(connection int) load.Worker {
				return &reader{t.waiter(connection, nil), ids[t.organisation(connection)]}
			}, nil
		},
	}
}

// placeMany gives every organisation orders, and returns their ids.
func (t *Target) placeMany(ctx context.Context) ([][]string, error) {
	bodies := orders(t.random(-1), 1, 5)
	ids := make([][]string, len(t.Tokens))
	wrong := make([]error, len(ids))
	var all sync.WaitGroup
	const atOnce = 16
	free := make(chan struct{}, atOnce)
	for organisation := range ids {
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			w := t.waiter(organisation, bodies)
			for range max(1, readable/len(ids)) {
				id, err := w.place()
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					wrong[organisation] = err
					return
				}
				ids[organisation] = append(ids[organisation], id)
			}
		})
	}
	all.Wait()
	for _, err := range wrong {
		if err != nil {
			return nil, err // one says enough: they mostly fail alike
		}
	}
	return ids, nil
}

type reader struct {
	waiter
	ids []string
}

// Send reads an order.
func (r *reader) Send(load.Turn) (int, error) {
	return 0, r.read(r.ids[r.random.IntN(len(r.ids))])
}
