package scenario

import (
	"context"

	"heard/bench/load"
)

// lifecycle takes one order after another from its creation to its end.
func lifecycle() Scenario {
	return Scenario{
		Name: "lifecycle", Says: "create, preparing, ready, served, completed: each order to its end",
		Connections: defaultConnections, Leaves: true, Operations: append([]string{"create"}, course[:]...),
		Prepare: func(_ context.Context, t *Target) (func(int) load.Worker, error) {
			bodies := orders(t.random(-1), 1, 5)
			return func(connection int) load.Worker { return &life{waiter: t.waiter(connection, bodies)} }, nil
		},
	}
}

type life struct {
	waiter
	id    string // "" = the next request is a create
	moves int
}

// Send does the next step of the order. One that failed ends its order's life.
func (l *life) Send(load.Turn) (int, error) {
	if l.id == "" {
		var err error
		l.id, err = l.place()
		l.moves = 0
		return 0, err
	}
	err := l.move(l.id, course[l.moves])
	l.moves++
	operation := l.moves
	if err != nil || l.moves == len(course) {
		l.id = ""
	}
	return operation, err
}
