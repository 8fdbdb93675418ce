package pebblestore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

// ledger is what was promised: for each organisation the newest epoch and the
// newest sequence that were answered.
type ledger struct {
	mu    sync.Mutex
	epoch map[string]uint64
	last  map[string]uint64
}

func newLedger() *ledger {
	return &ledger{epoch: make(map[string]uint64), last: make(map[string]uint64)}
}

func (l *ledger) note(m map[string]uint64, org string, n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m[org] = max(m[org], n)
}

func (l *ledger) copy() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := newLedger()
	for org := range l.epoch {
		c.epoch[org], c.last[org] = l.epoch[org], l.last[org]
	}
	return c
}

func payload(org string, epoch, first, last uint64) []byte {
	return []byte(strings.Repeat(fmt.Sprintf("%s/%d/%d-%d;", org, epoch, first, last), 20))
}

// write works on one organisation until the database fails or told to stop:
// leases, batches of several records, and windows drained behind them.
func (l *ledger) write(db *pebblestore.DB, org string, seed uint64, stop *atomic.Bool) error {
	ctx, r := context.Background(), rand.New(rand.NewPCG(seed, 1))
	for !stop.Load() {
		lease, err := db.Acquire(ctx, org, 0)
		if err != nil {
			return err
		}
		l.note(l.epoch, org, lease.Epoch)
		if err := catchUp(db, org); err != nil {
			return err
		}
		last := lease.Last
		for range 20 {
			first := last + 1
			last = first + uint64(r.IntN(3))
			out := make([]persistence.Outcome, 1)
			e := persistence.Entry{Org: org, Epoch: lease.Epoch, First: first, Last: last, Data: payload(org, lease.Epoch, first, last)}
			if err := db.Append(ctx, []persistence.Entry{e}, out); err != nil || out[0] != persistence.Appended {
				return errors.Join(err, fmt.Errorf("outcome %v", out[0]))
			}
			promised := last
			db.WhenDurable(func() { l.note(l.last, org, promised) })
			if err := db.Apply(ctx, []persistence.Window{drained(org, lease.Epoch, first, last)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// catchUp drains what an earlier life appended and did not drain.
func catchUp(db *pebblestore.DB, org string) error {
	ctx := context.Background()
	mark, err := db.Watermark(ctx, org)
	if err != nil {
		return err
	}
	return db.Tail(ctx, org, mark.Seq, func(e persistence.Entry) error {
		return db.Apply(ctx, []persistence.Window{drained(org, e.Epoch, e.First, e.Last)})
	})
}

// drained is the window of one entry: order 1 has a version for every record.
func drained(org string, epoch, first, last uint64) persistence.Window {
	w := persistence.Window{Org: org, Epoch: epoch, Through: persistence.Chain{Seq: last}, AtMS: int64(last)}
	w.Orders = []persistence.Document{{ID: "o", Number: 1, Version: last, Status: fmt.Sprint("s", last%3), Active: last%2 == 0, UpdatedMS: int64(last), Body: []byte("{}")}}
	for seq := first; seq <= last; seq++ {
		w.Events = append(w.Events, persistence.Event{Order: "o", Version: seq, Seq: seq, AtMS: int64(seq)})
	}
	return w
}

// check looks at what a crash left: all that was promised is there, in one piece,
// and the documents are those of the watermark, never ahead of the journal.
func (l *ledger) check(t *testing.T, db *pebblestore.DB, readOnly bool) {
	t.Helper()
	ctx := context.Background()
	for org, last := range l.last {
		next := uint64(1)
		err := db.Tail(ctx, org, 0, func(e persistence.Entry) error {
			if e.First != next || string(e.Data) != string(payload(org, e.Epoch, e.First, e.Last)) {
				return fmt.Errorf("entry %d-%d of epoch %d where %d belongs", e.First, e.Last, e.Epoch, next)
			}
			next = e.Last + 1
			return nil
		})
		if err != nil || next <= last {
			t.Fatalf("%s: log ends before %d, %d was promised: %v", org, next, last, err)
		}
		mark, err := db.Watermark(ctx, org)
		if err != nil || mark.Seq >= next {
			t.Fatalf("%s: watermark %d, log ends before %d: %v", org, mark.Seq, next, err)
		}
		l.documents(t, db, org, mark.Seq)
		lease, err := db.Lease(ctx, org)
		if !readOnly {
			lease, err = db.Acquire(ctx, org, 0)
			lease.Epoch--
		}
		if err != nil || lease.Epoch < l.epoch[org] || lease.Last != next-1 {
			t.Fatalf("%s: lease %+v after epoch %d: %v", org, lease, l.epoch[org], err)
		}
	}
}

func (l *ledger) documents(t *testing.T, db *pebblestore.DB, org string, seq uint64) {
	t.Helper()
	if seq == 0 {
		return
	}
	ctx := context.Background()
	d, err := db.Order(ctx, org, "o")
	if err != nil || d.Version != seq {
		t.Fatalf("%s: order has version %d at watermark %d: %v", org, d.Version, seq, err)
	}
	for status := range 3 {
		f := domain.Filter{Status: []string{fmt.Sprint("s", status)}, LimitRows: 10}
		rows, err := db.Orders(ctx, persistence.Selection{Org: org, Filter: f})
		if want := uint64(status) == seq%3; err != nil || (len(rows) == 1) != want {
			t.Fatalf("%s: %d rows of status %d at watermark %d: %v", org, len(rows), status, seq, err)
		}
	}
	events, err := db.Timeline(ctx, org, "o")
	if err != nil || uint64(len(events)) != seq {
		t.Fatalf("%s: %d events at watermark %d: %v", org, len(events), seq, err)
	}
}

func memory(fs vfs.FS, fatal func(error)) pebblestore.Options {
	return pebblestore.Options{Dir: "db", FS: fs, CacheBytes: 4 << 20, Fatal: fatal}
}

// TestPowerCutLosesNothingPromised: with late syncs what was told to be durable,
// without them what was answered.
func TestPowerCutLosesNothingPromised(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewCrashableMem()
			o := memory(fs, func(err error) { t.Errorf("fatal: %v", err) })
			o.Late = seed%3 == 2
			db, err := pebblestore.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			l, stop := newLedger(), atomic.Bool{}
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					if err := l.write(db, fmt.Sprint("org", i), seed, &stop); err != nil {
						t.Errorf("write: %v", err)
					}
				})
			}
			r := rand.New(rand.NewPCG(seed, 2))
			for range 4 { // cuts while the writers go on
				time.Sleep(time.Duration(10+r.IntN(60)) * time.Millisecond)
				promised := l.copy() // before the cut: what is answered during it may be lost or not
				left := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 30, 100}[r.IntN(3)], RNG: r})
				for _, readOnly := range []bool{!o.Late, false} {
					again := memory(left, func(err error) { t.Errorf("fatal: %v", err) })
					again.ReadOnly = readOnly
					after, err := pebblestore.Open(again)
					if err != nil {
						t.Fatalf("open after the cut: %v", err)
					}
					promised.check(t, after, readOnly)
					if err := after.Close(); err != nil {
						t.Error(err)
					}
				}
			}
			stop.Store(true)
			wg.Wait()
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFailedLogEndsTheProcess fails each kind of write to the log in turn.
func TestFailedLogEndsTheProcess(t *testing.T) {
	for _, op := range []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpFileWriteAt} {
		t.Run(fmt.Sprint("operation", op), func(t *testing.T) {
			mem := vfs.NewCrashableMem()
			var broken atomic.Bool
			fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(o errorfs.Op) error {
				if broken.Load() && o.Kind == op && strings.HasSuffix(o.Path, ".log") {
					return errors.New("injected disk error")
				}
				return nil
			}))
			var fatal atomic.Int32
			db, err := pebblestore.Open(memory(fs, func(error) { fatal.Add(1) }))
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			lease, err := db.Acquire(ctx, "a", 0)
			if err != nil {
				t.Fatal(err)
			}
			broken.Store(true)
			last, appended := uint64(0), 0
			for range 50 { // a kind that Pebble does not use here never fails
				e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: last + 1, Last: last + 1, Data: payload("a", lease.Epoch, last+1, last+1)}
				out := []persistence.Outcome{persistence.Gap}
				if err := db.Append(ctx, []persistence.Entry{e}, out); err != nil {
					if out[0] != persistence.Unknown || fatal.Load() == 0 || !errors.Is(err, persistence.ErrUnavailable) {
						t.Fatalf("outcome %v, fatal called %d times: %v", out[0], fatal.Load(), err)
					}
					break
				}
				last, appended = last+1, appended+1
			}
			if fatal.Load() == 0 {
				if op != errorfs.OpFileSync && op != errorfs.OpFileSyncTo {
					t.Fatal("the log failed and Fatal was not called")
				}
				if err := db.Close(); err != nil && fatal.Load() == 0 {
					t.Error(err)
				}
				return
			}
			silent(t, db)
			if err := db.Close(); err == nil {
				t.Error("close of a failed log answered that all is well")
			}
			if fatal.Load() != 1 {
				t.Errorf("fatal called %d times", fatal.Load())
			}
			l := newLedger()
			l.epoch["a"], l.last["a"] = lease.Epoch, last
			after, err := pebblestore.Open(memory(mem.CrashClone(vfs.CrashCloneCfg{}), func(err error) { t.Errorf("fatal: %v", err) }))
			if err != nil {
				t.Fatal(err)
			}
			l.check(t, after, false)
			if err := after.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// silent checks that nothing is answered any more.
func silent(t *testing.T, db *pebblestore.DB) {
	t.Helper()
	ctx := context.Background()
	_, acquire := db.Acquire(ctx, "a", 0)
	_, load := db.Load(ctx, "a")
	_, order := db.Order(ctx, "a", "o")
	apply := db.Apply(ctx, []persistence.Window{drained("a", 1, 1, 1)})
	tail := db.Tail(ctx, "a", 0, func(persistence.Entry) error { return nil })
	for i, err := range []error{acquire, load, order, apply, tail, db.Flush(ctx)} {
		if !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("call %d answered %v after the log failed", i, err)
		}
	}
}

// TestManyWaitersGetNoAnswerFromAFailedSync has callers who wait for the log of
// entries. Pebble's own is left whole, for here Fatal returns: where Pebble
// changes it then, it panics so that nobody can recover.
func TestManyWaitersGetNoAnswerFromAFailedSync(t *testing.T) {
	var broken atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if broken.Load() && o.Kind == errorfs.OpFileSyncData && strings.Contains(o.Path, "entries") {
			return errors.New("injected disk error")
		}
		return nil
	}))
	var fatal atomic.Int32
	db, err := pebblestore.Open(memory(fs, func(error) {
		time.Sleep(20 * time.Millisecond) // everyone else comes by meanwhile
		fatal.Add(1)
	}))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var answered atomic.Int32
	for i := range 16 {
		wg.Go(func() {
			org := fmt.Sprint("org", i)
			lease, err := db.Acquire(t.Context(), org, 0)
			if err != nil {
				return
			}
			for seq := lease.Last + 1; ; seq++ {
				out := make([]persistence.Outcome, 1)
				e := persistence.Entry{Org: org, Epoch: lease.Epoch, First: seq, Last: seq, Data: []byte("x")}
				sick := broken.Load()
				err := db.Append(t.Context(), []persistence.Entry{e}, out)
				if sick && err == nil {
					answered.Add(1)
				}
				if err != nil {
					if fatal.Load() == 0 {
						t.Error("answered before Fatal had been called")
					}
					return
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	broken.Store(true)
	wg.Wait()
	if answered.Load() > 0 || fatal.Load() != 1 {
		t.Errorf("%d appends answered on a broken log, Fatal called %d times", answered.Load(), fatal.Load())
	}
}

// TestFailedChangeOfLogEndsTheProcess fails where Pebble begins a new log file:
// there it panics so that nobody can recover. Fatal must have been called before.
func TestFailedChangeOfLogEndsTheProcess(t *testing.T) {
	for _, ops := range [][]errorfs.OpKind{{errorfs.OpCreate}, {errorfs.OpFileSync, errorfs.OpFileSyncData}} {
		t.Run(fmt.Sprint("operations", ops), func(t *testing.T) {
			var broken atomic.Bool
			fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
				if broken.Load() && slices.Contains(ops, o.Kind) && strings.HasSuffix(o.Path, ".log") {
					return errors.New("injected disk error")
				}
				return nil
			}))
			ended := make(chan struct{})
			db, err := pebblestore.Open(memory(fs, func(error) {
				close(ended)
				select {} // the process is gone, and with it everything that could answer
			}))
			if err != nil {
				t.Fatal(err)
			}
			broken.Store(true)
			go func() {
				large := drained("a", 1, 1, 1)
				large.Outlet = make([]byte, 100<<10)
				for seq := uint64(1); ; seq++ {
					large.Through.Seq = seq
					if err := db.Apply(context.Background(), []persistence.Window{large}); err != nil {
						t.Errorf("answered: %v", err)
						return
					}
				}
			}()
			<-ended
		})
	}
}
