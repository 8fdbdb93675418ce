// Package clients makes clients of the document with other people's generators,
// compiles what comes out, and has each do one round trip with a real engine.
package clients

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "heard/transport/rest/api" // else Go's test cache does not see that the document may have changed
)

const requireVariable = "HEARD_BROWSER_TESTS" // 1 = a missing tool is a failure, 0 = left out

// needsNode skips visibly, or fails where the tools were promised.
func needsNode(t *testing.T) {
	t.Helper()
	promised := os.Getenv(requireVariable)
	if promised == "0" {
		t.Skipf("SKIP: %s=0", requireVariable)
	}
	_, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("node_modules/openapi-typescript")
	}
	switch {
	case err != nil && promised == "1":
		t.Fatalf("%v, and %s=1 asks for it; make deps installs it", err, requireVariable)
	case err != nil:
		t.Skipf("SKIP: %v; make deps installs it", err)
	}
	for _, file := range []string{"package-lock.json", "tsconfig.json", "round-trip.ts"} { // Go's test cache looks at what the test itself did
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
	}
}

// does runs a program to its end.
func does(t *testing.T, in string, environment []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = in, append(os.Environ(), environment...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// heard is the engine, and the documents that it prints.
type heard struct{ binary, document, older string }

func build(t *testing.T) heard {
	t.Helper()
	dir := t.TempDir()
	h := heard{filepath.Join(dir, "heard"), filepath.Join(dir, "openapi.json"), filepath.Join(dir, "openapi-3.0.json")}
	does(t, ".", nil, "go", "build", "-o", h.binary, "heard/cmd/heard")
	for file, version := range map[string]string{h.document: "3.1", h.older: "3.0"} {
		text := does(t, ".", nil, h.binary, "openapi", "--version", version)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// serve runs an engine until the test ends; a client finds it in its environment.
func (h heard) serve(t *testing.T) (environment []string) {
	t.Helper()
	data := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	c := exec.CommandContext(ctx, h.binary, "serve", "--data", data, "--listen", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		_ = c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, found := strings.CutPrefix(lines.Text(), "listening "); found {
			token := does(t, ".", nil, h.binary, "token", "--data", data, "--org", "bistro", "--user", "u", "--name", "U", "--role", "admin")
			return []string{"HEARD_URL=" + url, "HEARD_TOKEN=" + strings.TrimSpace(token)}
		}
	}
	t.Fatal("the engine does not say where it listens")
	return nil
}

func TestDocumentMakesClients(t *testing.T) {
	h := build(t)
	for name, test := range map[string]func(*testing.T, heard){
		"a linter has not even a warning": lint, "TypeScript": typescript,
		"Go": func(t *testing.T, h heard) { golang(t, h, h.document) }, "Go from 3.0": func(t *testing.T, h heard) { golang(t, h, h.older) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

func lint(t *testing.T, h heard) {
	needsNode(t)
	quiet := []string{"REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true"}
	does(t, ".", quiet, "node_modules/.bin/redocly", "lint", "--extends=recommended-strict", h.document, h.older)
}

// typescript compiles in the strictest way there is.
func typescript(t *testing.T, h heard) {
	needsNode(t)
	var made [2]string
	for i, document := range []string{h.older, h.document} {
		does(t, ".", nil, "node_modules/.bin/openapi-typescript", document, "-o", "made/heard.d.ts")
		text, err := os.ReadFile("made/heard.d.ts")
		if err != nil {
			t.Fatal(err)
		}
		made[i] = string(text)
	}
	if made[0] != made[1] {
		t.Error("3.0 and 3.1 are different types")
	}
	does(t, ".", nil, "node_modules/.bin/tsc", "-p", ".")
	does(t, ".", h.serve(t), "node", "made/round-trip.js")
}

// golang is a module of its own: it is copied, for what is generated must stand
// in it.
func golang(t *testing.T, h heard, document string) {
	if testing.Short() {
		t.Skip("SKIP: -short")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("golang")); err != nil {
		t.Fatal(err)
	}
	alone := []string{"GOWORK=off", "GOFLAGS=-mod=readonly -buildvcs=false"}
	does(t, dir, alone, "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "main", "-o", "client.gen.go", document)
	does(t, dir, alone, "go", "build", "-o", "trip", ".")
	does(t, dir, h.serve(t), "./trip")
}
