package audit

import (
	"slices"

	"heard/domain"
	"heard/persistence"
)

// keyWindow knows the keys of the last day.
type keyWindow struct {
	rows  map[domain.Fingerprint]persistence.KeyRow
	order []persistence.KeyRow        // oldest first, for forgetting
	long  map[persistence.KeyRow]bool // keys with nothing to do as releases before wrote them, to live a whole day
}

// lasting is a key with nothing to do as releases before wrote it.
func lasting(row persistence.KeyRow) persistence.KeyRow {
	row.AtMS += persistence.KeyLifeMS - persistence.NothingKeyLifeMS
	return row
}

func newKeyWindow() keyWindow {
	return keyWindow{rows: map[domain.Fingerprint]persistence.KeyRow{}, long: map[persistence.KeyRow]bool{}}
}

// key notes a record's key. An engine answers a key that is up to a day old with
// its first answer, so a second record under it is a second effect.
func (h *history) key(r *domain.Record) {
	h.count(keyedOnce, 1)
	row := persistence.KeyRowOf(r)
	if first, known := h.keys.rows[row.Hash]; known && r.At-first.AtMS <= persistence.KeyLifeMS {
		h.fail(keyedOnce, r.Seq, r.Entity, "key %.40q had its effect in record %d already, %d s before", r.Key, first.Seq, (r.At-first.AtMS)/1000)
	}
	h.keys.add(row)
	if row.AtMS != r.At {
		h.keys.long[lasting(row)] = true
	}
}

func (w *keyWindow) add(row persistence.KeyRow) {
	n := 0
	for n < len(w.order) && w.order[n].AtMS < row.AtMS-persistence.KeyLifeMS {
		if old := w.order[n]; w.rows[old.Hash].Seq == old.Seq {
			delete(w.rows, old.Hash)
		}
		n++
	}
	w.order = append(w.order[n:], row)
	w.rows[row.Hash] = row
}

// since copies the keys from a moment on.
func (w *keyWindow) since(ms int64) []persistence.KeyRow {
	rows := slices.Clone(w.order)
	return slices.DeleteFunc(rows, func(r persistence.KeyRow) bool { return r.AtMS < ms })
}
