package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBenchTellsByItsExitCode what a script has to know.
func TestBenchTellsByItsExitCode(t *testing.T) {
	t.Parallel()
	well := moody(t, 1<<60, nil)
	failing := moody(t, 1, func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }) // a tenth
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(30 * time.Millisecond) // three times what the plan below has for each
		fmt.Fprint(w, `{"order_id":"o"}`)
	}))
	t.Cleanup(slow.Close)
	for name, c := range map[string]struct {
		url  string
		line string
		code int
		out  string // stdout has it
		err  string // and stderr ends so
	}{
		"well":                  {well, "", 0, "good/s", ""},
		"errors":                {failing, "", exitFailed, "ERRORS", "requests failed\n"},
		"met":                   {well, "--require p99<10m --require errors=0 --require good>0", 0, "required, met: errors=0: it is 0\n", ""},
		"missed":                {well, "--require p99<1us,errors=0 --require good>1000000000", exitMissed, "REQUIRED, MISSED: good>1000000000: it is ", "/s\n"},
		"errors that may be":    {failing, "--require errors<60%", 0, "required, met: errors<60%", ""},
		"errors that may not":   {failing, "--require errors<0.1%", exitMissed, "REQUIRED, MISSED: errors<0.1%", "%\n"},
		"behind":                {slow.URL, "--connections 1 --rate 100", exitBehind, "RATE NOT HELD", "heard: the rate was not held\n"},
		"behind, and missed":    {slow.URL, "--connections 1 --rate 100 --require late=0", exitMissed, "RATE NOT HELD", "\n"},
		"no such figure":        {well, "--require speed>5", exitUsage, "", "\n"},
		"no such figure here":   {well, "--require screens.due>5", exitUsage, "", "\n"},
		"no process to look at": {well, "--require server.cores<1", exitUsage, "", "\n"},
		"no such unit":          {well, "--require p99<5kg", exitUsage, "", "kg is no unit of p99, which is in m, ms, s, us, µs\n"},
		"no number":             {well, "--require p99", exitUsage, "", "such as p99<5ms\n"},
		"no second report":      {well, "--require p99<+5%", exitUsage, "", "--compare A.json B.json\n"},
	} {
		r := runHeard(t, append([]string{"bench", "create", "--url", c.url, "--token", "x", "--connections", "4", "--duration", "300ms", "--warmup", "0s", "--timeout", "60s"},
			strings.Fields(c.line)...)...)
		if r.code != c.code || !strings.Contains(r.stdout, c.out) || (c.code == exitUsage) != (r.stdout == "") || !strings.HasSuffix(r.stderr, c.err) || len(lines(r.stderr)) != min(c.code, 1) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestBenchComparesWithRequirements(t *testing.T) {
	report := filepath.Join(t.TempDir(), "a.json")
	if r := runHeard(t, "bench", "create", "--url", moody(t, 1<<60, nil), "--token", "x", "--duration", "100ms", "--warmup", "0s", "--json", report, "--require", "good>0"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if text, err := os.ReadFile(report); err != nil || !contains(string(text), `"required": "good>0"`, `"met": true`) {
		t.Errorf("%v %s", err, text)
	}
	for line, code := range map[string]int{"p99<+20% good>-1% operations.create.good_per_second>0": 0, "p99<-1%": exitMissed, "p99<1us": exitMissed, "nothing<5": exitUsage} {
		args := []string{"bench", "--compare", report, report}
		for text := range strings.FieldsSeq(line) {
			args = append(args, "--require", text)
		}
		if r := runHeard(t, args...); r.code != code || (code != exitUsage) != strings.Contains(strings.ToLower(r.stdout), "required, m") {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

// TestBenchLeavesNothingWhenItIsEnded twice at once, as timeout(1) does it: there
// is a report of what there was, and neither an engine nor its data.
func TestBenchLeavesNothingWhenItIsEnded(t *testing.T) {
	t.Parallel()
	temporary, report := t.TempDir(), filepath.Join(t.TempDir(), "a.json")
	bench := start(t, environment("TMPDIR="+temporary), binary, "bench", "create", "--connections", "4", "--duration", "1h", "--warmup", "0s", "--json", report)
	eventually(t, patience, "the engine has orders", func() bool { return weight(temporary) > 1<<20 })
	engine := child(t, bench.cmd.Process.Pid)
	bench.signal(syscall.SIGTERM)
	bench.signal(syscall.SIGTERM)
	if code := bench.exit(patience); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if !contains(bench.stdout.String(), "good/s", "PARTIAL: interrupted") {
		t.Errorf("%s\n%s", bench.stdout, bench.stderr)
	}
	if b := readBench(t, report); len(b.Runs) != 1 || !b.Runs[0].Partial || b.Runs[0].Latency.N == 0 || b.Problem != "interrupted" {
		t.Errorf("%+v", b)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := syscall.Kill(engine, 0); err != syscall.ESRCH {
		t.Errorf("its engine, process %d, still runs: %v", engine, err)
	}
}

// weight is what the files of a folder come to on disk; they may go meanwhile.
func weight(folder string) (bytes int64) {
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil {
			if info, err := entry.Info(); err == nil && !entry.IsDir() {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}

// child is the only process that another one started.
func child(t *testing.T, parent int) int {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range threads {
		text, _ := os.ReadFile(file) // the thread may have ended
		all = append(all, strings.Fields(string(text))...)
	}
	if len(all) != 1 {
		t.Fatalf("processes %v", all)
	}
	pid, err := strconv.Atoi(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestBenchSparesOrganisationsOfOthers: where people work it wants to be told that
// this is meant, and it says what stays.
func TestBenchSparesOrganisationsOfOthers(t *testing.T) {
	e := startEngine(t, t.TempDir())
	if a := e.as("bistro", "waiter").create("k"); !a.ok() {
		t.Fatal(a)
	}
	bench := func(more ...string) ran {
		return runHeard(t, slices.Concat([]string{"bench", "create", "--url", "http://" + e.address, "--duration", "100ms", "--warmup", "0s", "--timeout", "60s"}, more)...)
	}
	token := []string{"--token", e.token}
	if r := bench(token...); r.code != exitUsage || r.stdout != "" || !contains(r.stderr, "--token: bistro holds orders of others", "--yes") {
		t.Errorf("among others' orders: %+v", r)
	}
	e.wantNumbers(1)
	if r := runHeard(t, "bench", "billing", "--url", "http://"+e.address, "--token", e.token, "--duration", "100ms", "--warmup", "0s"); r.code != 0 || r.stderr != "" {
		t.Errorf("what leaves nothing: %+v", r)
	}
	if r := bench("--vs", "http://"+e.address, "--vs-token", e.token, "--data", e.data); r.code != exitUsage || !contains(r.stderr, "--vs-token: bistro holds") {
		t.Errorf("as the second server: %+v", r)
	}
	if r := bench(append(token, "--yes")...); r.code != 0 || r.stderr != "" {
		t.Errorf("it is meant: %+v", r)
	}
	own := []string{"--token", e.tokenOf("bench-kitchen", "admin")}
	for range 2 { // the second time among its own
		if r := bench(own...); r.code != 0 || r.stderr != "" {
			t.Errorf("in an organisation of its own: %+v", r)
		}
	}
	r := bench("--data", e.data, "--orgs", "3", "--connections", "2")
	if r.code != 0 || !contains(r.stderr, "stays there for good, in organisations bench-", "-0 to -1") || !contains(r.stdout, "2 connections, 2 organisations") {
		t.Errorf("two connections are of two organisations: %+v", r)
	}
}
