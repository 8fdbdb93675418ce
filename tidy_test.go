// Package heard_test keeps the house in order: who may import whom, and how
// long files and functions may be.
package heard_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed says what each package may import from this module, and why not more.
// "…" at the end stands for everything below.
var allowed = []struct {
	pkg     string
	imports []string
	why     string
}{
	{"domain", nil, "the words everyone speaks: no package of ours below it"},
	{"domain/money", nil, "arithmetic alone"},
	{"domain/billing", []string{"domain/money"}, "a pure calculator"},
	{"domain/billing/vectors", []string{"domain/money", "domain/billing"}, "checks the calculator alone"},
	{"domain/outlet", []string{"domain", "domain/money", "domain/billing"}, "settings hold billing rules"},
	{"domain/order", []string{"domain", "domain/money", "domain/billing", "domain/outlet"}, "an order is decided under its outlet's settings and menu"},
	{"persistence", []string{"domain", "domain/order", "domain/outlet"}, "contracts; documents are folded from the log; no driver"},
	{"persistence/pebblestore", []string{"domain", "persistence", "persistence/logfile"}, "stores never import each other"},
	{"persistence/logfile", nil, "bytes and places, whatever they mean"},
	{"persistence/redisjournal", []string{"domain", "persistence"}, "stores never import each other"},
	{"persistence/mongostore", []string{"domain…", "persistence"}, "stores never import each other; reads another system's menu"},
	{"persistence/cache", []string{"domain", "persistence"}, "before any store"},
	{"persistence/migrate", []string{"domain", "persistence"}, "from any store to any other"},
	{"persistence/redistest", nil, "real servers for tests"},
	{"persistence/mongotest", []string{"persistence/redistest"}, "real servers for tests"},
	{"persistence/conformance", []string{"domain", "persistence"}, "one suite for every store"},
	{"persistence/fault", []string{"domain", "persistence"}, "wraps any store"},
	{"persistence/audit", []string{"domain…", "persistence"}, "re-runs the rules over any store"},
	{"actors", []string{"domain…", "persistence"}, "no transport, no concrete store"},
	{"cluster", []string{"domain…"}, "routes what it carries; the engine comes to it as an interface, the store as a Redis client"},
	{"transport", []string{"domain"}, "interfaces; never actors"},
	{"transport/auth", []string{"domain", "transport"}, "tokens alone"},
	{"transport/rest", []string{"domain", "transport", "transport/auth"}, "knows requests, not what they mean"},
	{"transport/ws", []string{"domain…", "transport", "transport/auth", "transport/rest"}, "its routes stand in rest's table, and a command over a socket runs through rest's chain"},
	{"transport/rest/api", []string{"domain…", "transport", "transport/rest"}, "the table of calls"},
	{"transport/dashboard", []string{"domain", "transport/rest"}, "files and their routes; the pages are clients of the public protocol"},
	{"bench/limits", []string{"bench/rival", "bench/screen"}, "a client of the public protocol only"},
	{"bench/replay", []string{"bench/load", "domain/money"}, "a client of the public protocol only"},
	{"bench/load", nil, "a client of the public protocol only"},
	{"bench/scenario", []string{"bench/load", "bench/replay", "bench/screen"}, "a client of the public protocol only"},
	{"bench/rival", []string{"bench/load"}, "made of what a client has seen"},
	{"bench/screen", nil, "a client of the public protocol only"},
	{"bench/compare", []string{"bench/limits"}, "a program of make bench-compare"},
	{"bench/table", []string{"bench/load", "bench/limits"}, "a program of make bench"},
	{"bench/chart", []string{"bench/load"}, "draws reports"},
	{"examples", nil, "data"},
}

// standardOnly are the packages that may import nothing but the standard library.
const standardOnly = "domain"

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg, ours := strings.CutPrefix(fields[0], "heard/")
		if !ours || strings.HasPrefix(pkg, "cmd/") {
			continue
		}
		for _, imported := range fields[1:] {
			check(t, pkg, imported)
		}
	}
}

func check(t *testing.T, pkg, imported string) {
	local, ours := strings.CutPrefix(imported, "heard/")
	if !ours {
		foreign := strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
		if foreign && (pkg == standardOnly || strings.HasPrefix(pkg, standardOnly+"/")) {
			t.Errorf("%s may import the standard library only, not %s", pkg, imported)
		}
		return
	}
	for _, rule := range allowed {
		if rule.pkg != pkg {
			continue
		}
		if !slices.ContainsFunc(rule.imports, func(may string) bool {
			all, below := strings.CutSuffix(may, "…")
			return may == local || below && (local == all || strings.HasPrefix(local, all+"/"))
		}) {
			t.Errorf("%s may not import %s: %s", pkg, local, rule.why)
		}
		return
	}
	t.Errorf("%s is not in the table of imports", pkg)
}

// Limits of size, in lines. The file list is the list of behaviours.
const (
	maxFile     = 400
	maxTestFile = 600
	maxFunction = 70
)

func TestSizes(t *testing.T) {
	for _, file := range sources(t) {
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		most := maxFile
		if strings.HasSuffix(file, "_test.go") {
			most = maxTestFile
		}
		if lines := files.File(parsed.Pos()).LineCount(); lines > most {
			t.Errorf("%s has %d lines, at most %d", file, lines, most)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > maxFunction {
				t.Errorf("%s: %s has %d lines, at most %d", files.Position(f.Pos()), f.Name.Name, lines, maxFunction)
			}
		}
	}
}

// TestNames refuses files whose name says nothing of what is in them.
func TestNames(t *testing.T) {
	empty := regexp.MustCompile(`(^|_)(util|utils|common|helper|helpers|manager|service|impl|misc)(_|\.|$)`)
	for _, file := range sources(t) {
		if empty.MatchString(path.Base(file)) {
			t.Errorf("%s: the name says nothing", file)
		}
	}
}

// TestReadmeNamesTestsThatExist: each of its guarantees is held by one.
func TestReadmeNamesTestsThatExist(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range sources(t) {
		if strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
				tests[string(found[1])] = true
			}
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(readme, -1)
	for _, name := range named {
		if !tests[string(name[1])] {
			t.Errorf("README names %s, which is no test", name[1])
		}
	}
	if len(named) < 5 {
		t.Errorf("README names %d tests", len(named))
	}
}

func sources(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "-c", "-o", "--exclude-standard", "*.go").Output()
	if err != nil {
		t.Skipf("SKIP: not a git checkout: %v", err)
	}
	return strings.Fields(string(out))
}
