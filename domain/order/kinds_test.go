package order

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func source(t *testing.T) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// methodsOf finds the types of this package that have a method, by its source.
func methodsOf(t *testing.T, method string) map[string]bool {
	t.Helper()
	types := map[string]bool{}
	for _, f := range source(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != method {
				continue
			}
			receiver := fn.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			types[receiver.(*ast.Ident).Name] = true
		}
	}
	return types
}

// A command or event that compiles but is in no table cannot be read back: the
// one mistake the compiler misses.
func TestTablesNameEveryCommandAndEvent(t *testing.T) {
	commands, events := methodsOf(t, "decide"), eventNames()
	for _, fresh := range Commands() {
		c := fresh()
		name := reflect.TypeOf(c).Elem().Name()
		if _, decides := c.(Command); decides && !commands[name] {
			t.Errorf("Commands lists %s, which decides nothing", name)
		}
		delete(commands, name)
	}
	for name := range commands {
		t.Errorf("%s decides but is not in Commands", name)
	}
	evolving := methodsOf(t, "evolve")
	for name := range evolving {
		if !events[name] {
			t.Errorf("%s evolves but is not in events", name)
		}
	}
	if len(evolving) != len(events) {
		t.Errorf("events lists %d, %d evolve", len(events), len(evolving))
	}
}

func eventNames() map[string]bool {
	names := map[string]bool{}
	for _, fresh := range events() {
		names[reflect.TypeOf(fresh()).Elem().Name()] = true
	}
	return names
}

func TestKindsAreTheirOwn(t *testing.T) {
	for kind, fresh := range Commands() {
		c := fresh()
		if c.Kind() != kind || !strings.HasPrefix(kind, "order.") {
			t.Errorf("%s makes a %s", kind, c.Kind())
		}
		if fresh() == c {
			t.Errorf("%s makes the same command again", kind)
		}
	}
	for kind, fresh := range events() {
		if e := fresh(); e.Kind() != kind || !strings.HasPrefix(kind, "order.") {
			t.Errorf("%s makes a %s", kind, e.Kind())
		}
	}
	if len(Commands()) == 0 || len(events()) == 0 {
		t.Error("nothing listed")
	}
}

// TestEveryEventHasAGolden keeps the journal's JSON pinned for each event.
func TestEveryEventHasAGolden(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range goldenEvents(t) {
		seen[g.event.Kind()] = true
	}
	for kind := range events() {
		if !seen[kind] {
			t.Errorf("%s has no golden file", kind)
		}
	}
}
