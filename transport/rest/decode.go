package rest

import (
	"bytes"
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"heard/domain"
)

// Need says what an empty body means.
type Need bool

const (
	Required Need = true  // an empty body is refused
	Optional Need = false // an empty body leaves the value as it is
)

// Decode reads the body into a command, strictly. BAD_REQUEST: not JSON, a
// duplicate member, bad UTF-8, something after the value. VALIDATION_ERROR
// naming the field: a wrong type or an unknown member.
func (x *Exchange) Decode(into any, need Need) error {
	body, err := x.body(need)
	if err != nil || body == nil {
		return err
	}
	known := x.server.shapes.of(reflect.TypeOf(into))
	return x.server.counted(body, known, func() error { return refusal(unmarshal(body, into, known, true)) })
}

// DecodeLenient is Decode for the calls of old clients: unknown members are
// ignored and named in X-Ignored-Fields. into must point to a value
// without content: it is made zero when the body is read again.
func (x *Exchange) DecodeLenient(into any, need Need) error {
	body, err := x.body(need)
	if err != nil || body == nil {
		return err
	}
	known, ignored := x.server.shapes.of(reflect.TypeOf(into)), []string(nil)
	err = x.server.counted(body, known, func() (err error) {
		ignored, err = decodeLenient(body, into, known)
		return refusal(err)
	})
	if err != nil {
		return err
	}
	x.nameIgnored(ignored)
	return nil
}

// nameIgnored tells the client what of its request counted for nothing.
func (x *Exchange) nameIgnored(names []string) {
	if len(names) == 0 {
		return
	}
	x.ignored = append(x.ignored, names...)
	x.Ctx.Response.Header.SetBytesV("X-Ignored-Fields", appendFieldNames(nil, x.ignored))
}

// decodeLenient tries the strict way first: a client that sends nothing unknown
// pays nothing.
func decodeLenient(body []byte, into any, known *shape) (ignored []string, err error) {
	err = unmarshal(body, into, known, true)
	if !isUnknownName(err) {
		return nil, err
	}
	reflect.ValueOf(into).Elem().SetZero()
	if err := unmarshal(body, into, known, false); err != nil {
		return nil, err
	}
	return unknownNames(body, known), nil
}

// unmarshal depends on known for what the decoder cannot see into: what is in a
// domain.Optional always, what is in a type of two forms only when something is
// wrong there. Looking for either costs every other body.
func unmarshal(body []byte, into any, known *shape, strict bool) error {
	options := []json.Options{json.RejectUnknownMembers(strict)}
	if known.hasOptional {
		options = append(options, json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalOptional)))
	}
	err := json.Unmarshal(body, into, options...)
	if _, semantic := errors.AsType[*json.SemanticError](err); !semantic {
		return err
	}
	var whole jsontext.Value
	if err := json.Unmarshal(body, &whole); err != nil { // form comes before meaning
		return err
	}
	if !known.hasForms || isUnknownName(err) {
		return err
	}
	reflect.ValueOf(into).Elem().SetZero()
	look := json.JoinUnmarshalers(json.UnmarshalFromFunc(unmarshalOptional), json.UnmarshalFromFunc(unmarshalObject))
	return json.Unmarshal(body, into, json.RejectUnknownMembers(strict), json.WithUnmarshalers(look))
}

// twoForms is a type that may be sent as text or as an object, and reads both
// itself. Object points to the same value without that ability.
type twoForms interface {
	json.Unmarshaler
	Object() any
}

// unmarshalObject decodes the object form as strictly or leniently as
// everything around it, and so that errors name the member.
func unmarshalObject(d *jsontext.Decoder, v twoForms) error {
	if d.PeekKind() != '{' {
		return errors.ErrUnsupported
	}
	return json.UnmarshalDecode(d, v.Object())
}

// optional is every *domain.Optional[T], and perhaps others.
type optional interface {
	json.Unmarshaler
	IsZero() bool
}

// unmarshalOptional decodes into an Optional's value with the same strictness
// as everything around it; its own UnmarshalJSON knows only the lenient decoder.
func unmarshalOptional(d *jsontext.Decoder, v optional) error {
	o := reflect.ValueOf(v).Elem()
	if !isOptional(o.Type()) {
		return errors.ErrUnsupported
	}
	o.FieldByName("Set").SetBool(true)
	return json.UnmarshalDecode(d, o.FieldByName("Value").Addr().Interface())
}

// body returns the request's body, nil when there is none and none is needed.
// The media type matters only when there is something to read.
func (x *Exchange) body(need Need) ([]byte, error) {
	body := x.Ctx.Request.Body()
	if len(body) == 0 {
		if need == Required {
			return nil, domain.Blame(domain.ValidationError, "body", "is required")
		}
		return nil, nil
	}
	if !isJSON(x.Ctx.Request.Header.ContentType()) {
		return nil, domain.Refuse(domain.UnsupportedMedia, "Content-Type must be application/json")
	}
	if encoding := x.headers.contentEncoding; len(encoding) > 0 && string(encoding) != "identity" {
		// A few KB of gzip are GB of JSON.
		return nil, domain.Refuse(domain.UnsupportedMedia, "Content-Encoding is not supported")
	}
	if need == Required && string(bytes.TrimSpace(body)) == "null" {
		return nil, domain.Blame(domain.ValidationError, "body", "must not be null")
	}
	return body, nil
}

// isJSON accepts no type at all, application/json and anything/any+json, with
// parameters.
func isJSON(contentType []byte) bool {
	const suffix = "+json"
	kind, _, _ := bytes.Cut(contentType, []byte{';'})
	kind = bytes.TrimSpace(kind)
	return len(kind) == 0 || bytes.EqualFold(kind, []byte(typeJSON)) ||
		len(kind) >= len(suffix) && bytes.EqualFold(kind[len(kind)-len(suffix):], []byte(suffix))
}

// IsArray reports whether the body is a bare array.
func (x *Exchange) IsArray() bool {
	return bytes.HasPrefix(bytes.TrimLeft(x.Ctx.Request.Body(), " \t\r\n"), []byte{'['})
}
