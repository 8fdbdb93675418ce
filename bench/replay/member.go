package replay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// rawOrder and rawItem keep members as they are written: a number never goes
// through a float, and a wrong one can be named.
type rawOrder struct {
	OrderID    jsontext.Value `json:"order_id"`
	TS         jsontext.Value `json:"ts"`
	Items      []rawItem      `json:"items"`
	TotalMinor jsontext.Value `json:"total_minor"`
}

type rawItem struct {
	MenuItemID jsontext.Value   `json:"menu_item_id"`
	Name       jsontext.Value   `json:"name"`
	Quantity   jsontext.Value   `json:"quantity"`
	PriceMinor jsontext.Value   `json:"price_minor"`
	Modifiers  []jsontext.Value `json:"modifiers"`
}

// A memberFault names the member of a line that cannot be used.
type memberFault struct{ member, problem string }

func (f memberFault) Error() string { return f.member + ": " + f.problem }

// shapeFault words what the JSON library found: bytes that are no JSON, or an
// object or list where another kind of value stands.
func shapeFault(err error) error {
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		return memberFault{memberName(wrong.JSONPointer),
			fmt.Sprintf("has the wrong type; %s was expected", expected(wrong.JSONPointer))}
	}
	if broken, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return memberFault{memberName(broken.JSONPointer), "is not valid JSON: " + broken.Err.Error()}
	}
	return err
}

func expected(pointer jsontext.Pointer) string {
	switch pointer.LastToken() {
	case "items":
		return "a list of items"
	case "modifiers":
		return "a list of texts"
	}
	return "an object"
}

// memberName turns /items/3/name into items[3].name.
func memberName(pointer jsontext.Pointer) string {
	var name strings.Builder
	for token := range pointer.Tokens() {
		switch {
		case digitsOnly(token):
			name.WriteString("[" + token + "]")
		case name.Len() > 0:
			name.WriteString("." + token)
		default:
			name.WriteString(token)
		}
	}
	if name.Len() == 0 {
		return "the line"
	}
	return name.String()
}

func present(v jsontext.Value) bool { return len(v) > 0 && v.Kind() != 'n' }

func (r *lineReader) keep(text []byte) string {
	if kept, ok := r.texts[string(text)]; ok {
		return kept
	}
	kept := string(text)
	r.texts[kept] = kept
	return kept
}

func (r *lineReader) text(member string, v jsontext.Value) (string, error) {
	if len(v) == 0 {
		return "", memberFault{member, "is missing"}
	}
	if v.Kind() != '"' {
		return "", memberFault{member, "must be a text"}
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return "", memberFault{member, err.Error()}
	}
	return r.keep(text), nil
}

// identifier takes a text, or a whole number as the text of its digits.
func (r *lineReader) identifier(member string, v jsontext.Value) (string, error) {
	if v.Kind() == '0' && digitsOnly(string(v)) {
		return r.keep(v), nil
	}
	text, err := r.text(member, v)
	if err != nil && len(v) > 0 {
		return "", memberFault{member, "must be a text or a whole number"}
	}
	return text, err
}

// key reads an identifier that can also stand in a header: spaces around it
// would be lost on the way, so that two orders could share a key.
func (r *lineReader) key(member string, v jsontext.Value) (string, error) {
	key, err := r.identifier(member, v)
	if err != nil {
		return "", err
	}
	if key == "" || strings.TrimSpace(key) != key || strings.ContainsFunc(key, unicode.IsControl) {
		return "", memberFault{member, "must not be empty, begin or end with a space, or hold control characters"}
	}
	return key, nil
}

func (r *lineReader) quantity(member string, v jsontext.Value) (string, error) {
	if len(v) == 0 {
		return "", memberFault{member, "is missing"}
	}
	if _, ok := parseThousandths(string(v)); !ok {
		return "", memberFault{member, "must be a number with at most 3 decimals"}
	}
	return r.keep(v), nil
}

func readInteger(member string, v jsontext.Value) (int64, error) {
	if len(v) == 0 {
		return 0, memberFault{member, "is missing"}
	}
	minor, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0, memberFault{member, "must be a whole number of minor units"}
	}
	return minor, nil
}

// readTime takes RFC 3339, or the same without a zone for a local clock.
func (r *lineReader) readTime(o *order, v jsontext.Value) error {
	if !present(v) {
		if r.needsTime {
			return memberFault{"ts", "is missing; --speed and --org-per-day need the time of each order"}
		}
		return nil
	}
	text, err := r.text("ts", v)
	if err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if o.at, err = time.Parse(layout, text); err == nil {
			o.day = r.keep([]byte(o.at.Format(time.DateOnly)))
			return nil
		}
	}
	return memberFault{"ts", "must be a time such as 2015-09-01T14:42:00, with or without a zone"}
}
