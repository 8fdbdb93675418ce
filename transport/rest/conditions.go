package rest

import (
	"bytes"
	"strconv"
	"strings"

	"heard/domain"
)

const headerIdempotencyKey = "Idempotency-Key"

// IdempotencyKey is the header of that name; "" = none. VALIDATION_ERROR when it
// is too long or not printable ASCII.
func (x *Exchange) IdempotencyKey() (string, error) {
	key := string(x.headers.idempotencyKey)
	if key == "" {
		return "", nil
	}
	if err := domain.CheckForeignID(headerIdempotencyKey, key); err != nil {
		return "", err
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return "", domain.Blame(domain.ValidationError, headerIdempotencyKey, "must be printable ASCII")
		}
	}
	return key, nil
}

// IfMatch is the version the client saw; unset = do not check (no header, or *).
// Anything but one tag of ours is BAD_REQUEST: a condition that was misread as
// "none" would overwrite what the client has not seen.
func (x *Exchange) IfMatch() (saw domain.Optional[uint64], err error) {
	tag := strings.TrimSpace(string(x.headers.ifMatch))
	if tag == "" || tag == "*" {
		return saw, nil
	}
	digits, ok := strings.CutPrefix(strings.TrimPrefix(tag, "W/"), `"v`)
	digits, closed := strings.CutSuffix(digits, `"`)
	digits, _, _ = strings.Cut(digits, "-") // a menu's tag also counts the 86s that lapsed: the same version
	version, err := strconv.ParseUint(digits, 10, 64)
	if !ok || !closed || err != nil {
		return saw, domain.Blame(domain.BadRequest, "If-Match", `must be one tag like "v7", or *`)
	}
	return domain.Some(version), nil
}

// IfNoneMatch reports whether the client already has what tag (without quotes)
// names. Comparison is weak, as RFC 9110 asks for a GET.
func (x *Exchange) IfNoneMatch(tag string) bool {
	header := x.headers.ifNoneMatch
	if len(header) == 0 || tag == "" {
		return false
	}
	for len(header) > 0 {
		var one []byte
		one, header, _ = bytes.Cut(header, []byte{','})
		one = bytes.TrimPrefix(bytes.TrimSpace(one), []byte("W/"))
		if string(one) == "*" || len(one) == len(tag)+2 && one[0] == '"' && one[len(one)-1] == '"' && string(one[1:len(one)-1]) == tag {
			return true
		}
	}
	return false
}
