package scenario

import (
	"context"
	"encoding/json"
	"errors"

	"heard/bench/load"
)

// paid is how a restaurant's older screens end an order that was eaten in; to
// the engine it is another word for completed, where an organisation names it.
const paid = "paid"

// lifecycle takes one order after another from its creation to its end: every
// second one to paid.
func lifecycle() Scenario {
	return Scenario{
		Name: "lifecycle", Says: "create, preparing, ready, served, completed or paid: each order to its end",
		Connections: defaultConnections, Operations: append(append([]string{"create"}, course[:]...), paid),
		Prepare: func(ctx context.Context, t *Target) (func(int) load.Worker, error) {
			knows := make([]bool, len(t.Tokens))
			for organisation := range t.Tokens {
				var err error
				if knows[organisation], err = knowsPaid(t.exchange(organisation)); err != nil {
					return nil, err
				}
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			bodies := orders(t.random(-1), 1, 5)
			return func(connection int) load.Worker {
				return &life{waiter: t.waiter(connection, bodies), knowsPaid: knows[t.organisation(connection)], lives: connection}
			}, nil
		},
	}
}

// knowsPaid makes paid another word for completed where an organisation has no
// other words yet. Whoever has its own keeps them, as does a server that has no
// settings or does not let this token change them.
func knowsPaid(x *load.Exchange) (bool, error) {
	var settings struct {
		Aliases map[string]string `json:"status_aliases"`
	}
	answer, err := x.Do("GET", "/api/settings", nil)
	if err == nil && json.Unmarshal(answer, &settings) != nil {
		return false, nil
	}
	if err == nil && len(settings.Aliases) == 0 {
		settings.Aliases = map[string]string{paid: "completed"}
		_, err = x.Do("PUT", "/api/settings", []byte(`{"status_aliases":{"paid":"completed"}}`))
	}
	if fault, ok := errors.AsType[*load.Fault](err); ok && fault.Answered {
		return false, nil
	}
	return settings.Aliases[paid] == "completed", err
}

type life struct {
	waiter
	knowsPaid bool
	lives     int
	id        string // "" = the next request is a create
	moves     int
}

// Send does the next step of the order. One that failed ends its order's life.
func (l *life) Send(load.Turn) (int, error) {
	if l.id == "" {
		var err error
		l.id, err = l.place()
		l.moves = 0
		l.lives++
		return 0, err
	}
	status, operation := course[l.moves], l.moves+1
	last := operation == len(course)
	if last && l.knowsPaid && l.lives%2 == 0 {
		status, operation = paid, operation+1
	}
	err := l.move(l.id, status)
	l.moves++
	if err != nil || last {
		l.id = ""
	}
	return operation, err
}
