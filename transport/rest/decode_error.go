package rest

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"heard/domain"
)

// maxNamed bounds what is repeated of a client's own text in an error, bytes.
const maxNamed = 200

func isUnknownName(err error) bool {
	semantic, ok := errors.AsType[*json.SemanticError](err)
	return ok && semantic.Err == json.ErrUnknownName
}

// refusal turns a decoder's error into ours. Meaning is 422, form is 400.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		field, detail := fieldPath(semantic.JSONPointer), ""
		if semantic.Err == json.ErrUnknownName {
			detail = "is not known"
		} else {
			var below string
			below, detail = meaning(semantic)
			field = join(field, below)
		}
		return domain.Blame(domain.ValidationError, field, cut(detail))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return malformed(syntactic)
	}
	return domain.Refuse(domain.BadRequest, "Malformed JSON: the body ends too early")
}

func malformed(e *jsontext.SyntacticError) error {
	switch {
	case errors.Is(e.Err, jsontext.ErrDuplicateName):
		return domain.Blame(domain.BadRequest, fieldPath(e.JSONPointer), "is there twice")
	case errors.Is(e.Err, io.ErrUnexpectedEOF):
		return domain.Refuse(domain.BadRequest, "Malformed JSON: the body ends too early")
	}
	return domain.Refuse(domain.BadRequest, "Malformed JSON at byte "+strconv.FormatInt(e.ByteOffset, 10)+": "+cut(e.Err.Error()))
}

// meaning says what is wrong with a value, and where below it when a type's own
// UnmarshalJSON looked deeper.
func meaning(e *json.SemanticError) (below, detail string) {
	if own, ok := errors.AsType[*domain.Error](e.Err); ok {
		if len(own.Fields) > 0 {
			return own.Fields[0].Field, own.Fields[0].Detail
		}
		return "", own.Detail
	}
	if std, ok := errors.AsType[*stdjson.UnmarshalTypeError](e.Err); ok {
		return std.Field, expected(std.Type) + ", not " + std.Value
	}
	if errors.Is(e.Err, strconv.ErrRange) {
		return "", "is out of range"
	}
	if e.Err != nil && !errors.Is(e.Err, strconv.ErrSyntax) {
		return "", e.Err.Error()
	}
	return "", expected(e.GoType) + found(e.JSONKind)
}

func expected(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "has the wrong type"
	}
	switch t.Kind() {
	case reflect.String:
		return "must be text"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "must be a whole number"
	case reflect.Float32, reflect.Float64:
		return "must be a number"
	case reflect.Slice, reflect.Array:
		return "must be a list"
	case reflect.Map, reflect.Struct:
		return "must be an object"
	}
	return "has the wrong type"
}

func found(kind jsontext.Kind) string {
	switch kind {
	case '"':
		return ", not text"
	case '0':
		return ", not this number"
	case '{', '}':
		return ", not an object"
	case '[', ']':
		return ", not a list"
	case 't', 'f':
		return ", not true or false"
	case 'n':
		return ", not null"
	}
	return ""
}

// fieldPath writes a JSON pointer as people read it: items[0].quantity.
func fieldPath(p jsontext.Pointer) string {
	var path string
	for token := range p.Tokens() {
		path = join(path, token)
		if len(path) > maxNamed {
			break
		}
	}
	if path == "" {
		return "body"
	}
	return cut(path)
}

// join adds a member or, for digits, an index to a path.
func join(path, token string) string {
	digits := token != "" && strings.Trim(token, "0123456789") == ""
	switch {
	case token == "":
		return path
	case digits:
		return path + "[" + token + "]"
	case path == "" || path == "body":
		return token
	}
	return path + "." + token
}

func cut(s string) string {
	if len(s) <= maxNamed {
		return s
	}
	end := maxNamed
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
