package load

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

const maxText = 160 // bytes of an answer in a fault

// refusal makes a fault of an answer. The path is counted without what differs
// from order to order.
func refusal(method, path string, status int, body []byte) *Fault {
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	f := &Fault{Kind: fmt.Sprintf("%s %s: %d", method, Pattern(path), status), Answered: true}
	if json.Unmarshal(body, &problem) == nil && problem.Code != "" {
		f.Kind += " " + plain(problem.Code)
		f.Text = plain(problem.Detail)
		return f
	}
	f.Text = plain(string(body[:min(len(body), maxText)]))
	return f
}

// plain is a target's text in one line, without what would steer a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.Join(strings.Fields(text), " "))
}

// Pattern is a path without what differs from order to order, such as
// /api/orders/{id}/status of /api/orders/o-17/status?status=ready.
func Pattern(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	if len(parts) > 3 && parts[2] == "orders" && parts[3] != "calculate" && parts[3] != "batch" {
		parts[3] = "{id}"
	}
	return strings.Join(parts, "/")
}
