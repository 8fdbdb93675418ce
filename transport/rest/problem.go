package rest

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"heard/domain"
	"heard/transport"
)

const typeProblem = "application/problem+json"

// AppendProblem appends the error body of RFC 9457. A VERSION_MISMATCH carries
// what the client should have seen as "order", the name the contract gives it,
// and as "current", for documents that are no orders.
func AppendProblem(b []byte, e *domain.Error, requestID string) []byte {
	status := transport.StatusOf(e.Code)
	b = append(b, `{"type":"/errors/`...)
	for i := range len(e.Code) {
		c := e.Code[i]
		if c == '_' {
			c = '-'
		} else if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	b = appendMember(append(b, '"'), "title", status.Title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status.Number), 10)
	b = appendMember(b, "detail", e.Detail)
	b = appendMember(b, "code", string(e.Code))
	b = appendMember(b, "request_id", requestID)
	for i, f := range e.Fields {
		if i == 0 {
			b = append(b, `,"errors":[`...)
		} else {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"field":`...), strings.ToValidUTF8(f.Field, "�"))
		b = append(appendMember(b, "detail", f.Detail), '}')
	}
	if len(e.Fields) > 0 {
		b = append(b, ']')
	}
	if len(e.Current) > 0 {
		b = append(append(b, `,"current":`...), e.Current...)
		b = append(append(b, `,"order":`...), e.Current...)
	}
	return append(b, '}')
}

func appendMember(b []byte, name, text string) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return domain.AppendString(b, strings.ToValidUTF8(text, "�"))
}

// fail answers with an error. What is not a *domain.Error is a bug or an outage
// and is logged here, since the client is told nothing but the request id.
func (x *Exchange) fail(err error) {
	if known := (*domain.Error)(nil); !errors.As(err, &known) {
		x.server.log.Error("request failed", slog.String("request_id", x.RequestID()), slog.Any("error", err))
	}
	e := domain.AsError(err)
	status := transport.StatusOf(e.Code)
	if event := securityEvent(e.Code); event != "" {
		x.Witness(event, slog.String("code", string(e.Code)), slog.String("reason", cut(e.Detail)))
	}
	response := &x.Ctx.Response
	response.SetStatusCode(status.Number)
	response.Header.SetContentType(typeProblem)
	if status.RetryAfterSeconds > 0 {
		response.Header.Set("Retry-After", strconv.Itoa(status.RetryAfterSeconds))
	}
	if e.Code == domain.Unauthenticated || e.Code == domain.TokenExpired {
		response.Header.Set("WWW-Authenticate", "Bearer")
	}
	response.SetBodyRaw(AppendProblem(nil, e, x.RequestID()))
}
