package rest

import (
	"context"
	"net/url"
	"time"

	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport/auth"
)

// Exchange is one request and its answer. It and everything reached through Ctx
// die with the handler: fasthttp reuses the buffers. What the methods return is
// a copy and may be kept.
type Exchange struct {
	Ctx     *fasthttp.RequestCtx
	Subject auth.Subject // zero on public routes

	server  *Server
	route   *mounted
	given   *auth.Subject // of HandleFor; nil = the request's own token counts
	start   time.Time
	headers headers
	id      [64]byte
	idLen   int
}

// exchangeKey finds the Exchange from inside the router's handlers.
type exchangeKey struct{}

func exchangeOf(ctx *fasthttp.RequestCtx) *Exchange {
	return ctx.UserValue(exchangeKey{}).(*Exchange)
}

// RequestID is the client's X-Request-Id, or ours.
func (x *Exchange) RequestID() string { return string(x.id[:x.idLen]) }

// Context is what to hand to the engine. It is not Ctx: that one is cancelled
// when the server begins to shut down, and what was accepted must be finished.
func (x *Exchange) Context() context.Context { return context.Background() }

// Now is when the request was complete.
func (x *Exchange) Now() time.Time { return x.start }

// PathParameter is a {parameter} of the path. The router takes the path apart as
// it stands, so that neither .. nor // nor an escaped slash leads elsewhere; then
// each part is decoded, once. "" where its escapes are none.
func (x *Exchange) PathParameter(name string) string {
	part, _ := x.Ctx.UserValue(name).(string) // the router copied it out of the request
	text, err := url.PathUnescape(part)
	if err != nil {
		return ""
	}
	return text
}

// PathID returns a {parameter} that is an id of ours. What is none names nothing:
// missing is the error then, the same as for an id that does not exist.
func (x *Exchange) PathID(name string, missing *domain.Error) (string, error) {
	id := x.PathParameter(name)
	if !domain.ValidID(id) {
		return "", missing
	}
	return id, nil
}

// PathForeignID is PathID for an id of others.
func (x *Exchange) PathForeignID(name string, missing *domain.Error) (string, error) {
	id := x.PathParameter(name)
	if domain.CheckForeignID(name, id) != nil {
		return "", missing
	}
	return id, nil
}

// keyed is a command whose body may carry an idempotency key.
type keyed interface {
	BodyKey() string
	KeyField() string
}

// Request is the command on its way in: organisation and identity from the
// token, key and If-Match from the headers, else the key from the body.
func (x *Exchange) Request(command domain.Command) (*domain.Request, error) {
	key, err := x.IdempotencyKey()
	if err != nil {
		return nil, err
	}
	if body, ok := command.(keyed); ok && key == "" && body.BodyKey() != "" {
		key = body.BodyKey()
		if err := domain.CheckForeignID(body.KeyField(), key); err != nil {
			return nil, err
		}
	}
	version, err := x.IfMatch()
	if err != nil {
		return nil, err
	}
	r := &domain.Request{
		Org: x.Subject.Org, By: x.Subject.Identity, Key: key, IfMatch: version,
		Bytes: len(x.Ctx.Request.Body()), Command: command,
	}
	if key != "" {
		r.Fingerprint = Fingerprint(string(x.Ctx.Method()), string(x.Ctx.URI().PathOriginal()), command, version)
	}
	return r, nil
}

// Query is a read on its way in, in the name of the token.
func (x *Exchange) Query(kind domain.QueryKind) *domain.Query {
	return &domain.Query{Org: x.Subject.Org, By: x.Subject.Identity, Kind: kind}
}
