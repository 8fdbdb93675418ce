package described

import (
	"net/http"
	"strings"
	"testing"
)

const small = `{"openapi":"3.1.0","paths":{
	"/things/{id}":{"put":{"operationId":"putThing",
		"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},
		"responses":{
			"200":{"headers":{"ETag":{}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},
			"404":{"x-codes":["NOT_THERE"],"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}},
			"default":{"x-codes":["BUSY"],"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}}}}}},
	"components":{"schemas":{
		"Thing":{"type":"object","required":["name"],"properties":{
			"name":{"type":"string"},"size":{"type":"number","format":"double"},"at":{"type":"string","format":"date-time"},
			"kind":{"type":"string","enum":["a","b"]},"alias":{"type":"string","enum":["a"],"x-also-accepts":"other words"}}},
		"Problem":{"type":"object","required":["code"],"properties":{"code":{"type":"string"}}}}}}`

// good is an exchange with nothing wrong; a test spoils it.
func good() *Exchange {
	return &Exchange{
		Method: "PUT", Path: "/things/t-1", Sent: []byte(`{"name":"x","size":"1.50","kind":null,"alias":"z"}`),
		Status: 200, Answer: http.Header{"Content-Type": {"application/json"}, "Etag": {`"v1"`}, "Vary": {"Origin"}}, Got: []byte(`{"name":"x","size":1.50,"at":"2026-01-02T12:00:00.000Z","kind":"a"}`),
	}
}

func refused(status int, code string) func(*Exchange) {
	return func(x *Exchange) {
		x.Status, x.Answer, x.Got = status, http.Header{"Content-Type": {problem}}, []byte(`{"code":"`+code+`"}`)
	}
}

func TestCheckFindsWhatIsNotDocumented(t *testing.T) {
	d, err := Read([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*Exchange){
		"":                         func(*Exchange) {},
		" a refusal":               refused(404, "NOT_THERE"),
		" a refusal of the server": refused(429, "BUSY"),
		" a page": func(x *Exchange) {
			x.Method, x.Path, x.Answer, x.Got = "GET", "/docs", http.Header{"Content-Type": {"text/html"}}, []byte("<p>")
		},
		" a HEAD elsewhere":            func(x *Exchange) { x.Method, x.Path, x.Got = "HEAD", "/api/x", nil },
		"not that status":              refused(404, "OTHER"),
		"not that status with":         refused(409, "NOT_THERE"),
		"header X-Other":               func(x *Exchange) { x.Answer.Set("X-Other", "1") },
		"Content-Type \"text/plain\"":  func(x *Exchange) { x.Answer.Set("Content-Type", "text/plain") },
		"'colour' not allowed":         func(x *Exchange) { x.Got = []byte(`{"name":"x","colour":1}`) },
		"missing property 'name'":      func(x *Exchange) { x.Got = []byte(`{"size":1}`) },
		"got string, want number":      func(x *Exchange) { x.Got = []byte(`{"name":"x","size":"1.50"}`) },
		"got null, want string":        func(x *Exchange) { x.Got = []byte(`{"name":"x","kind":null}`) },
		"is not valid date-time":       func(x *Exchange) { x.Got = []byte(`{"name":"x","at":"yesterday"}`) },
		"value must be one of":         func(x *Exchange) { x.Got = []byte(`{"name":"x","kind":"c"}`) },
		"was taken":                    func(x *Exchange) { x.Sent = []byte(`{"name":"x","colour":1}`) },
		"no body was taken":            func(x *Exchange) { x.Sent = nil },
		"GET /api/x: not in the docum": func(x *Exchange) { x.Method, x.Path = "GET", "/api/x" },
		"unexpected EOF":               func(x *Exchange) { x.Got = []byte(`{"name":`) },
	} {
		x := good()
		spoil(x)
		switch err := d.Check(x); {
		case what == "" || what[0] == ' ':
			if err != nil {
				t.Errorf("%q: %v", what, err)
			}
		case err == nil || !strings.Contains(err.Error(), what):
			t.Errorf("%q: got %v", what, err)
		}
	}
}
