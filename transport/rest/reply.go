package rest

import (
	"strconv"

	"github.com/valyala/fasthttp"

	"heard/domain"
)

const typeJSON = "application/json"

// WriteJSON answers 200 with body, which must never change afterwards: it is
// sent without a copy. tag is the entity tag without quotes, "" = none; a GET
// whose If-None-Match names it gets 304 instead.
func (x *Exchange) WriteJSON(body []byte, tag string) {
	response := &x.Ctx.Response
	if tag != "" {
		var room [80]byte
		b := append(append(append(room[:0], '"'), tag...), '"')
		response.Header.SetBytesV("ETag", b)
		if (x.Ctx.IsGet() || x.Ctx.IsHead()) && x.IfNoneMatch(tag) {
			response.SetStatusCode(fasthttp.StatusNotModified)
			return
		}
	}
	response.Header.SetContentType(typeJSON)
	response.SetBodyRaw(body)
}

// WriteReply answers a command.
func (x *Exchange) WriteReply(r domain.Reply) {
	if r.Replayed {
		x.Ctx.Response.Header.Set("Idempotent-Replayed", "true")
	}
	if r.Early {
		x.Ctx.Response.Header.Set("X-Durability", "fast")
	}
	x.nameIgnored(r.Ignored)
	tag := ""
	if r.Version > 0 {
		tag = "v" + strconv.FormatUint(r.Version, 10)
	}
	x.WriteJSON(r.Body, tag)
}

// WriteAnswer answers a query.
func (x *Exchange) WriteAnswer(a domain.Answer) {
	x.nameIgnored(a.Ignored)
	x.WriteJSON(a.Body, a.Tag)
}

// WriteNext names where the next page begins, as a header and as a link with
// the query parameter that takes it.
func (x *Exchange) WriteNext(parameter, cursor string) {
	h := &x.Ctx.Response.Header
	h.Set("X-Next-Cursor", cursor)
	args := x.Ctx.QueryArgs()
	args.Set(parameter, cursor)
	h.Set("Link", "<"+string(x.Ctx.URI().PathOriginal())+"?"+args.String()+`>; rel="next"`)
}
