package ws

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/transport"
	"heard/transport/auth"
	"heard/transport/rest"
)

// maxCommandID bounds what a client calls its command, bytes of JSON.
const maxCommandID = 256

func isCommandID(id jsontext.Value) bool {
	k := id.Kind()
	return len(id) <= maxCommandID && (k == '"' || k == '0')
}

// command has a request carried out by the REST chain, in the background: the
// reader goes on.
func (s *socket) command(m *incoming) {
	if !isCommandID(m.ID) {
		s.send(item{b: failed(domain.ValidationError, "A command needs an id: text or a number")})
		return
	}
	if s.insecure {
		s.refuse(m, domain.Refuse(domain.Forbidden, "Without a token nothing can be changed or read"))
		return
	}
	if m.Method == "" { // GET would answer 200 to what was meant as an order
		s.refuse(m, domain.Blame(domain.ValidationError, "method", "is required"))
		return
	}
	if !strings.HasPrefix(m.Path, "/api/") {
		s.refuse(m, domain.Refuse(domain.NotFound, "Not Found"))
		return
	}
	if name := unprintable(m.Headers); name != "" {
		s.refuse(m, domain.Blame(domain.ValidationError, name, "control characters"))
		return
	}
	s.mu.Lock()
	full := s.inFlight >= maxInFlight
	reads := m.Method == fasthttp.MethodGet || m.Method == fasthttp.MethodHead
	if !full {
		s.inFlight++
		s.gateway.stats.commands.Add(1)
		if reads {
			s.startRead(m)
		} else {
			s.gateway.running.Add(1)
			go s.perform(m)
		}
	}
	s.mu.Unlock()
	if full {
		s.refuse(m, domain.Refuse(domain.RateLimited, "Too many commands of this socket are running"))
		return
	}
}

// unprintable names a header that HTTP could not carry, where fasthttp would
// quietly make another of it.
func unprintable(headers map[string]string) string {
	for name, value := range headers {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return cutText(name)
		}
	}
	return ""
}

// refuse answers without a place in flight; so it counts against the queue.
func (s *socket) refuse(m *incoming, e *domain.Error) {
	status := transport.StatusOf(e.Code)
	headers := `"content-type":"application/problem+json"`
	if status.RetryAfterSeconds > 0 {
		headers += `,"retry-after":"` + strconv.Itoa(status.RetryAfterSeconds) + `"`
	}
	s.send(item{b: answer(m.ID, status.Number, headers, rest.AppendProblem(nil, e, ""))})
}

func (s *socket) perform(m *incoming) {
	g := s.gateway
	defer g.running.Done()
	defer func() {
		if g.recovered("command", recover()) {
			s.shut(closeInternal, "internal error")
		}
	}()
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&fasthttp.Request{}, s.conn.RemoteAddr(), nil)
	fill(&ctx.Request, m)
	g.server.Load().HandleFor(ctx, s.subject())
	reads := ctx.IsGet() || ctx.IsHead()
	if reads {
		if refusal := s.hold(&ctx.Response); refusal != nil {
			ctx.Response.Reset()
			ctx.Response.SetStatusCode(transport.StatusOf(refusal.Code).Number)
			ctx.Response.Header.SetContentType("application/problem+json")
			ctx.Response.SetBodyRaw(rest.AppendProblem(nil, refusal, ""))
		}
	}
	s.send(item{b: answer(m.ID, ctx.Response.StatusCode(), headersOf(&ctx.Response), ctx.Response.Body()), kind: reply, read: reads})
}

func (s *socket) subject() auth.Subject {
	s.org.mu.Lock()
	defer s.org.mu.Unlock()
	return auth.Subject{Org: s.org.id, Identity: s.identity(), ExpiresMS: s.expiresMS.Load()}
}

// fill makes the request. Of the headers only those count that mean something to
// a command; who asks is known already.
func fill(r *fasthttp.Request, m *incoming) {
	r.Header.SetMethod(m.Method)
	r.SetRequestURI(m.Path)
	r.Header.SetHost("localhost")
	for name, value := range m.Headers {
		switch strings.ToLower(name) {
		case "idempotency-key", "if-match", "if-none-match", "x-request-id", "content-type":
			r.Header.Set(name, value)
		}
	}
	if len(m.Body) > 0 && string(m.Body) != "null" {
		r.SetBodyRaw(m.Body)
	}
}

func headersOf(r *fasthttp.Response) string {
	var b []byte
	for name, value := range r.Header.All() {
		switch key := strings.ToLower(string(name)); key {
		case "content-length", "connection", "date", "server", "vary":
		default:
			if len(b) > 0 {
				b = append(b, ',')
			}
			b = append(domain.AppendString(b, key), ':')
			b = domain.AppendString(b, strings.ToValidUTF8(string(value), "�"))
		}
	}
	return string(b)
}

// answer is the reply frame: the body is the one REST would answer.
func answer(id []byte, status int, headers string, body []byte) []byte {
	b := append(message(typeReply, len(body)+len(headers)+len(id)+64), `{"id":`...)
	b = append(b, id...)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(status), 10)
	b = append(append(b, `,"headers":{`...), headers...)
	b = append(b, `},"body":`...)
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		b = append(b, "null"...)
	case (body[0] == '{' || body[0] == '[') && utf8.Valid(body):
		b = append(b, body...)
	default:
		b = domain.AppendString(b, strings.ToValidUTF8(string(body), "�"))
	}
	return end(append(b, '}'))
}
