package persistence

import "context"

// Fences is what a journal can do beside Journal when several engines share it:
// tell who owns an organisation without writing, and be told that an owner has
// given it up.
type Fences interface {
	// Holders reads who may write each organisation's log; out[i] is for orgs[i].
	Holders(ctx context.Context, orgs []string, out []Holder) error

	// Release says that the holder of an epoch answers nothing for the
	// organisation any more. It changes nothing when a newer epoch exists.
	Release(ctx context.Context, org string, epoch uint64) error
}

// Holder is who may write one organisation's log.
type Holder struct {
	Epoch uint64 // of the newest lease; 0 = there never was one
	Free  bool   // that lease was released, or there never was one
}
