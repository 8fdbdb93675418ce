package dashboard

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	requireVariable = "HEARD_BROWSER_TESTS" // 1 = a missing tool is a failure, 0 = left out
	chromiumPath    = "/usr/bin/chromium"
)

// missing skips visibly, or fails where the tools were promised.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv(requireVariable) == "1" {
		t.Fatalf("%s is missing, and %s=1 asks for it; make deps installs it", what, requireVariable)
	}
	t.Skipf("SKIP: %s is missing; make deps installs it", what)
}

func npm(t *testing.T, script string, environment ...string) {
	t.Helper()
	if os.Getenv(requireVariable) == "0" {
		t.Skipf("SKIP: %s=0", requireVariable)
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool)
		}
	}
	if _, err := os.Stat("browsertest/node_modules/ws"); err != nil {
		missing(t, "browsertest/node_modules")
	}
	noticeChanges(t)
	run := exec.CommandContext(t.Context(), "npm", "run", "--silent", script)
	run.Dir = "browsertest"
	run.Env = append(os.Environ(), environment...)
	out, err := run.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if err != nil || strings.Contains(line, "lag ms") {
			t.Log(strings.TrimRight(line, "\n"))
		}
	}
	if err != nil {
		t.Fatalf("npm run %s: %v", script, err)
	}
}

// noticeChanges looks at what Node will read: Go's test cache repeats an earlier
// result unless a file that the test itself looked at has changed.
func noticeChanges(t *testing.T) {
	t.Helper()
	for _, pattern := range []string{"browsertest/*.js*", "browsertest/*/*.test.js", "heard/*", "pages/*", "../../docs/CLIENT.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v %v", pattern, files, err)
		}
		for _, file := range files {
			if _, err := os.Stat(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestScriptsHaveRightTypes has TypeScript read the JSDoc of every script.
func TestScriptsHaveRightTypes(t *testing.T) { npm(t, "check") }

// TestClient runs heard.js against a gateway that can misbehave.
func TestClient(t *testing.T) { npm(t, "unit") }

// TestBrowser works an evening through in Chromium, on the real engine.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: -short")
	}
	chromium := chromiumPath
	if path := os.Getenv("HEARD_CHROMIUM"); path != "" {
		chromium = path
	}
	if _, err := os.Stat(chromium); err != nil {
		missing(t, chromium)
	}
	binary := filepath.Join(t.TempDir(), "heard")
	if out, err := exec.Command("go", "build", "-o", binary, "heard/cmd/heard").CombinedOutput(); err != nil {
		t.Fatalf("build the engine: %v\n%s", err, out)
	}
	npm(t, "browser", "HEARD_BINARY="+binary, "HEARD_CHROMIUM="+chromium)
}
