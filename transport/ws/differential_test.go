package ws_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"heard/domain"
)

const nodeTests = "../dashboard/browsertest"

// TestAnotherClientSpeaksTheSame has npm's ws try the protocol on this engine,
// and then wants gorilla to have read the same events, live and replayed.
func TestAnotherClientSpeaksTheSame(t *testing.T) {
	needNode(t)
	for _, script := range []string{"peer.js", "ws.test.js"} { // or Go's test cache would not notice a change
		if _, err := os.Stat(filepath.Join(nodeTests, "differential", script)); err != nil {
			t.Fatal(err)
		}
	}
	k := open(t)
	frames := filepath.Join(t.TempDir(), "frames.ndjson")
	ours := k.connect("stream", "m", domain.Manager, "")
	ours.open()
	before := *ours // the position of before
	run := exec.CommandContext(t.Context(), "npm", "run", "--silent", "differential")
	run.Dir = nodeTests
	run.Env = append(os.Environ(), "HEARD_ADDRESS="+k.address, "HEARD_FRAMES="+frames,
		"HEARD_TOKEN="+k.token("bistro", "w", domain.Waiter), "HEARD_STREAM_TOKEN="+k.token("stream", "m", domain.Manager))
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("npm run differential: %v\n%s", err, out)
	}
	replayed := k.again(&before, "stream", "m", domain.Manager)
	file, err := os.Open(frames)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	count := 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for ; lines.Scan(); count++ {
		theirs := lines.Text()
		for how, s := range map[string]*screen{"live": ours, "replayed": replayed} {
			if mine := s.event().text; !sameJSON(t, mine, theirs) {
				t.Errorf("%s, event %d:\ngorilla %s\nws      %s", how, s.last, mine, theirs)
			}
		}
	}
	if lines.Err() != nil || count <= 60 {
		t.Errorf("%d events: %v", count, lines.Err())
	}
	ours.silent()
	replayed.silent()
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var one, other any
	if err := json.Unmarshal([]byte(a), &one); err != nil {
		t.Fatalf("%v in %s", err, a)
	}
	if err := json.Unmarshal([]byte(b), &other); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return reflect.DeepEqual(one, other)
}

// needNode skips visibly where Node's packages are missing, or fails where they
// were promised.
func needNode(t *testing.T) {
	t.Helper()
	wanted := os.Getenv("HEARD_BROWSER_TESTS")
	if wanted == "0" {
		t.Skip("SKIP: HEARD_BROWSER_TESTS=0")
	}
	_, noNPM := exec.LookPath("npm")
	_, noPackage := os.Stat(nodeTests + "/node_modules/ws")
	switch {
	case noNPM == nil && noPackage == nil:
	case wanted == "1":
		t.Fatalf("npm or its packages are missing (%v, %v), and HEARD_BROWSER_TESTS=1 asks for them; make deps installs them", noNPM, noPackage)
	default:
		t.Skip("SKIP: npm or its packages are missing; make deps installs them")
	}
}
