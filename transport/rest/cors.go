package rest

import (
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/valyala/fasthttp"
)

const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
	corsExposed = "ETag, Link, X-Next-Cursor, Idempotent-Replayed, Retry-After, X-As-Of-Seq, X-Ignored-Fields, X-Request-Id, X-Incomplete"
	corsMaxAge  = "600" // seconds
)

// DefaultOrigins are the development servers of this machine. A page served by
// the engine itself is always allowed.
func DefaultOrigins() []string { return []string{"http://localhost:*", "http://127.0.0.1:*"} }

// Origins is the list of pages that may use the interface from a browser.
type Origins struct {
	exact   map[origin]bool
	anyPort map[origin]bool // their port is ""
}

// origin is a page's origin, in lower case, its port never left out.
type origin struct{ scheme, host, port string }

// NewOrigins reads patterns such as https://pos.example.com or
// http://localhost:*; nil means DefaultOrigins. An error names the bad pattern.
func NewOrigins(patterns []string) (*Origins, error) {
	if patterns == nil {
		patterns = DefaultOrigins()
	}
	o := &Origins{exact: map[origin]bool{}, anyPort: map[origin]bool{}}
	for _, pattern := range patterns {
		base, anyPort := strings.CutSuffix(pattern, ":*")
		page, ok := parseOrigin(base)
		if !ok {
			return nil, fmt.Errorf("CORS origin %q: must be like https://pos.example.com or http://localhost:*", pattern)
		}
		if anyPort {
			page.port = ""
			o.anyPort[page] = true
		} else {
			o.exact[page] = true
		}
	}
	return o, nil
}

// AllowedOrigin reports whether a page of this Origin may talk to us. host is
// the request's Host header: a page that came from there is ours. No Origin at
// all is allowed, since only browsers send one and they always do across sites.
func (o *Origins) AllowedOrigin(text, host string) bool {
	if text == "" {
		return true
	}
	page, ok := parseOrigin(text)
	if !ok { // also "null", the origin of sandboxed pages and files
		return false
	}
	if o.exact[page] || o.anyPort[origin{page.scheme, page.host, ""}] {
		return true
	}
	own, ok := parseOrigin(page.scheme + "://" + host)
	return ok && own == page
}

func parseOrigin(text string) (origin, bool) {
	scheme, rest, ok := strings.Cut(strings.ToLower(text), "://")
	if !ok || len(text) > 300 || strings.ContainsAny(rest, "/?#@\\*, \t") {
		return origin{}, false
	}
	page := origin{scheme: scheme, host: rest}
	switch scheme {
	case "http":
		page.port = "80"
	case "https":
		page.port = "443"
	default:
		return origin{}, false
	}
	if host, port, err := net.SplitHostPort(rest); err == nil {
		page.host, page.port = host, port
	} else if strings.HasPrefix(rest, "[") {
		page.host = strings.Trim(rest, "[]")
	} else if strings.Contains(rest, ":") {
		return origin{}, false
	}
	return page, page.host != "" && page.port != "" && strings.Trim(page.port, "0123456789") == ""
}

// preflight answers a browser's question whether it may ask. The headers that
// say yes are added by answer, as for every other answer.
func (o *Origins) preflight(x *Exchange) bool {
	ctx := x.Ctx
	if !ctx.IsOptions() || len(x.headers.origin) == 0 || len(ctx.Request.Header.Peek(fasthttp.HeaderAccessControlRequestMethod)) == 0 {
		return false
	}
	ctx.SetStatusCode(fasthttp.StatusNoContent)
	if o.allowed(x) {
		answer := &ctx.Response.Header
		answer.Set(fasthttp.HeaderAccessControlAllowMethods, corsMethods)
		answer.Set(fasthttp.HeaderAccessControlAllowHeaders, corsHeaders)
		answer.Set(fasthttp.HeaderAccessControlMaxAge, corsMaxAge)
	}
	return true
}

// answer is called outside the router, so that 401, 404 and 500 carry the
// headers too: without them a page cannot read why it was refused.
func (o *Origins) answer(x *Exchange) {
	h := &x.Ctx.Response.Header
	h.Add(fasthttp.HeaderVary, fasthttp.HeaderOrigin) // caches must keep pages apart, refused ones too
	if page := x.headers.origin; len(page) > 0 && o.allowed(x) {
		h.SetBytesV(fasthttp.HeaderAccessControlAllowOrigin, page)
		h.Set(fasthttp.HeaderAccessControlExposeHeaders, corsExposed)
	} else if len(page) > 0 {
		x.Witness("origin refused", slog.String("origin", cut(string(page))))
	}
}

func (o *Origins) allowed(x *Exchange) bool {
	return o.AllowedOrigin(string(x.headers.origin), string(x.Ctx.Request.Header.Host()))
}
