package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"heard/persistence/audit"
)

type auditCommand struct {
	dataFlags
	storeFlags
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run verifies the log of a folder that no running engine holds.
func (c *auditCommand) Run(ctx context.Context, s *streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	db, err := c.open(ctx, c.Data, slog.New(slog.DiscardHandler), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	done, progress := bar(s.err, "organisations")
	options := audit.Options{Journal: db.journal, Store: db.store}
	if progress != nil {
		options.Progress = func(_ string, now, total int) { progress(now, total) }
	}
	report, err := audit.Run(ctx, options)
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(s.out).Encode(report)
	} else {
		err = report.WriteText(s.out)
	}
	if err == nil && !report.OK() {
		err = errSilent
	}
	return err
}
