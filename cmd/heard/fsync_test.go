package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryAnswerFollowsAnFsync reads the kernel's side of the promise: between
// two answers there is a complete fdatasync of the log, begun after the answer
// before. The creates are sequential, since concurrent ones share an fsync: that
// is the group commit, and it would hide an answer that did not wait for its own.
func TestEveryAnswerFollowsAnFsync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: no strace on this machine")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	// -D: the engine stays our child and gets our signals, strace is a grandchild.
	under := []string{strace, "-D", "-f", "-y", "-s", "20", "-e", "trace=write,fdatasync,fsync,sync_file_range", "-o", trace}
	if r := start(t, environment(), append(under, "true")...); r.exit(patience) != 0 {
		t.Skipf("SKIPPED: strace does not work here: %s", r.stderr)
	}
	const creates = 100
	e := startEngineUnder(t, under, t.TempDir(), "--log-level", "error")
	for i := range creates {
		if a := e.create(fmt.Sprint("k", i)); !a.ok() {
			t.Fatal(a)
		}
	}
	e.term()
	var text string
	eventually(t, patience, "strace has written its file", func() bool {
		raw, err := os.ReadFile(trace)
		text = string(raw)
		return err == nil && strings.Contains(text, "exited with 0 +++")
	})
	answers, syncs := checkTrace(t, text)
	if answers != creates || syncs < creates {
		t.Errorf("%d answers of %d creates, %d fsyncs of the log", answers, creates, syncs)
	}
	t.Logf("%d answers, %d fsyncs of the log", answers, syncs)
}

// The lines of strace -f -y that matter: a call that is interrupted by another
// thread's stands on two lines.
var (
	traceLine  = regexp.MustCompile(`^(\d+) +(<\.\.\. )?(\w+)`)
	syncOfLog  = regexp.MustCompile(`(fdatasync|fsync)\(\d+</[^>]*\.log>`)
	answerLine = regexp.MustCompile(`write\(\d+<[^>]*>, "HTTP/1\.1 200 OK`)
	succeeded  = regexp.MustCompile(`= 0$`)
)

// checkTrace counts answers and fsyncs of the log, and wants one for each answer.
func checkTrace(t *testing.T, text string) (answers, syncs int) {
	t.Helper()
	begun := map[string]bool{} // threads whose fsync began after the last answer
	synced := false
	for n, line := range lines(text) {
		part := traceLine.FindStringSubmatch(line)
		if part == nil {
			continue
		}
		thread, resumed, call := part[1], part[2] != "", part[3]
		switch {
		case syncOfLog.MatchString(line):
			begun[thread] = true
		case resumed && (call == "fdatasync" || call == "fsync"):
		case answerLine.MatchString(line):
			if !synced {
				t.Errorf("line %d: answer %d went out and no fsync was complete since the one before", n+1, answers+1)
			}
			answers++
			clear(begun)
			synced = false
			continue
		default:
			continue
		}
		if begun[thread] && succeeded.MatchString(line) {
			delete(begun, thread)
			synced = true
			syncs++
		}
	}
	return answers, syncs
}
