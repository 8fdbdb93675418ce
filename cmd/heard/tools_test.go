package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryCommandHelps(t *testing.T) {
	for _, command := range []string{"", "serve", "token", "replay", "bill", "bill check", "audit", "migrate", "restore", "version"} {
		r := runHeard(t, append(strings.Fields(command), "--help")...)
		if r.code != 0 || r.stderr != "" || !contains(r.stdout, "Usage: heard", command) {
			t.Errorf("%s --help: %+v", command, r)
		}
	}
	serve := runHeard(t, "serve", "--help").stdout
	for _, flag := range []string{"--listen", "--data", "--store", "--jwt-secret", "--min-free", "--flush-interval", "--flush-ops", "--cors-origins", "--allow-insecure-ws", "--log-format", "--log-level", "--demo"} {
		twin := "HEARD_" + strings.ToUpper(strings.ReplaceAll(flag[2:], "-", "_"))
		if !contains(serve, flag, twin) {
			t.Errorf("serve --help does not name %s and %s", flag, twin)
		}
	}
}

// TestHelpIsWhereOneLooksForIt: heard alone, help and --help name every command in
// a line of its own, and every mistake says where to read on.
func TestHelpIsWhereOneLooksForIt(t *testing.T) {
	help := runHeard(t, "--help")
	for _, command := range []string{"serve", "token", "replay", "bench", "bill check", "audit", "migrate", "restore", "cluster certs", "version"} {
		if !regexp.MustCompile(`(?m)^  ` + command + ` +[A-Z].*\.$`).MatchString(help.stdout) {
			t.Errorf("--help has no line for %s:\n%s", command, help.stdout)
		}
	}
	if r := runHeard(t, "help"); r != help {
		t.Errorf("heard help: %+v", r)
	}
	if r := runHeard(t); r.code != exitUsage || r.stdout != "" || r.stderr != help.stdout {
		t.Errorf("heard: %+v", r)
	}
	if help, r := runHeard(t, "bill", "check", "--help"), runHeard(t, "help", "bill", "check"); r != help {
		t.Errorf("heard help bill check: %+v", r)
	}
	for line, want := range map[string]string{
		"server": "heard --help", "serve --bogus": "heard serve --help", "bill": "heard bill --help", "token --org a": "heard token --help", "help me": "heard --help",
	} {
		r := runHeard(t, strings.Fields(line)...)
		if r.code != exitUsage || r.stdout != "" || !strings.HasSuffix(r.stderr, "(see "+want+")\n") {
			t.Errorf("heard %s: %+v", line, r)
		}
	}
}

// TestVersionNamesVersionCommitAndGo: the linker is told, so that a build without
// the repository's stamp knows its commit, too.
func TestVersionNamesVersionCommitAndGo(t *testing.T) {
	r := runHeard(t, "version")
	if r.code != 0 || r.stderr != "" || !regexp.MustCompile(`^heard v0-test commit c0ffee go1\.\S+( \S+)*\n$`).MatchString(r.stdout) {
		t.Errorf("%+v", r)
	}
	if again := runHeard(t, "--version"); again != r {
		t.Errorf("--version: %+v", again)
	}
	rules, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil || !contains(string(rules), "git rev-parse HEAD", "-X main.version=$(VERSION) -X main.commit=$(COMMIT)") {
		t.Errorf("the Makefile does not tell the linker: %v", err)
	}
}

func TestTokenIsAllThatTokenPrints(t *testing.T) {
	r := runHeard(t, "token", "--jwt-secret", strings.Repeat("s", 32), "--org", "a", "--user", "u", "--name", "Āśā", "--role", "admin", "--ttl", "1h")
	if r.code != 0 || r.stderr != "" || !regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+\n$`).MatchString(r.stdout) {
		t.Errorf("%+v", r)
	}
}

func TestBillCheckPassesTheSharedVectors(t *testing.T) {
	file := sharedFile(t, "billing", "vectors.json")
	count := countOf(t, readVectors(t, file))
	r := runHeard(t, "bill", "check", file)
	if want := fmt.Sprintf("%d passed, 0 failed", count); r.code != 0 || r.stderr != "" || lastLine(r.stdout) != want {
		t.Errorf("%+v, want %s", r, want)
	}
}

// TestBillCheckNamesTheWrongFigure changes one figure of one vector.
func TestBillCheckNamesTheWrongFigure(t *testing.T) {
	text := readVectors(t, sharedFile(t, "billing", "vectors.json"))
	total := regexp.MustCompile(`("total(_minor)?": *)(\d+)`)
	at := total.FindStringSubmatchIndex(text)
	if at == nil {
		t.Fatal("no total in the vectors")
	}
	wrong := filepath.Join(t.TempDir(), "wrong.json")
	if err := os.WriteFile(wrong, []byte(text[:at[6]]+"1"+text[at[6]:]), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runHeard(t, "bill", "check", wrong)
	if want := fmt.Sprintf("%d passed, 1 failed", countOf(t, text)-1); r.code != exitFailed || r.stderr != "" || lastLine(r.stdout) != want {
		t.Errorf("%+v, want %s", r, want)
	}
	if strings.Count(r.stdout, "FAIL ") != 1 {
		t.Errorf("which one it was: %s", r.stdout)
	}
}

func TestBillCheckOfSomethingElseIsOneLine(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "half": `{"vectors":[`, "text": "Pizza 10.00", "list of numbers": "[1,2]", "null": "null"} {
		file := filepath.Join(t.TempDir(), "vectors.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := runHeard(t, "bill", "check", file)
		if r.code == 0 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !contains(r.stderr, "heard: ", file) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func readVectors(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// countOf is the number of vectors in a file.
func countOf(t *testing.T, text string) int {
	t.Helper()
	file := parse[struct {
		Vectors []json.RawMessage `json:"vectors"`
	}](t, []byte(text))
	return len(file.Vectors)
}
