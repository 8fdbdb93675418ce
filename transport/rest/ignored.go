package rest

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxIgnored      = 64   // names that are reported
	maxIgnoredBytes = 1024 // of the header
)

// unknownNames lists the members of a body, already known to be good JSON, that
// the type has no place for: "items[0].foo".
func unknownNames(body []byte, known *shape) []string {
	w := nameWalk{d: jsontext.NewDecoder(bytes.NewBuffer(body))}
	w.value(known)
	return w.unknown
}

type nameWalk struct {
	d       *jsontext.Decoder
	path    []byte // of what is read
	unknown []string
}

// value reads one value. It stops at the first error: the body was decoded
// before, so there is none.
func (w *nameWalk) value(known *shape) bool {
	kind := w.d.PeekKind()
	if known == nil || known.members == nil && known.elements == nil || kind != '{' && kind != '[' {
		return w.d.SkipValue() == nil
	}
	if _, err := w.d.ReadToken(); err != nil {
		return false
	}
	for i := 0; ; i++ {
		switch w.d.PeekKind() {
		case '}', ']':
			_, err := w.d.ReadToken()
			return err == nil
		case jsontext.KindInvalid:
			return false
		}
		above, ok := len(w.path), false
		if kind == '[' {
			w.path = append(strconv.AppendInt(append(w.path, '['), int64(i), 10), ']')
			ok = w.value(known.elements)
		} else {
			ok = w.member(known)
		}
		if !ok {
			return false
		}
		w.path = w.path[:above]
	}
}

func (w *nameWalk) member(known *shape) bool {
	quoted, err := w.d.ReadValue()
	if err != nil {
		return false
	}
	if len(w.path) > 0 {
		w.path = append(w.path, '.')
	}
	start := len(w.path)
	if w.path, err = jsontext.AppendUnquote(w.path, quoted); err != nil {
		return false
	}
	below := known.elements
	if known.members != nil {
		var ok bool
		if below, ok = known.members[string(w.path[start:])]; !ok {
			if len(w.unknown) < maxIgnored {
				w.unknown = append(w.unknown, string(w.path))
			}
			return w.d.SkipValue() == nil
		}
	}
	return w.value(below)
}

// appendFieldNames writes names as a header value. What a client made up cannot
// end the line or begin another name: everything but visible ASCII is escaped.
func appendFieldNames(b []byte, names []string) []byte {
	const hexDigits = "0123456789ABCDEF"
	for i, name := range names {
		start := len(b)
		if i > 0 {
			b = append(b, ", "...)
		}
		for j := range len(name) {
			if c := name[j]; c > ' ' && c <= '~' && c != ',' && c != '%' {
				b = append(b, c)
			} else {
				b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
			}
		}
		if len(b) > maxIgnoredBytes {
			return append(b[:start], " ..."...)
		}
	}
	return b
}
