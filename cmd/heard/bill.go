package main

import (
	"fmt"
	"os"

	"heard/domain/billing/vectors"
)

type billCommand struct {
	Check billCheckCommand `cmd:"" help:"Run billing vectors; the last line is 'N passed, N failed'."`
}

type billCheckCommand struct {
	File string `arg:"" help:"Vectors file (JSON)." type:"existingfile"`
}

// Run checks a file of vectors.
func (c *billCheckCommand) Run(s *streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	results, err := vectors.Check(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	failed := 0
	for _, r := range results {
		if r.Err != nil {
			failed++
			fmt.Fprintf(s.out, "FAIL %s: %v\n", r.ID, r.Err)
		}
	}
	fmt.Fprintf(s.out, "%d passed, %d failed\n", len(results)-failed, failed)
	if failed > 0 {
		return errSilent
	}
	return nil
}
