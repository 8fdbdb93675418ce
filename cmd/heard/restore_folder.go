package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"heard/persistence/pebblestore"
)

// folder has an embedded store go on from what it has. One that was copied back
// is known as such at its next start; one that came back with its whole disk is
// not, since nothing in it can tell.
func (c *restoreCommand) folder(ctx context.Context, s *streams) (err error) {
	dir := filepath.Join(c.Data, "store")
	if _, err := os.Stat(dir); err != nil {
		return usage("--data %s: no store there", c.Data)
	}
	b, err := openEmbedded(c.Data, c.logger(s.err), pebblestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	history, err := b.journal.(*pebblestore.DB).Renew(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "the history of %s is now %s: screens fetch everything; run heard audit, then start the engine\n", dir, history)
	return err
}
