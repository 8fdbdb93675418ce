package described

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const problem = "application/problem+json"

// answer checks status, headers, body and, of a refusal, the code.
func (d *Document) answer(x *Exchange, template, method string, o *Operation) error {
	status := strconv.Itoa(x.Status)
	response := o.Responses[status]
	if response == nil || response.Codes != nil && !slices.Contains(response.Codes, codeOf(x.Got)) && x.Method != http.MethodHead {
		if status, response = "default", o.Responses["default"]; !slices.Contains(response.Codes, codeOf(x.Got)) {
			return fmt.Errorf("not that status with that code: %s", cut(x.Got))
		}
	}
	var faults []error
	for name := range x.Answer {
		if !ofHTTP(name) && !has(response.Headers, name) {
			faults = append(faults, fmt.Errorf("header %s", name))
		}
	}
	if x.Method == http.MethodHead || x.Status == http.StatusNotModified {
		return errors.Join(append(faults, empty(x))...)
	}
	media, _, _ := mime.ParseMediaType(x.Answer.Get("Content-Type"))
	if _, documented := response.Content[media]; !documented {
		return errors.Join(append(faults, fmt.Errorf("Content-Type %q: %s", media, cut(x.Got)))...)
	}
	return errors.Join(append(faults, d.body(answers, x.Got, media, "paths", template, method, "responses", status))...)
}

func empty(x *Exchange) error {
	if len(x.Got) > 0 {
		return fmt.Errorf("a body: %s", cut(x.Got))
	}
	return nil
}

// unknown is a path or method that is not in the document: a refusal of the
// server, or a page.
func (d *Document) unknown(x *Exchange) error {
	if media, _, _ := mime.ParseMediaType(x.Answer.Get("Content-Type")); media != problem || x.Method == http.MethodHead {
		if strings.HasPrefix(x.Path, "/api/") && x.Method != http.MethodHead && x.Method != http.MethodOptions {
			return fmt.Errorf("%s %s: not in the document", x.Method, x.Path)
		}
		return nil
	}
	return d.validate(answers, x.Got, "components", "schemas", "Problem")
}

// request checks the body of what was carried out. Of a DELETE there is none in
// the document: HTTP gives it no meaning.
func (d *Document) request(x *Exchange, template, method string, o *Operation) error {
	if x.Status >= 300 || o.RequestBody == nil {
		return nil
	}
	if len(x.Sent) == 0 {
		if o.RequestBody.Required {
			return errors.New("no body was taken")
		}
		return nil
	}
	view := requests
	if has(o.Responses["200"].Headers, "X-Ignored-Fields") {
		view = lenient
	}
	if err := d.body(view, x.Sent, "application/json", "paths", template, method, "requestBody"); err != nil {
		return fmt.Errorf("the body %s was taken: %w", cut(x.Sent), err)
	}
	return nil
}

// body validates one against the content that stands at a place of the document.
func (d *Document) body(view string, body []byte, media string, place ...string) error {
	if media == "text/plain" {
		return nil
	}
	return d.validate(view, body, append(place, "content", media, "schema")...)
}

// Is checks JSON that was written as an answer against a schema by its name.
func (d *Document) Is(component string, body []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.validate(answers, body, "components", "schemas", component)
}

func (d *Document) validate(view string, body []byte, place ...string) error {
	for i := range place {
		place[i] = url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(place[i]))
	}
	schema, err := d.schemas.Compile(view + "#/" + strings.Join(place, "/"))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %s", err, cut(body))
	}
	return schema.Validate(value)
}

func codeOf(body []byte) string {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return ""
	}
	object, _ := value.(map[string]any)
	code, _ := object["code"].(string)
	return code
}

// ofHTTP are headers that HTTP and CORS define, which clients know anyway.
func ofHTTP(name string) bool {
	switch name = http.CanonicalHeaderKey(name); name {
	case "Date", "Content-Type", "Content-Length", "Vary", "Connection", "Allow", "X-Content-Type-Options", "Cache-Control":
		return true
	}
	return strings.HasPrefix(name, "Access-Control-")
}

func has(headers map[string]any, name string) bool {
	for documented := range headers {
		if strings.EqualFold(documented, name) {
			return true
		}
	}
	return false
}

func cut(b []byte) string { return fmt.Sprintf("%.300s", b) }
