package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// versusReport is what these tests read of a report with --vs.
type versusReport struct {
	Versus struct {
		Theirs string `json:"theirs"`
		Pairs  []struct {
			OursFirst bool `json:"ours_first"`
			Ours      struct {
				PerSecond float64 `json:"good_per_second"`
				CPU       float64 `json:"server_cpu_us_each"`
			} `json:"ours"`
			Theirs struct {
				PerSecond float64 `json:"good_per_second"`
				CPU       float64 `json:"server_cpu_us_each"`
			} `json:"theirs"`
		} `json:"pairs"`
		PerSecond struct {
			Mean float64 `json:"mean"`
			Low  float64 `json:"low"`
			High float64 `json:"high"`
		} `json:"good_per_second_ratio"`
		Beyond struct {
			Mean float64 `json:"mean"`
		} `json:"server_cpu_us_beyond"`
	} `json:"versus"`
}

// TestBenchAgainstLimits holds an engine against each limit, in the same run. No
// figure of speed is claimed but that a handler that does nothing costs its
// process less than an order costs the engine's.
func TestBenchAgainstLimits(t *testing.T) {
	t.Parallel()
	e, other := startEngine(t, t.TempDir()), startEngine(t, t.TempDir())
	report := filepath.Join(t.TempDir(), "a.json")
	for name, c := range map[string]struct {
		theirs string
		cpu    bool
		line   []string
	}{
		"bare":       {"bare", true, []string{"create", "--vs", "bare"}},
		"bare mixed": {"bare", true, []string{"mixed", "--vs", "bare", "--rate", "300"}},
		"bare get":   {"bare", true, []string{"get", "--vs", "bare"}},
		"bare menu":  {"bare", true, []string{"menu", "--vs", "bare"}},
		"fsync":      {"fsync", false, []string{"create", "--vs", "fsync"}},
		"ws":         {"ws", true, []string{"fanout", "--vs", "ws", "--screens", "3", "--rate", "100"}},
		"URL": {"other", true, []string{"create", "--vs", "http://" + other.address, "--vs-token", other.token,
			"--vs-pid", strconv.Itoa(other.cmd.Process.Pid)}},
	} {
		r := runHeard(t, append([]string{"bench"}, append(c.line, "--url", "http://"+e.address, "--data", e.data, "--pid", strconv.Itoa(e.cmd.Process.Pid),
			"--orgs", "2", "--connections", "4", "--duration", "100ms", "--warmup", "10ms", "--timeout", "60s", "--json", report)...)...)
		if !r.ran() || !contains(r.stdout, "engine against "+c.theirs, "12 pairs in ABBA order", "p99 ms") {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		v := parse[versusReport](t, text).Versus
		if v.Theirs != c.theirs || len(v.Pairs) != 12 || v.PerSecond.Mean <= 0 || v.PerSecond.Low > v.PerSecond.Mean || v.PerSecond.High < v.PerSecond.Mean {
			t.Errorf("%s: %+v", name, v)
		}
		for i, p := range v.Pairs {
			if p.OursFirst != (i%2 == 0) || p.Ours.CPU <= 0 || (p.Theirs.CPU > 0) != c.cpu {
				t.Errorf("%s: pair %d: %+v", name, i, p)
			}
		}
		if name == "bare" && v.Beyond.Mean <= 0 {
			t.Errorf("an order costs %v µs more than nothing", v.Beyond.Mean)
		}
		b := readBench(t, report)
		if len(b.Runs) != 2 || b.Runs[0].Label != "engine" || b.Runs[1].Label != c.theirs || b.Runs[0].Errors != 0 || b.Runs[1].Errors != 0 || b.Runs[1].Requests == 0 {
			t.Errorf("%s: %+v", name, b.Runs)
		}
	}
	if left, err := filepath.Glob(filepath.Join(e.data, "fsync-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBenchAgainstABadRivalIsOneLine(t *testing.T) {
	e := startEngine(t, t.TempDir())
	for name, c := range map[string]struct {
		vs   []string
		code int
		want string
	}{
		"down":        {[]string{"--vs", "http://127.0.0.1:1"}, 1, "--vs http://127.0.0.1:1: connection refused"},
		"wrong token": {[]string{"--vs", "http://" + e.address, "--vs-token", "nonsense"}, 1, "401 UNAUTHENTICATED"},
		"no folder":   {[]string{"--vs", "fsync", "--data", "/no/such/folder"}, 2, "name the engine's folder with --data"},
	} {
		r := runHeard(t, append([]string{"bench", "create", "--url", "http://" + e.address, "--token", e.token, "--duration", "100ms"}, c.vs...)...)
		if r.code != c.code || r.stdout != "" || len(lines(r.stderr)) != 1 || !contains(r.stderr, c.want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
