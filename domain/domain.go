// Package domain holds the words every other package speaks: requests, replies,
// records of the log, identities and errors. It knows no clock, no random
// numbers, no sockets and no stores, and imports only the standard library.
//
// The rules themselves live below it: order (what may happen to an order),
// outlet (the organisation's settings and menu), billing and money (exact sums).
package domain

import "fmt"

// A Command asks for a change. Its JSON form is both the body a client sends
// and what one node sends another.
type Command interface{ Kind() string }

// An Event states that a change happened. Its JSON form is what the log keeps.
type Event interface{ Kind() string }

// Request is a command on its way in. Organisation and identity come from the
// token, never from the body or the path.
type Request struct {
	Org         string
	By          Identity
	Key         string           // idempotency key; "" = none
	Fingerprint Fingerprint      // of method, path, body and If-Match; compared when a key comes again
	IfMatch     Optional[uint64] // version the client saw; unset = do not check
	Order       string           // id of the order the command is for; "" = a new one, or the organisation
	Bytes       int              // size of the body; charged while the command waits
	Command     Command
}

// Fingerprint identifies what was asked under a key.
type Fingerprint [16]byte

// Reply is the answer to a Request that was carried out.
type Reply struct {
	Body     []byte   // JSON, as the client gets it; never changed after it was made
	Version  uint64   // of the order or document the command changed
	Replayed bool     // the key was known: this is the first answer again
	Early    bool     // given once the kernel has the event: --durability fast
	Ignored  []string // members of the request that the menu had the last word on
}

// Assert panics when an invariant is broken. The supervisor stops that
// organisation and it comes back from the log: a wrong answer becomes a slow one.
func Assert(ok bool, format string, args ...any) {
	if !ok {
		panic("invariant: " + fmt.Sprintf(format, args...))
	}
}
