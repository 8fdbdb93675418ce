package actors

import (
	"cmp"
	"fmt"
	"slices"

	"heard/domain"
	"heard/persistence"
)

// Bounds of what keys cost. No key is forgotten before its time: full means a
// refusal.
const (
	maxKeys        = 1_000_000  // of one organisation
	maxProcessKeys = 16_000_000 // of all that are in memory
)

// keyWindow knows the keys of the last day: hash of the key → the record that
// holds its answer.
type keyWindow struct {
	seqs  map[domain.Fingerprint]uint64
	users shares

	// Keys of effects, and of commands that had nothing to do: those are told from
	// an earlier time on (persistence.KeyRowOf), so each queue is in order and one
	// alone would not be.
	effects, nothings keyQueue
}

// keyQueue is oldest first, for forgetting.
type keyQueue struct {
	keys []keptKey
	head int
}

type keptKey struct {
	row  persistence.KeyRow
	user string // "" = not known any more: the key was read back from the store
}

func newKeyWindow() keyWindow {
	return keyWindow{seqs: map[domain.Fingerprint]uint64{}, users: shares{}}
}

// add takes a key in, and answers whether it was new.
func (w *keyWindow) add(row persistence.KeyRow, user string) bool {
	if _, known := w.seqs[row.Hash]; known {
		return false
	}
	w.seqs[row.Hash] = row.Seq
	q := &w.effects
	if n := len(q.keys); n > q.head && row.AtMS < q.keys[n-1].row.AtMS {
		q = &w.nothings
	}
	q.keys = append(q.keys, keptKey{row, user})
	w.users.add(user, 1)
	return true
}

// restore takes keys back that were read from the store or the log.
func (w *keyWindow) restore(rows []persistence.KeyRow) (n int) {
	slices.SortStableFunc(rows, func(a, b persistence.KeyRow) int { return cmp.Compare(a.AtMS, b.AtMS) })
	for _, row := range rows {
		if w.add(row, "") {
			n++
		}
	}
	return n
}

// forget drops keys that are older than their life at a moment of the log's own
// time, and answers how many. The clock's time must not be asked: after one wrong
// look at it a repeated key would have a second effect.
func (w *keyWindow) forget(atMS int64) int {
	before := len(w.seqs)
	for _, q := range []*keyQueue{&w.effects, &w.nothings} {
		for ; q.head < len(q.keys) && q.keys[q.head].row.AtMS < atMS-persistence.KeyLifeMS; q.head++ {
			k := &q.keys[q.head]
			delete(w.seqs, k.row.Hash)
			w.users.add(k.user, -1)
		}
		if q.head > 1024 && q.head*2 > len(q.keys) {
			q.keys, q.head = slices.Clone(q.keys[q.head:]), 0
		}
	}
	return before - len(w.seqs)
}

// shares counts what each user has of something that an organisation has a bounded
// number of. Nobody may have more than is left for everybody else. So one user
// who takes all there is gets half of it, and always leaves room for others.
type shares map[string]int

func (s shares) add(user string, n int) {
	if user == "" {
		return
	}
	if s[user] += n; s[user] <= 0 {
		delete(s, user)
	}
}

// admit refuses a user who wants n more of which used of most are taken.
func (s shares) admit(user string, n, used, most int, full *domain.Error, what string) *domain.Error {
	switch {
	case used+n > most:
		return full
	case s[user]+n > most-used:
		return domain.Refuse(domain.RateLimited, fmt.Sprintf("This user has %d of the %d %s of the organisation; the rest is for others", s[user], most, what))
	}
	return nil
}
