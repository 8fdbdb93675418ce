package rest

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"heard/domain"
)

// Fingerprint identifies what was asked under an idempotency key: method, path,
// the decoded command and If-Match. It is taken from the command, not from the
// body's bytes, so that a client that repeats with other white space, or 5 for
// 5.0, has asked the same.
func Fingerprint(method, path string, command any, ifMatch domain.Optional[uint64]) (f domain.Fingerprint) {
	// The old meaning of omitempty keeps what a pointer points to, empty or not:
	// PATCH {"notes":""} asks something else than {}.
	body, err := json.Marshal(command, json.Deterministic(true), jsonv1.OmitEmptyWithLegacySemantics(true))
	if err != nil {
		// A number too long to be written again. The rules refuse the command and
		// refusals are not remembered, so any fingerprint will do.
		body = []byte(err.Error())
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(method), []byte(path), body} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	if ifMatch.Set {
		h.Write(binary.BigEndian.AppendUint64(nil, ifMatch.Value))
	}
	var sum [sha256.Size]byte
	copy(f[:], h.Sum(sum[:0]))
	return f
}
