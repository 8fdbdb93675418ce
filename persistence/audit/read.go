package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"heard/domain"
	"heard/persistence"
)

// A page of the log is parsed by many goroutines and judged by one. It is this
// large at most; one larger entry goes alone.
const (
	pageEntries = 1024
	pageBytes   = 4 << 20
)

// page is the part of the log that was read and not judged yet.
type page struct {
	entries []persistence.Entry
	parsed  []parsed
	bytes   int
}

// parsed is an entry's payload.
type parsed struct {
	records []domain.Record
	hashes  []domain.Hash // before the first record, then after each
	err     error
}

// errBroken ends the reading of a log of which nothing more can be judged.
var errBroken = errors.New("log is broken")

// read judges the whole log: what is archived up to the watermark, then what the
// journal has beyond it. Its error ends the audit.
func (h *history) read() error {
	h.reach()
	err := h.walk(h.audit.store.Archive)
	if err == nil {
		err = h.walk(h.audit.journal.Tail)
	}
	switch {
	case errors.Is(err, errBroken):
		h.broken = true
	case fatal(h.ctx, err):
		return fmt.Errorf("read log after %d: %w", h.seq, err)
	case err != nil:
		h.broken = true
		h.fail(readable, h.seq+1, "", "%v; the rest of the organisation is not checked", err)
	case h.seq < h.mark.Seq:
		h.broken = true
		h.fail(contiguous, h.seq+1, "", "the log ends at %d, but the store's watermark is %d; the store is not compared", h.seq, h.mark.Seq)
	}
	if h.broken { // where it ends is not known
		return nil
	}
	return h.lease()
}

// lease compares where the log ends with what the journal remembers to have
// acknowledged: records lost at the very end leave no other trace.
func (h *history) lease() error {
	held, err := h.audit.journal.Lease(h.ctx, h.org)
	switch {
	case fatal(h.ctx, err):
		return fmt.Errorf("read lease: %w", err)
	case err != nil:
		h.fail(complete, 0, "", "what the journal acknowledged cannot be read: %v", err)
	case held.Last > h.seq:
		h.fail(complete, h.seq+1, "", "%v lost: the log ends at %d, but the journal acknowledged up to %d",
			span{first: h.seq + 1, last: held.Last}, h.seq, held.Last)
	case held.Last < h.seq:
		h.fail(complete, held.Last+1, "", "the log goes to %d, but the journal knows of nothing after %d: it is older than the store", h.seq, held.Last)
	}
	h.count(complete, 1)
	return nil
}

// walk judges what one source has from here on. What came before an error is
// judged first, so that the record the error stands for is known.
func (h *history) walk(source func(context.Context, string, uint64, func(persistence.Entry) error) error) error {
	err := source(h.ctx, h.org, h.seq, h.gather)
	if errors.Is(err, errBroken) {
		return err
	}
	if broken := h.flush(); broken != nil {
		return broken
	}
	return err
}

func (h *history) gather(e persistence.Entry) error {
	h.page.entries = append(h.page.entries, e)
	h.page.bytes += len(e.Data)
	if len(h.page.entries) < pageEntries && h.page.bytes < pageBytes {
		return nil
	}
	return h.flush()
}

// flush judges the page.
func (h *history) flush() error {
	p := &h.page
	if cap(p.parsed) < len(p.entries) {
		p.parsed = make([]parsed, len(p.entries), pageEntries)
	}
	p.parsed = p.parsed[:len(p.entries)]
	parallel(len(p.entries), func(i int) {
		if e := &p.entries[i]; !e.Lost {
			p.parsed[i].read(e.Data)
		}
	})
	for i := range p.entries {
		if err := h.entry(&p.entries[i], &p.parsed[i]); err != nil {
			return err
		}
	}
	clear(p.entries) // lets go of the payloads
	clear(p.parsed)
	p.entries, p.bytes = p.entries[:0], 0
	return h.ctx.Err()
}

func (p *parsed) read(data []byte) {
	defer recovered(&p.err)
	p.records, p.hashes, p.err = domain.ReadEntry(data)
}

// parallel calls do for 0 … n-1 on as many goroutines as there are processors.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// image reads one record's post-image again.
func (h *history) image(seq uint64) ([]byte, error) {
	var image []byte
	found := errors.New("found")
	look := func(e persistence.Entry) error {
		records, _, err := domain.ReadEntry(e.Data)
		if err != nil {
			return err
		}
		for i := range records {
			if records[i].Seq == seq {
				image = records[i].Image
			}
		}
		return found
	}
	err := h.audit.store.Archive(h.ctx, h.org, seq-1, look)
	if err == nil { // it is not archived
		err = h.audit.journal.Tail(h.ctx, h.org, seq-1, look)
	}
	if err != nil && !errors.Is(err, found) {
		return nil, fmt.Errorf("read record %d again: %w", seq, err)
	}
	if image == nil {
		return nil, fmt.Errorf("read record %d again: it has no image", seq)
	}
	return image, nil
}
