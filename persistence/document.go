package persistence

import (
	"crypto/sha256"

	"heard/domain"
	"heard/domain/order"
)

// DocumentOf makes the document of an order from its state and its image.
func DocumentOf(o *order.Order, image []byte) *Document {
	return &Document{
		ID: o.ID, Number: o.Number, Version: o.Version, Status: string(o.Status), Active: o.Status.Open(),
		TableID: o.TableID, WaiterID: o.WaiterID, Type: o.Type,
		CreatedMS: int64(o.CreatedAt), UpdatedMS: int64(o.UpdatedAt), Text: o.Text(), Body: image,
	}
}

// KeyLifeMS is how long an idempotency key lives, at least.
const KeyLifeMS = 24 * 60 * 60 * 1000

// HashKey is what is kept of a key.
func HashKey(key string) domain.Fingerprint {
	sum := sha256.Sum256([]byte(key))
	return domain.Fingerprint(sum[:16])
}
