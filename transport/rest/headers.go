package rest

import "github.com/valyala/fasthttp"

// headers are those that are looked for in every request, found in one pass:
// asking fasthttp for a single one costs more than the pass. They die with the
// request; nil = not there.
type headers struct {
	authorization, idempotencyKey, ifMatch []byte
	ifNoneMatch, requestID, origin         []byte
	contentEncoding                        []byte
}

// readHeaders names a header that decides what a request may do and is there
// more than once: a proxy in front may have believed the other one. Of others,
// the first counts.
func (x *Exchange) readHeaders() (repeated string) {
	h := &x.headers
	for name, value := range x.Ctx.Request.Header.All() {
		var into *[]byte
		decides := false
		switch string(name) {
		case fasthttp.HeaderAuthorization:
			into, decides = &h.authorization, true
		case headerIdempotencyKey:
			into, decides = &h.idempotencyKey, true
		case fasthttp.HeaderIfMatch:
			into, decides = &h.ifMatch, true
		case fasthttp.HeaderIfNoneMatch:
			into = &h.ifNoneMatch
		case headerRequestID:
			into = &h.requestID
		case fasthttp.HeaderOrigin:
			into = &h.origin
		case fasthttp.HeaderContentEncoding:
			into = &h.contentEncoding
		default:
			continue
		}
		switch {
		case *into == nil && value == nil: // there, though empty
			*into = []byte{}
		case *into == nil:
			*into = value
		case decides:
			repeated = string(name)
		}
	}
	return repeated
}
