// Package conformance is what every Journal and every Store must do, as tests.
// A store's own tests call RunJournal and RunStore; nothing here knows a driver.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"heard/persistence"
)

// OpenJournal opens an empty journal. reopen closes it and opens what it left,
// as a restart would; both are closed by t.Cleanup.
type OpenJournal func(t *testing.T) (j persistence.Journal, reopen func() persistence.Journal)

// RunJournal checks a Journal. An embedded journal that is also the Store gets
// its watermark by Apply, another one learns of it by Trim.
func RunJournal(t *testing.T, open OpenJournal) {
	for _, c := range []struct {
		name string
		run  func(*journalCase)
	}{
		{"AcquireBumpsTheEpochAboveTheFloor", (*journalCase).acquire},
		{"OldEpochIsFencedForEver", (*journalCase).fenced},
		{"LeaseIsReadWithoutTakingIt", (*journalCase).leaseRead},
		{"OnlyTheNextSequenceIsAppended", (*journalCase).contiguous},
		{"RepeatIsDuplicateAndWritesNothing", (*journalCase).duplicate},
		{"OneAppendMixesOutcomes", (*journalCase).mixed},
		{"OneOrganisationTwiceInOneAppendNeverLies", (*journalCase).twice},
		{"TailBeginsInsideABatch", (*journalCase).tail},
		{"TailStopsWhenTheReaderSays", (*journalCase).tailStops},
		{"TailReadsLongLogs", (*journalCase).longTail},
		{"AppendKeepsNoBytes", (*journalCase).keepsNothing},
		{"ReopenKeepsEverything", (*journalCase).reopened},
		{"UndrainedListsThoseBehind", (*journalCase).undrained},
		{"BadOrganisationsAreRefused", (*journalCase).badNames},
		{"EndedContextAppendsNothing", (*journalCase).endedContext},
		{"ConcurrentAppendsAndAcquiresKeepOneHistory", (*journalCase).concurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, reopen := open(t)
			c.run(&journalCase{T: t, j: j, reopen: reopen, ctx: t.Context()})
		})
	}
}

type journalCase struct {
	*testing.T
	j      persistence.Journal
	reopen func() persistence.Journal
	ctx    context.Context
}

func (c *journalCase) lease(org string, floor uint64) persistence.Lease {
	c.Helper()
	l, err := c.j.Acquire(c.ctx, org, floor)
	if err != nil {
		c.Fatalf("acquire %s: %v", org, err)
	}
	return l
}

func (c *journalCase) append(entries ...persistence.Entry) []persistence.Outcome {
	c.Helper()
	out := make([]persistence.Outcome, len(entries))
	if err := c.j.Append(c.ctx, entries, out); err != nil {
		c.Fatalf("append: %v", err)
	}
	return out
}

func (c *journalCase) want(got []persistence.Outcome, want ...persistence.Outcome) {
	c.Helper()
	if !slices.Equal(got, want) {
		c.Fatalf("outcomes %v, want %v", got, want)
	}
}

func (c *journalCase) read(org string, after uint64) []persistence.Entry {
	c.Helper()
	var all []persistence.Entry
	err := c.j.Tail(c.ctx, org, after, func(e persistence.Entry) error { all = append(all, e); return nil })
	if err != nil {
		c.Fatalf("tail of %s: %v", org, err)
	}
	return all
}

func entry(org string, epoch, first, last uint64) persistence.Entry {
	return persistence.Entry{Org: org, Epoch: epoch, First: first, Last: last, Data: []byte(fmt.Sprintf("%s:%d:%d-%d", org, epoch, first, last))}
}

func same(a, b persistence.Entry) bool {
	return a.Org == b.Org && a.Epoch == b.Epoch && a.First == b.First && a.Last == b.Last && string(a.Data) == string(b.Data)
}

func (c *journalCase) holds(org string, after uint64, want ...persistence.Entry) {
	c.Helper()
	if got := c.read(org, after); !slices.EqualFunc(got, want, same) {
		c.Fatalf("log of %s after %d is %v, want %v", org, after, got, want)
	}
}

func (c *journalCase) contiguous() {
	e := c.lease("a", 0).Epoch
	c.want(c.append(entry("a", e, 2, 2)), persistence.Gap)
	c.want(c.append(entry("a", e, 1, 4)), persistence.Appended)
	c.want(c.append(entry("a", e, 6, 6)), persistence.Gap)
	c.want(c.append(entry("a", e, 4, 5)), persistence.Gap) // overlaps
	c.want(c.append(entry("a", e, 2, 4)), persistence.Gap) // ends where the newest ends
	c.want(c.append(entry("a", e, 5, 4)), persistence.Gap) // ends before it begins
	c.want(c.append(entry("a", e, 0, 0)), persistence.Gap)
	c.want(c.append(entry("a", e, 5, 5)), persistence.Appended)
	c.holds("a", 0, entry("a", e, 1, 4), entry("a", e, 5, 5))
}

func (c *journalCase) duplicate() {
	e := c.lease("a", 0).Epoch
	c.want(c.append(entry("a", e, 1, 3)), persistence.Appended)
	c.want(c.append(entry("a", e, 1, 3)), persistence.Duplicate)
	c.want(c.append(entry("a", e, 4, 4)), persistence.Appended)
	c.want(c.append(entry("a", e, 4, 4)), persistence.Duplicate)
	c.holds("a", 0, entry("a", e, 1, 3), entry("a", e, 4, 4))
	next := c.lease("a", 0).Epoch // what the old epoch wrote is no repeat of what the new one writes
	c.want(c.append(entry("a", next, 4, 4)), persistence.Gap)
}

func (c *journalCase) mixed() {
	a, b, g := c.lease("a", 0).Epoch, c.lease("b", 0).Epoch, c.lease("g", 0).Epoch
	c.append(entry("a", a, 1, 1), entry("b", b, 1, 1), entry("g", g, 1, 1))
	fresh := c.lease("b", 0).Epoch
	out := c.append(entry("a", a, 2, 5), entry("b", b, 2, 2), entry("g", g, 3, 3), entry("new", 1, 1, 1))
	c.want(out, persistence.Appended, persistence.Fenced, persistence.Gap, persistence.Fenced)
	out = c.append(entry("g", g, 2, 2), entry("a", a, 2, 5), entry("b", fresh, 2, 2))
	c.want(out, persistence.Appended, persistence.Duplicate, persistence.Appended)
	c.holds("a", 0, entry("a", a, 1, 1), entry("a", a, 2, 5))
	c.holds("b", 0, entry("b", b, 1, 1), entry("b", fresh, 2, 2))
	c.holds("g", 0, entry("g", g, 1, 1), entry("g", g, 2, 2))
	c.append()
}

// twice is a caller's mistake; whatever the outcomes, they must be true.
func (c *journalCase) twice() {
	e := c.lease("a", 0).Epoch
	first, second := entry("a", e, 1, 1), entry("a", e, 1, 1)
	second.Data = []byte("other")
	out := make([]persistence.Outcome, 2)
	if err := c.j.Append(c.ctx, []persistence.Entry{first, second}, out); err != nil {
		return
	}
	kept := c.read("a", 0)
	for i, e := range []persistence.Entry{first, second} {
		if out[i] == persistence.Appended && !slices.ContainsFunc(kept, func(k persistence.Entry) bool { return same(k, e) }) {
			c.Fatalf("entry %d was answered %v and is not in the log", i, out[i])
		}
	}
}

func (c *journalCase) tail() {
	e := c.lease("a", 0).Epoch
	c.lease("a-b", 0)
	c.lease("ab", 0)
	c.append(entry("a", e, 1, 3), entry("a-b", 1, 1, 1), entry("ab", 1, 1, 9))
	c.append(entry("a", e, 4, 4))
	c.append(entry("a", e, 5, 9))
	c.holds("a", 0, entry("a", e, 1, 3), entry("a", e, 4, 4), entry("a", e, 5, 9))
	c.holds("a", 2, entry("a", e, 1, 3), entry("a", e, 4, 4), entry("a", e, 5, 9))
	c.holds("a", 3, entry("a", e, 4, 4), entry("a", e, 5, 9))
	c.holds("a", 8, entry("a", e, 5, 9))
	c.holds("a", 9)
	c.holds("a", 1000)
	c.holds("nobody", 0)
}

func (c *journalCase) tailStops() {
	e := c.lease("a", 0).Epoch
	c.append(entry("a", e, 1, 1))
	c.append(entry("a", e, 2, 2))
	enough, calls := errors.New("enough"), 0
	err := c.j.Tail(c.ctx, "a", 0, func(persistence.Entry) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		c.Fatalf("tail returned %v after %d calls", err, calls)
	}
}

func (c *journalCase) longTail() {
	e := c.lease("a", 0).Epoch
	const n = 1200
	for seq := uint64(1); seq <= n; seq++ {
		c.want(c.append(entry("a", e, seq, seq)), persistence.Appended)
	}
	for _, after := range []uint64{0, 255, 256, 257, 1000} {
		got := c.read("a", after)
		if len(got) != int(n-after) {
			c.Fatalf("%d entries after %d", len(got), after)
		}
		for i, e := range got {
			if e.First != after+uint64(i)+1 {
				c.Fatalf("entry %d after %d begins at %d", i, after, e.First)
			}
		}
	}
}

func (c *journalCase) keepsNothing() {
	e := c.lease("a", 0).Epoch
	in := entry("a", e, 1, 1)
	c.want(c.append(in), persistence.Appended)
	clear(in.Data)
	got := c.read("a", 0)
	c.holds("a", 0, entry("a", e, 1, 1))
	clear(got[0].Data) // fn's to keep, and to spoil
	c.holds("a", 0, entry("a", e, 1, 1))
}

func (c *journalCase) reopened() {
	history, err := c.j.History(c.ctx)
	if err != nil || len(history) != 32 {
		c.Fatalf("history id %q: %v", history, err)
	}
	e := c.lease("a", 5).Epoch
	c.append(entry("a", e, 1, 2))
	c.append(entry("a", e, 3, 3))
	c.j = c.reopen()
	if again, err := c.j.History(c.ctx); err != nil || again != history {
		c.Fatalf("history id %q became %q: %v", history, again, err)
	}
	c.want(c.append(entry("a", e, 3, 3)), persistence.Duplicate)
	c.want(c.append(entry("a", e, 4, 4)), persistence.Appended)
	if l := c.lease("a", 0); l != (persistence.Lease{Epoch: e + 1, Last: 4}) {
		c.Fatalf("lease after a restart: %+v", l)
	}
	c.holds("a", 0, entry("a", e, 1, 2), entry("a", e, 3, 3), entry("a", e, 4, 4))
}

// drained tells the journal that the Store has followed an organisation.
func (c *journalCase) drained(org string, through uint64) {
	c.Helper()
	if s, ok := c.j.(persistence.Store); ok {
		w := persistence.Window{Org: org, Epoch: 1, Through: persistence.Chain{Seq: through}}
		if err := s.Apply(c.ctx, []persistence.Window{w}); err != nil {
			c.Fatalf("apply: %v", err)
		}
	}
	if err := c.j.Trim(c.ctx, org, through); err != nil {
		c.Fatalf("trim: %v", err)
	}
}

func (c *journalCase) behind(after string, most int, want ...string) {
	c.Helper()
	got, err := c.j.Undrained(c.ctx, after, most)
	if err != nil || !slices.Equal(got, want) {
		c.Fatalf("undrained after %q: %v (%v), want %v", after, got, err, want)
	}
}

func (c *journalCase) undrained() {
	for _, org := range []string{"a", "b", "c", "d"} {
		e := c.lease(org, 0).Epoch
		if org != "d" { // acquired, never written
			c.append(entry(org, e, 1, 5))
			c.append(entry(org, e, 6, 6))
		}
	}
	first, err := c.j.Undrained(c.ctx, "", 10)
	if err != nil || len(first) != 3 {
		c.Fatalf("undrained: %v (%v)", first, err)
	}
	c.behind("", 2, first[:2]...)
	c.behind(first[1], 2, first[2])
	c.behind(first[2], 2)
	c.drained(first[0], 6)
	c.drained(first[1], 5)
	c.behind("", 10, first[1:]...)
	tail := c.read(first[1], 5)
	if len(tail) != 1 || tail[0].First != 6 {
		c.Fatalf("tail after trimming to 5: %v", tail)
	}
	c.j = c.reopen()
	c.behind("", 10, first[1:]...)
	c.drained(first[1], 6)
	c.behind("", 10, first[2])
	if l := c.lease(first[1], 0); l.Last != 6 {
		c.Fatalf("a drained log forgot its end: %+v", l)
	}
}

func (c *journalCase) badNames() {
	for _, org := range []string{"", "a/b", "a\x00b", "a b", "ä", string(make([]byte, 65))} {
		if _, err := c.j.Acquire(c.ctx, org, 0); err == nil {
			c.Errorf("organisation %q was acquired", org)
		}
	}
	c.lease("a", 0)
	c.want(c.append(entry("a\x00", 1, 1, 1)), persistence.Fenced)
}

func (c *journalCase) endedContext() {
	e := c.lease("a", 0).Epoch
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	out := []persistence.Outcome{persistence.Appended}
	if err := c.j.Append(ctx, []persistence.Entry{entry("a", e, 1, 1)}, out); err == nil || out[0] != persistence.Unknown {
		c.Fatalf("append under an ended context: %v, %v", out[0], err)
	}
	c.want(c.append(entry("a", e, 1, 1)), persistence.Appended)
}

// concurrent lets several activations fight for each organisation while others
// do the same: what was answered Appended must be one contiguous history.
func (c *journalCase) concurrent() {
	const orgs, activations, rounds = 6, 3, 40
	var mu sync.Mutex
	acked := make(map[string][]persistence.Entry)
	var wg sync.WaitGroup
	for i := range orgs * activations {
		org := fmt.Sprintf("org-%d", i%orgs)
		wg.Go(func() {
			for range rounds {
				lease, err := c.j.Acquire(c.ctx, org, 0)
				if err != nil {
					c.Errorf("acquire: %v", err)
					return
				}
				for seq := lease.Last + 1; seq <= lease.Last+3; seq++ {
					e := entry(org, lease.Epoch, seq, seq)
					out := make([]persistence.Outcome, 1)
					if err := c.j.Append(c.ctx, []persistence.Entry{e}, out); err != nil {
						c.Errorf("append: %v", err)
						return
					}
					if out[0] == persistence.Fenced {
						break
					}
					if out[0] != persistence.Appended {
						c.Errorf("entry %v of a fresh lease: %v", e, out[0])
						return
					}
					mu.Lock()
					acked[org] = append(acked[org], e)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for org, entries := range acked {
		slices.SortFunc(entries, func(a, b persistence.Entry) int { return int(a.First) - int(b.First) })
		c.holds(org, 0, entries...)
	}
}
