package rival

import (
	"bytes"
	"net"
	"strings"
	"sync/atomic"

	"github.com/valyala/fasthttp"
)

// ServeBare is the bare handler: fasthttp answering with bytes it has in memory,
// content type and body, without looking at the token or the request's body. Of
// several kinds of request each gets its own answers, in turn; one that was
// never answered is a 404.
func ServeBare(ln net.Listener, a *Answers) error {
	b := &bare{}
	for _, k := range a.kinds {
		before, after, varies := strings.Cut(k.Pattern, "{id}")
		b.rows = append(b.rows, &row{kind: k, method: []byte(k.Method), before: []byte(before), after: []byte(after), varies: varies})
	}
	server := fasthttp.Server{Handler: b.handle, NoDefaultServerHeader: true}
	return server.Serve(ln)
}

type bare struct{ rows []*row }

type row struct {
	kind
	method, before, after []byte
	varies                bool // an id stands between before and after
	next                  atomic.Uint64
}

// handle looks for the row only where there are several.
func (b *bare) handle(ctx *fasthttp.RequestCtx) {
	r := b.rows[0]
	if len(b.rows) > 1 {
		path, _, _ := bytes.Cut(ctx.RequestURI(), []byte("?"))
		if r = b.row(ctx.Method(), path); r == nil {
			ctx.SetStatusCode(fasthttp.StatusNotFound)
			return
		}
	}
	ctx.SetStatusCode(r.Status)
	ctx.SetContentType(r.ContentType)
	body := r.Bodies[0]
	if len(r.Bodies) > 1 {
		body = r.Bodies[r.next.Add(1)%uint64(len(r.Bodies))]
	}
	ctx.Response.SetBodyRaw(body)
}

func (b *bare) row(method, path []byte) *row {
	for _, r := range b.rows {
		if bytes.Equal(method, r.method) && r.matches(path) {
			return r
		}
	}
	return nil
}

func (r *row) matches(path []byte) bool {
	if !r.varies {
		return bytes.Equal(path, r.before)
	}
	id, ok := bytes.CutPrefix(path, r.before)
	if !ok {
		return false
	}
	id, ok = bytes.CutSuffix(id, r.after)
	return ok && len(id) > 0 && !bytes.ContainsRune(id, '/')
}
