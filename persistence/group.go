package persistence

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// Repeats wait this long at first and at most; each pause doubles.
const (
	firstPauseMS = 5
	mostPauseMS  = 200
)

// take waits for entries and removes the next group; none means closed and
// drained. A second entry of one organisation stays for the next group,
// because an Append cannot judge it before the first is durable.
func (l *lane) take() []waiting {
	clear(l.group) // lets go of the payloads
	clear(l.seen)
	l.group = l.group[:0]
	l.wait()
	// Whoever is about to submit goes first: on a busy machine that makes a group
	// half as large again, on an idle one it takes no time.
	runtime.Gosched()
	l.mu.Lock()
	defer l.mu.Unlock()
	size, kept := 0, 0
	for i, w := range l.queue {
		if len(l.group) == l.options.MaxEntries || (len(l.group) > 0 && size+len(w.entry.Data) > l.options.MaxBytes) {
			kept += copy(l.queue[kept:], l.queue[i:])
			break
		}
		if _, twice := l.seen[w.entry.Org]; twice {
			l.queue[kept] = w
			kept++
			continue
		}
		l.seen[w.entry.Org] = struct{}{}
		l.group = append(l.group, w)
		size += len(w.entry.Data)
	}
	clear(l.queue[kept:]) // likewise
	l.queue, l.bytes, l.active = l.queue[:kept], l.bytes-size, len(l.group)
	return l.group
}

// wait returns when there are entries, or the lane is closed.
func (l *lane) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = 0
	for len(l.queue) == 0 && !l.closed {
		l.filled.Wait()
	}
}

// commit appends a group until every outcome is definite or the time for
// repeats is over. A repeat is safe: same epoch, sequence and bytes, so that the
// journal answers Duplicate when the first attempt had arrived after all.
func (l *lane) commit(group []waiting) {
	l.tally.entries.Add(uint64(len(group)))
	l.tally.bytes.Add(uint64(payload(group)))
	var giveUp time.Time
	pause := firstPauseMS * time.Millisecond
	for {
		var err error
		if group, err = l.attempt(group, giveUp); len(group) == 0 {
			return
		}
		now := time.Now()
		if giveUp.IsZero() {
			giveUp = now.Add(time.Duration(l.options.UnknownRetryMS) * time.Millisecond)
		}
		if !now.Add(pause).Before(giveUp) || !l.sleep(pause) {
			l.breaker.open(err) // first, for who is told comes again at once
			l.surrender(group, err)
			return
		}
		l.tally.repeats.Add(1)
		pause = min(2*pause, mostPauseMS*time.Millisecond)
	}
}

// attempt does one Append, answers what is definite and returns the rest with the reason.
func (l *lane) attempt(group []waiting, giveUp time.Time) ([]waiting, error) {
	ctx := l.limit()
	if !giveUp.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, giveUp)
		defer cancel()
	}
	l.entries, l.out = l.entries[:0], l.out[:0]
	for i := range group {
		l.entries, l.out = append(l.entries, group[i].entry), append(l.out, Unknown)
	}
	start := time.Now()
	err := l.append(ctx, l.entries, l.out)
	took := time.Since(start)
	clear(l.entries) // as take does

	var unknown []waiting
	size := 0
	for i, w := range group {
		if l.out[i] == Unknown {
			unknown = append(unknown, w)
			continue
		}
		size += len(w.entry.Data)
		l.answer(w, l.out[i], nil)
	}
	if n := len(group) - len(unknown); n > 0 {
		l.tally.commits.Add(1)
		l.options.Observe(n, size, took)
	}
	return unknown, err
}

// limit bounds an Append. It serves those that begin within a tenth of its time,
// since to make one costs more than many an Append.
func (l *lane) limit() context.Context {
	timeout := time.Duration(l.options.AppendTimeoutMS) * time.Millisecond
	if now := time.Now(); now.Sub(l.since) > timeout/10 {
		l.lift()
		l.limited, l.lift = context.WithTimeout(l.ctx, timeout)
		l.since = now
	}
	return l.limited
}

// append keeps a journal that panics from ending the lane: nobody would be
// answered again and nothing would say so.
func (l *lane) append(ctx context.Context, entries []Entry, out []Outcome) (err error) {
	defer func() {
		if p := recover(); p != nil {
			l.options.Log.Error("journal panicked", "panic", p, "stack", string(debug.Stack()))
			clear(out)
			err = fmt.Errorf("append %d entries: panic: %v: %w", len(entries), p, ErrUnavailable)
		}
	}()
	return l.journal.Append(ctx, entries, out)
}

func (l *lane) answer(w waiting, o Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			l.tally.panics.Add(1)
			l.options.Log.Error("commit callback panicked", "org", w.entry.Org, "first", w.entry.First,
				"outcome", o.String(), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	l.tally.outcomes[o].Add(1)
	w.done(o, err)
}

func (l *lane) surrender(group []waiting, err error) {
	if err == nil {
		err = ErrUnavailable
	}
	if !errors.Is(err, ErrUnavailable) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	err = fmt.Errorf("append %d entries: %w", len(group), err)
	for _, w := range group {
		l.answer(w, Unknown, err)
	}
}

// sleep reports whether the lane should go on.
func (l *lane) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ctx.Done():
		return false
	}
}

func payload(group []waiting) int {
	n := 0
	for i := range group {
		n += len(group[i].entry.Data)
	}
	return n
}
