package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// moody serves creates well at first; every tenth request after that is as a test
// says.
func moody(t *testing.T, well int64, then func(http.ResponseWriter)) string {
	t.Helper()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		if n > well && n%10 == 0 {
			then(w)
			return
		}
		fmt.Fprintf(w, `{"order_id":"o-%d"}`, n)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestBenchSaysErrorsBesideTheNumber when a target is not well for a part of its
// answers: the good ones are reported, and the exit code tells.
func TestBenchSaysErrorsBesideTheNumber(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then func(http.ResponseWriter)
		want string
	}{
		"errors": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"code":"OVERLOADED","detail":"later"}`)
		}, "POST /api/orders: 503 OVERLOADED: later"},
		"closes":             {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "connection closed by the server"},
		"slow":               {func(http.ResponseWriter) { time.Sleep(2 * time.Second) }, "no answer in time"},
		"no engine any more": {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, "POST /api/orders: 2xx without an order_id"},
	} {
		report := filepath.Join(t.TempDir(), "a.json")
		r := runHeard(t, "bench", "create", "--url", moody(t, 20, c.then), "--token", "x", "--connections", "4", "--rate", "100",
			"--duration", "1s", "--warmup", "0s", "--timeout", "1s", "--json", report)
		if r.code != 1 || !contains(r.stdout, "ERRORS 100/s planned: ", " × "+c.want) || !contains(r.stderr, "requests failed") || len(lines(r.stderr)) != 1 {
			t.Errorf("%s: %+v", name, r)
		}
		if b := readBench(t, report); len(b.Runs) != 1 || b.Runs[0].Errors == 0 || b.Runs[0].Latency.N == 0 || b.Runs[0].Partial {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

// TestEveryScenarioOfABadTargetIsOneLine: also those that open sockets, and those
// that set something up first.
func TestEveryScenarioOfABadTargetIsOneLine(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir())
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for target, c := range map[string]struct{ url, request, socket string }{
		"down":        {"http://127.0.0.1:1", "connection refused", "connection refused"},
		"mute":        {"http://" + mute.Addr().String(), "no answer", "0 of 5 after 1s"},
		"wrong token": {"http://" + e.address, "401 UNAUTHENTICATED", "4401"},
	} {
		for _, line := range []string{
			"mixed", "lifecycle", "batch", "get", "menu", "billing", "legacy", "fanout --screens 5", "reconnect --sockets 5", "idle --sockets 5",
		} {
			if target == "mute" && strings.HasPrefix(line, "idle") {
				continue // its handshake has half a minute
			}
			name, _, _ := strings.Cut(line, " ")
			want := c.request
			if name == "fanout" || name == "idle" {
				want = c.socket
			}
			r := runHeard(t, append([]string{"bench", "--url", c.url, "--token", "nonsense", "--timeout", "1s", "--duration", "200ms"}, strings.Fields(line)...)...)
			if r.code != 1 || r.stdout != "" || len(lines(r.stderr)) != 1 || !contains(r.stderr, want) {
				t.Errorf("%s, %s: %+v", name, target, r)
			}
		}
	}
	// A replay repeats with patience: a target that is down is not given up at once.
	r := runHeard(t, "bench", "replay", "--file", "../../examples/friday.ndjson", "--url", "http://"+e.address, "--token", "nonsense")
	if r.code != 1 || r.stdout != "" || len(lines(r.stderr)) != 1 || !contains(r.stderr, "setting up: settings of bench-", "401 UNAUTHENTICATED") {
		t.Errorf("replay: %+v", r)
	}
	broken := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(broken, []byte("{\"order_id\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = runHeard(t, "bench", "replay", "--file", broken, "--url", "http://"+e.address, "--token", e.token)
	if r.code != 1 || len(lines(r.stderr)) != 1 || !contains(r.stderr, "orders.ndjson: line 1: ts: is missing") {
		t.Errorf("a broken file: %+v", r)
	}
}

// TestBenchKeepsTheLastReport when a run has nothing to put in its place, and what
// is no file of its own.
func TestBenchKeepsTheLastReport(t *testing.T) {
	folder := t.TempDir()
	report, plot, link := filepath.Join(folder, "a.json"), filepath.Join(folder, "a.svg"), filepath.Join(folder, "null")
	if err := errors.Join(os.WriteFile(report, []byte("the last one, and a long one"+strings.Repeat(".", 1<<20)), 0o600), os.Symlink(os.DevNull, link)); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{report, link} {
		if r := runHeard(t, "bench", "create", "--url", "http://127.0.0.1:1", "--token", "x", "--json", file, "--plot", plot); r.code != 1 {
			t.Errorf("%+v", r)
		}
	}
	text, err := os.ReadFile(report)
	if err != nil || !strings.HasPrefix(string(text), "the last one") {
		t.Errorf("%v %.40s", err, text)
	}
	if _, err := os.Lstat(link); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(plot); !os.IsNotExist(err) {
		t.Errorf("an empty plot stays: %v", err)
	}
	well := moody(t, 1<<60, nil)
	if r := runHeard(t, "bench", "create", "--url", well, "--token", "x", "--duration", "100ms", "--warmup", "0s", "--json", report); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if b := readBench(t, report); len(b.Runs) != 1 {
		t.Errorf("%+v", b)
	}
}

// TestBenchAgainstALimitKeepsWhatItHas when the engine dies between the pairs.
func TestBenchAgainstALimitKeepsWhatItHas(t *testing.T) {
	e := startEngine(t, t.TempDir())
	report := filepath.Join(t.TempDir(), "a.json")
	bench := start(t, environment(), binary, "bench", "create", "--url", "http://"+e.address, "--token", e.token, "--connections", "4",
		"--vs", "bare", "--pairs", "1000", "--duration", "100ms", "--warmup", "0s", "--timeout", "1s", "--json", report)
	e.untilOrders(600) // 257 of them before the first pair
	e.kill9()
	if code := bench.exit(2 * time.Minute); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !contains(bench.stdout.String(), "engine against bare", "PARTIAL: ", "engine: no good answer") || !contains(bench.stderr.String(), "engine: no good answer") {
		t.Errorf("%s\n%s", bench.stdout, bench.stderr)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Runs   []struct{ Requests int64 }
		Versus struct{ Pairs []any }
	}
	if err := json.Unmarshal(text, &kept); err != nil || len(kept.Runs) == 0 || kept.Runs[0].Requests == 0 {
		t.Errorf("%v %+v", err, kept)
	}
}

// TestBenchSaysWhatItCannotRestart: its own engine comes back, or it says why not.
func TestBenchSaysWhatItCannotRestart(t *testing.T) {
	r := runHeardWith(t, []string{"TMPDIR=/no/such/folder"}, "bench", "restart", "--duration", "100ms")
	if r.code != 1 || r.stdout != "" || len(lines(r.stderr)) != 1 || !contains(r.stderr, "start an engine", "/no/such/folder") {
		t.Errorf("%+v", r)
	}
}
