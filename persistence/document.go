package persistence

import (
	"crypto/sha256"
	"strings"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// DocumentOf makes the document of an order from its state and its image.
func DocumentOf(o *order.Order, image []byte) *Document {
	t := Together([...]string{o.ID, string(o.Status), o.TableID, o.WaiterID, o.Type, o.Text()})
	return &Document{
		ID: t[0], Number: o.Number, Version: o.Version, Status: t[1], Active: o.Status.Open(),
		TableID: t[2], WaiterID: t[3], Type: t[4],
		CreatedMS: int64(o.CreatedAt), UpdatedMS: int64(o.UpdatedAt), Text: t[5], Body: image,
	}
}

// Together copies the texts of a document into one piece of memory: how long the
// garbage collector is at work is a matter of how many pieces all open orders are.
func Together(texts [6]string) (copies [6]string) {
	var whole strings.Builder
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	whole.Grow(n)
	for _, t := range texts {
		whole.WriteString(t)
	}
	rest := whole.String()
	for i, t := range texts {
		copies[i], rest = rest[:len(t)], rest[len(t):]
	}
	return copies
}

// How long an idempotency key lives, at least: where the command had an effect,
// and where it had nothing to do. Repeating the second kind early is harmless, late
// it is a new wish; and whoever may do nothing could fill the window with them.
const (
	KeyLifeMS        = 24 * 60 * 60 * 1000
	NothingKeyLifeMS = 15 * 60 * 1000
)

// KeyRowOf is what is kept of a record's key. A key of a command that had nothing
// to do counts from an earlier moment, so that all keys are forgotten by one rule.
func KeyRowOf(r *domain.Record) KeyRow {
	row := KeyRow{Hash: HashKey(r.Key), Seq: r.Seq, AtMS: r.At}
	if r.Kind == (outlet.KeyRemembered{}).Kind() {
		row.AtMS -= KeyLifeMS - NothingKeyLifeMS
	}
	return row
}

// HashKey is what is kept of a key.
func HashKey(key string) domain.Fingerprint {
	sum := sha256.Sum256([]byte(key))
	return domain.Fingerprint(sum[:16])
}
