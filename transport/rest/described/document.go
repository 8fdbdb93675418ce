// Package described holds what a server answers, and what it took, against its
// OpenAPI document: tests hand every exchange to it. What the document does not
// name, a member, a status, a header, a code, is a fault of the document.
package described

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI document, 3.1.
type Document struct {
	Paths      map[string]map[string]*Operation
	Components struct {
		Schemas map[string]any
	}

	mu      sync.Mutex
	schemas *jsonschema.Compiler
}

// Operation is one call.
type Operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Roles       []string `json:"x-roles"`
	Security    []map[string][]string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Schema                map[string]any
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema, Example any }
	}
	Responses map[string]*Response
}

// Response is what a call answers with one status.
type Response struct {
	Description string
	Headers     map[string]any
	Content     map[string]any
	Codes       []string `json:"x-codes"`
}

// Two views of the document: an answer has no member that is not named, a
// request may have what it also accepts.
const (
	answers  = "answers.json"
	requests = "requests.json"
	lenient  = "lenient.json" // requests whose unknown members are ignored
)

// Read reads a document.
func Read(document []byte) (*Document, error) {
	d := &Document{schemas: jsonschema.NewCompiler()}
	if err := json.Unmarshal(document, d); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	d.schemas.AssertFormat()
	for view, as := range map[string]func(map[string]any){answers: closed, requests: accepting, lenient: open} {
		whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
		if err != nil {
			return nil, err
		}
		each(whole, as)
		if err := d.schemas.AddResource(view, whole); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// each calls as for every object below v, the inner ones first.
func each(v any, as func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, below := range v {
			each(below, as)
		}
		as(v)
	case []any:
		for _, below := range v {
			each(below, as)
		}
	}
}

// closed allows no member that is not named.
func closed(schema map[string]any) {
	if _, is := schema["properties"].(map[string]any); is && schema["type"] != nil && schema["additionalProperties"] == nil {
		schema["additionalProperties"] = false
	}
}

// accepting allows what requests may send beside what is documented: null for
// what may be left out, text for numbers, and what x-also-accepts says.
func accepting(schema map[string]any) {
	closed(schema)
	open(schema)
}

func open(schema map[string]any) {
	if properties, is := schema["properties"].(map[string]any); is && schema["type"] != nil {
		required, _ := schema["required"].([]any)
		for name, property := range properties {
			if !slices.Contains(required, any(name)) {
				properties[name] = orNull(property)
			}
		}
	}
	if values, is := schema["additionalProperties"].(map[string]any); is {
		schema["additionalProperties"] = orNull(values)
	}
	if schema["format"] == "double" {
		schema["type"] = []any{"number", "string"}
	}
	if schema["x-also-accepts"] != nil {
		clear(schema)
	}
}

func orNull(schema any) map[string]any {
	return map[string]any{"anyOf": []any{schema, map[string]any{"type": "null"}}}
}

// Exchange is a request and its answer.
type Exchange struct {
	Method, Path string // of the request, with its query
	Sent         []byte
	Status       int
	Answer       http.Header
	Got          []byte
}

// Check says what of an exchange the document does not.
func (d *Document) Check(x *Exchange) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	method := strings.ToLower(x.Method)
	if method == "head" {
		method = "get"
	}
	path, _, _ := strings.Cut(x.Path, "?")
	template, operation := d.find(method, path)
	if operation == nil {
		return d.unknown(x)
	}
	at := fmt.Sprintf("%s %s (%s): %d", x.Method, x.Path, operation.OperationID, x.Status)
	err := errors.Join(d.answer(x, template, method, operation), d.request(x, template, method, operation))
	if err != nil {
		return fmt.Errorf("%s is not as documented: %w", at, err)
	}
	return nil
}

// find prefers what has no parameters.
func (d *Document) find(method, path string) (template string, o *Operation) {
	if o := d.Paths[path][method]; o != nil {
		return path, o
	}
	for candidate, methods := range d.Paths {
		if methods[method] != nil && matches(candidate, path) && (o == nil || strings.Count(candidate, "{") < strings.Count(template, "{")) {
			template, o = candidate, methods[method]
		}
	}
	return template, o
}

func matches(template, path string) bool {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(want[i], "{") && want[i] != have[i] || have[i] == "" && i > 0 {
			return false
		}
	}
	return true
}
