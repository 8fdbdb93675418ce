package actors

import (
	"heard/domain"
	"heard/persistence"
)

// maxKeys bounds the keys of one organisation. Full means 503: no key is
// forgotten before its time.
const maxKeys = 1_000_000

// keyWindow knows the keys of the last day: hash of the key → the record that
// holds its answer.
type keyWindow struct {
	seqs  map[domain.Fingerprint]uint64
	order []persistence.KeyRow // oldest first, for forgetting
	head  int
}

func newKeyWindow() keyWindow { return keyWindow{seqs: map[domain.Fingerprint]uint64{}} }

func (w *keyWindow) add(row persistence.KeyRow) {
	if _, known := w.seqs[row.Hash]; known {
		return
	}
	w.seqs[row.Hash] = row.Seq
	w.order = append(w.order, row)
}

func (w *keyWindow) full() bool { return len(w.seqs) >= maxKeys }

// forget drops keys that are older than their life.
func (w *keyWindow) forget(now int64) {
	for w.head < len(w.order) && w.order[w.head].AtMS < now-persistence.KeyLifeMS {
		delete(w.seqs, w.order[w.head].Hash)
		w.head++
	}
	if w.head > 1024 && w.head*2 > len(w.order) {
		w.order = append([]persistence.KeyRow(nil), w.order[w.head:]...)
		w.head = 0
	}
}
