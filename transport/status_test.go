package transport

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"heard/domain"
)

func TestEveryCodeHasAStatus(t *testing.T) {
	codes := append(codesOf(t, "../domain/error.go"), HeaderTooLarge, RequestTimeout, UpgradeNeeded)
	if len(codes) < 30 {
		t.Fatalf("only %d codes found", len(codes))
	}
	for _, code := range codes {
		if _, _, ok := lookup(code); !ok {
			t.Errorf("%s is not in the table", code)
		}
		s := StatusOf(code)
		if s.Title == "" {
			t.Errorf("%s: %d has no title", code, s.Number)
		}
		retry := s.Number == http.StatusServiceUnavailable || s.Number == http.StatusTooManyRequests
		if retry != (s.RetryAfterSeconds > 0) {
			t.Errorf("%s: %d with Retry-After %d", code, s.Number, s.RetryAfterSeconds)
		}
	}
	var said []domain.Code
	for _, m := range Meanings() {
		said = append(said, m.Code)
		if m.About == "" || !slices.Contains(codes, m.Code) {
			t.Errorf("%s: %q", m.Code, m.About)
		}
	}
	for _, code := range codes {
		if !slices.Contains(said, code) {
			t.Errorf("what %s means is not said", code)
		}
	}
	if s := StatusOf("NEW"); s.Number != http.StatusInternalServerError {
		t.Errorf("unknown code: %+v", s)
	}
}

// codesOf reads the constants of type Code from the source: a list in Go would
// have to be kept by hand.
func codesOf(t *testing.T, path string) (codes []domain.Code) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, domain.Code(text))
			}
		}
		return true
	})
	return codes
}
