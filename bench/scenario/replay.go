package scenario

import (
	"context"
	"errors"

	"heard/bench/load"
	"heard/bench/replay"
)

// replayed places real orders on their own clock. It is run by Replay.
func replayed() Scenario {
	return Scenario{
		Name: "replay", Says: "the orders of --file on their own clock, --speed times faster",
		Connections: defaultConnections, Leaves: true, Operations: []string{"create"},
	}
}

// Replay places the orders of a file on the file's own clock: each is timed from
// the moment it was due. A bill that differs from the file's is an error, too.
func Replay(ctx context.Context, options replay.Options, o load.Options) (load.Result, error) {
	options.Concurrency = o.Connections
	file, err := replay.Open(ctx, options)
	if err != nil {
		return load.Result{}, err
	}
	defer file.Close()
	if o.Plan = file.Plan(); len(o.Plan) == 0 {
		return load.Result{}, errors.New("the file has no orders")
	}
	worker := func(int) load.Worker { return &placer{ctx, file.Placer()} }
	result, err := load.Run(ctx, load.Job{Operations: []string{"create"}, Worker: worker}, o)
	r := file.Report()
	result.Replayed = &load.Replayed{Organisations: len(file.Organisations()), Orders: r.Orders, Lines: r.Lines, RevenueMinor: r.RevenueMinor, Currency: r.Currency, SHA256: r.SHA256}
	return result, err
}

type placer struct {
	ctx    context.Context
	placer *replay.Placer
}

// Send places the order of a turn.
func (p *placer) Send(turn load.Turn) (int, error) {
	err := p.placer.Place(p.ctx, turn.Number, turn.Planned)
	if wrong, ok := errors.AsType[*replay.Fault](err); ok {
		err = &load.Fault{Kind: "order: " + wrong.Kind, Text: wrong.Text, Answered: wrong.Kind != "unanswered"}
	}
	return 0, err
}
