package domain

// Keyed is in every command's body: a client that cannot set headers sends its
// idempotency key here.
type Keyed struct {
	IdempotencyKey string `json:"idempotency_key,omitempty"`
}

// BodyKey is the key the body carries; "" = none.
func (k *Keyed) BodyKey() string { return k.IdempotencyKey }

// KeyField names the member it stands in.
func (k *Keyed) KeyField() string { return "idempotency_key" }
