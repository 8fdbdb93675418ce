package pebblestore

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"runtime"

	"github.com/cockroachdb/pebble/v2"

	"heard/persistence"
)

// batchBytes is where Apply commits and begins a new batch, between two windows.
// A window is never divided: it takes effect as a whole or not at all.
const batchBytes = 8 << 20

// dropStepMS is how often forgotten keys are deleted: one range deletion for
// many windows, as each one costs every later scan a little.
const dropStepMS = 10 * 60 * 1000

// Apply implements persistence.Store. It does not sync: the journal has all of
// it already, durably. After a crash what is missing is applied again from the
// watermark, which is in the same batch as the documents. Windows' Entries are
// not written, for the journal is the archive.
func (db *DB) Apply(ctx context.Context, windows []persistence.Window) error {
	if err := db.enter(ctx); err != nil {
		return fmt.Errorf("apply %d windows: %w", len(windows), err)
	}
	defer db.leave()
	if err := db.settle(); err != nil { // documents never outlive their entries
		return fmt.Errorf("apply %d windows: %w", len(windows), err)
	}
	db.applying.Lock()
	defer db.applying.Unlock()
	a := newApplication(db, sizeOf(windows))
	defer func() { a.batch.Close() }()
	for i := range windows {
		runtime.Gosched() // whoever is waiting to run goes first: an order that is to be answered
		if a.mustCommit(&windows[i]) {
			if err := a.commit(); err != nil {
				return fmt.Errorf("apply windows: %w", err)
			}
		}
		if err := a.window(&windows[i]); err != nil {
			return fmt.Errorf("apply window of %s through %d: %w", windows[i].Org, windows[i].Through.Seq, err)
		}
	}
	if err := a.commit(); err != nil {
		return fmt.Errorf("apply windows: %w", err)
	}
	return nil
}

// documentBytes is what the keys of an order take, about. Its body is in the journal.
const documentBytes = 512

func sizeOf(windows []persistence.Window) (bytes int) {
	for i := range windows {
		bytes += len(windows[i].Orders) * documentBytes
	}
	return bytes
}

// application is one Apply: a batch of windows of different organisations, for
// reads do not see what is in a batch.
type application struct {
	db    *DB
	batch *pebble.Batch
	marks map[string]mark // of the windows in the batch

	// Of the window under way, which may have an order twice.
	headers map[uint64][]byte // by number
	heads   []byte            // they stand in
	numbers map[string]uint64 // by order id
	fresh   fresh

	value []byte // scratch
}

func newApplication(db *DB, bytes int) *application {
	return &application{
		db: db, batch: db.pebble.NewBatchWithSize(min(bytes, batchBytes)),
		marks: make(map[string]mark), headers: make(map[uint64][]byte), numbers: make(map[string]uint64),
	}
}

// mustCommit reports whether what is in the batch must be written before a window.
func (a *application) mustCommit(w *persistence.Window) bool {
	_, again := a.marks[w.Org]
	return again || a.batch.Len() >= batchBytes
}

func (a *application) commit() error {
	if a.batch.Empty() {
		return nil
	}
	if err := a.db.commit(a.batch, pebble.NoSync); err != nil {
		return err
	}
	a.db.quiet.written()
	if err := a.batch.Close(); err != nil {
		return err
	}
	a.batch = a.db.pebble.NewBatch()
	maps.Copy(a.db.marks, a.marks)
	clear(a.marks)
	return nil
}

func (a *application) window(w *persistence.Window) error {
	if err := w.Check(); err != nil { // before anything of it is in the batch
		return err
	}
	clear(a.headers)
	clear(a.numbers)
	a.heads = a.heads[:0]
	m, err := a.mark(w.Org)
	if err != nil {
		return fmt.Errorf("read watermark: %w", err)
	}
	if err := a.lookAhead(w, &m); err != nil {
		return fmt.Errorf("look for new orders: %w", err)
	}
	for i := range w.Orders {
		if err := a.document(w, &w.Orders[i]); err != nil {
			return fmt.Errorf("order %s: %w", w.Orders[i].ID, err)
		}
	}
	for i := range w.Events {
		e := &w.Events[i]
		if created, is := a.fresh.ids[e.Order]; e.Version > 1 || !is || created != nil {
			set(a.batch, eventKey(w.Org, e.Order, e.Version), appendEvent(make([]byte, 0, 2*binary.MaxVarintLen64), e))
		}
	}
	a.keys(w, &m)
	a.advance(w, &m)
	for i := range w.Orders {
		a.db.newest[w.Org] = max(a.db.newest[w.Org], w.Orders[i].Number)
	}
	return nil
}

func (a *application) mark(org string) (mark, error) {
	if m, known := a.db.marks[org]; known {
		return m, nil
	}
	m, found, err := readMarkOf(a.db.pebble, org)
	if err == nil && !found {
		set(a.batch, orgKey(spaceOrg, org), nil)
	}
	return m, err
}

// keys drops what is forgotten, then adds, so that a window applied again does
// not bring back what a newer one forgot.
func (a *application) keys(w *persistence.Window, m *mark) {
	m.forgetMS = max(m.forgetMS, w.Forget)
	if m.forgetMS-m.droppedMS >= dropStepMS {
		if err := a.batch.DeleteRange(keyTime(w.Org, m.droppedMS), keyTime(w.Org, m.forgetMS), nil); err != nil {
			panic(err) // an open batch takes everything
		}
		m.droppedMS = m.forgetMS
	}
	for _, k := range w.Keys {
		if k.AtMS >= m.forgetMS {
			key := binary.BigEndian.AppendUint64(keyTime(w.Org, k.AtMS), k.Seq)
			set(a.batch, append(key, k.Hash[:]...), nil)
		}
	}
}

// advance moves the watermark and what goes with it, only ever forward.
func (a *application) advance(w *persistence.Window, m *mark) {
	if w.Outlet != nil && w.Through.Seq >= m.outlet {
		m.outlet = w.Through.Seq
		set(a.batch, orgKey(spaceOutlet, w.Org), w.Outlet)
	}
	if w.Through.Seq > m.through.Seq {
		m.through = w.Through
	}
	m.epoch, m.atMS = max(m.epoch, w.Epoch), max(m.atMS, w.AtMS)
	set(a.batch, orgKey(spaceMark, w.Org), m.append(nil))
	a.marks[w.Org] = *m
}
