package rest

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	"heard/domain"
)

const headerRequestID = "X-Request-Id"

// requestIDs makes ids that are unique among all runs of all nodes: random
// bytes of the process and a counter. They are no secrets.
type requestIDs struct {
	process [10]byte
	last    atomic.Uint64
}

func (r *requestIDs) init() {
	var random [len(r.process) / 2]byte
	rand.Read(random[:])
	hex.Encode(r.process[:], random[:])
}

// identify takes the client's id when it is one, so that it can be found in its
// logs and ours; else it makes one.
func (x *Exchange) identify() {
	if given := x.headers.requestID; len(given) > 0 && domain.ValidID(string(given)) {
		x.idLen = copy(x.id[:], given)
		return
	}
	ids := &x.server.ids
	b := append(x.id[:0], ids.process[:]...)
	b = append(b, '-')
	x.idLen = len(strconv.AppendUint(b, ids.last.Add(1), 36))
}
