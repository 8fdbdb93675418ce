package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchReport is what these tests read of `heard bench --json`.
type benchReport struct {
	Scenario string `json:"scenario"`
	Kind     string `json:"kind"`
	Problem  string `json:"problem"`
	Runs     []struct {
		Label    string  `json:"label"`
		Partial  bool    `json:"partial"`
		Requests int64   `json:"requests"`
		Errors   int64   `json:"errors"`
		Planned  float64 `json:"planned_per_second"`

		OrdersEach int `json:"orders_each"`
		Latency    struct {
			N   int64   `json:"n"`
			P50 float64 `json:"p50"`
			Max float64 `json:"max"`
		} `json:"latency_ms"`
		Operations []struct {
			Name string `json:"name"`
		} `json:"operations"`
		Generator struct {
			CPU float64 `json:"cpu_seconds"`
		} `json:"generator"`
		Server *struct {
			PID int     `json:"pid"`
			CPU float64 `json:"cpu_seconds"`
			RSS int64   `json:"rss_bytes"`
		} `json:"server"`
		Sockets *struct {
			Opened int `json:"opened"`
			Closed int `json:"closed"`
		} `json:"sockets"`
		Screens *struct {
			Screens   int   `json:"screens"`
			Due       int64 `json:"due"`
			Delivered int64 `json:"delivered"`
			Latency   struct {
				N   int64   `json:"n"`
				P50 float64 `json:"p50"`
			} `json:"latency_ms"`
		} `json:"screens"`
		Back *struct {
			Sockets int  `json:"sockets"`
			Resumed bool `json:"resumed"`
		} `json:"back"`
		Replayed *struct {
			Orders       int64 `json:"orders"`
			Lines        int64 `json:"lines"`
			RevenueMinor int64 `json:"revenue_minor"`
		} `json:"replayed"`
		Restarted *struct {
			Acknowledged int     `json:"acknowledged"`
			Missing      int64   `json:"missing"`
			FirstAnswer  float64 `json:"first_answer_ms"`
			FirstWrite   float64 `json:"first_write_ms"`
		} `json:"restarted"`
	} `json:"runs"`
}

func readBench(t *testing.T, file string) benchReport {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parse[benchReport](t, text)
}

func TestBenchStartsAnEngineOfItsOwn(t *testing.T) {
	folder, temporary := t.TempDir(), t.TempDir()
	report, plot := filepath.Join(folder, "a.json"), filepath.Join(folder, "a.svg")
	r := runHeardWith(t, []string{"TMPDIR=" + temporary}, "bench", "create", "--duration", "1s", "--warmup", "200ms", "--json", report, "--plot", plot)
	if r.code != 0 || !contains(r.stdout, "create, closed loop, 64 connections", "p99.9", "good/s", "the server used") || !contains(r.stderr, "started an engine") {
		t.Fatalf("%+v", r)
	}
	b := readBench(t, report)
	if len(b.Runs) != 1 || b.Scenario != "create" || b.Kind != "closed loop" || b.Problem != "" {
		t.Fatalf("%+v", b)
	}
	if run := b.Runs[0]; run.Requests < 1 || run.Errors != 0 || run.Latency.N != run.Requests || run.Latency.P50 <= 0 || run.Generator.CPU <= 0 ||
		run.Server == nil || run.Server.CPU <= 0 || run.Server.RSS <= 0 {
		t.Errorf("%+v", run)
	}
	if svg, err := os.ReadFile(plot); err != nil || !contains(string(svg), "<svg", "latency by percentile", "</svg>") {
		t.Errorf("plot: %v %.100s", err, svg)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	same := runHeard(t, "bench", "--compare", report, report)
	if same.code != 0 || !contains(same.stdout, "create, closed loop", "B against A", "+0.0 %") || contains(same.stdout, "DIFFERENT") {
		t.Errorf("compared with itself: %+v", same)
	}
}

// TestBenchCountsWhatTheEngineCounts holds the harness's number of creates
// against the engine's own.
func TestBenchCountsWhatTheEngineCounts(t *testing.T) {
	e := startEngine(t, t.TempDir())
	report := filepath.Join(t.TempDir(), "a.json")
	creates := int64(0)
	for _, rate := range []string{"0", "100"} {
		r := runHeard(t, "bench", "create", "--url", "http://"+e.address, "--token", e.token, "--pid", strconv.Itoa(e.cmd.Process.Pid),
			"--rate", rate, "--connections", "8", "--duration", "500ms", "--warmup", "0s", "--timeout", "60s", "--json", report)
		if !r.ran() {
			t.Fatalf("%+v", r)
		}
		run := readBench(t, report).Runs[0]
		if creates += run.Requests + 1; run.Errors != 0 || run.Server == nil || run.Server.PID != e.cmd.Process.Pid { // one before the clock starts
			t.Errorf("%+v", run)
		}
		if rate == "100" && (run.Planned != 100 || run.Requests != 50) {
			t.Errorf("%d requests of 50 planned", run.Requests)
		}
	}
	a := e.do("GET", "/api/orders?status=all&limit=1", "")
	if rows := parse[[]row](t, a.body); len(rows) != 1 || int64(rows[0].Number) != creates {
		t.Errorf("%v: the harness counted %d", a, creates)
	}
}

// ran reports that a bench went well, but for a plan that this machine may be too
// busy to keep: no test claims that it is not.
func (r ran) ran() bool {
	behind := r.code == exitBehind && strings.Contains(r.stdout, "RATE NOT HELD")
	for _, line := range lines(r.stderr) {
		if !strings.Contains(line, " stays there for good, ") && !(behind && line == "heard: the rate was not held") {
			return false
		}
	}
	return r.code == 0 || behind
}

func TestEveryScenarioRuns(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir())
	report := filepath.Join(t.TempDir(), "a.json")
	for name, more := range map[string][]string{
		"mixed": nil, "lifecycle": nil, "batch": {"--batch", "7"}, "get": nil, "menu": nil, "billing": nil, "legacy": nil, "idle": {"--sockets", "50"},
		"fanout": {"--screens", "5", "--rate", "50"}, "reconnect": {"--sockets", "50"}, "reconnect ": {"--sockets", "50", "--resume"},
		"replay": {"--file", "../../examples/friday.ndjson", "--speed", "20000"},
	} {
		r := runHeard(t, append([]string{"bench", strings.TrimSpace(name), "--url", "http://" + e.address, "--data", e.data, "--orgs", "4",
			"--duration", "400ms", "--warmup", "0s", "--timeout", "60s", "--json", report}, more...)...)
		b := readBench(t, report)
		if !r.ran() || len(b.Runs) != 1 || b.Runs[0].Errors != 0 || b.Runs[0].Requests == 0 || len(b.Runs[0].Operations) == 0 {
			t.Errorf("%s: %+v\n%+v", name, r, b)
			continue
		}
		switch run := b.Runs[0]; name {
		case "legacy":
			if run.Requests != 1000 || !contains(r.stdout, "as the old script counts", "average", "p95", "from the moment each was sent") {
				t.Errorf("legacy: %+v", r)
			}
		case "batch":
			if run.OrdersEach != 7 || !contains(r.stdout, "7 orders a request: ") {
				t.Errorf("batch: %d orders a request, %+v", run.OrdersEach, r)
			}
		case "fanout":
			if s := run.Screens; s == nil || s.Screens != 20 || s.Due != 5*run.Requests || s.Delivered != s.Due || s.Latency.N != s.Due || s.Latency.P50 <= 0 {
				t.Errorf("fanout: %+v of %d orders", s, run.Requests)
			}
		case "reconnect", "reconnect ":
			if b := run.Back; b == nil || b.Sockets != 50 || b.Resumed != (name == "reconnect ") || run.Latency.N != 50 {
				t.Errorf("%s: %+v, %d timed", name, b, run.Latency.N)
			}
		case "replay":
			if r := run.Replayed; r == nil || r.Orders != 180 || r.Lines != 689 || r.RevenueMinor != 19663000 || run.Requests != 180 {
				t.Errorf("replay: %+v", r)
			}
		case "idle":
			if run.Sockets == nil || run.Sockets.Opened != 50 || run.Sockets.Closed != 0 || run.Requests != 50 {
				t.Errorf("idle: %d counted, %+v", run.Requests, run.Sockets)
			}
		}
	}
}

// TestBenchRestart kills the harness's own engine under load; what it had
// acknowledged is looked for, also that of the rounds before.
func TestBenchRestart(t *testing.T) {
	report, temporary := filepath.Join(t.TempDir(), "a.json"), t.TempDir()
	r := runHeardWith(t, []string{"TMPDIR=" + temporary}, "bench", "restart", "--duration", "500ms", "--warmup", "0s", "--orgs", "4", "--connections", "8",
		"--fill", "100", "--restarts", "2", "--timeout", "60s", "--json", report)
	b := readBench(t, report)
	if r.code != 0 || len(b.Runs) != 2 || b.Kind != "kill -9" || !contains(r.stdout, "round 2: killed", "0 of ") {
		t.Fatalf("%+v\n%+v", r, b)
	}
	before := 100
	for _, run := range b.Runs {
		c := run.Restarted
		if run.Errors != 0 || run.Partial || c == nil || c.Missing != 0 || c.Acknowledged < before+int(run.Requests) || c.FirstAnswer <= 0 || c.FirstWrite <= c.FirstAnswer {
			t.Fatalf("%+v %+v, %d before", run, c, before)
		}
		before = c.Acknowledged + 1 // the first write
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBenchCurve(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir())
	folder := t.TempDir()
	report, plot := filepath.Join(folder, "a.json"), filepath.Join(folder, "a.svg")
	r := runHeard(t, "bench", "billing", "--curve", "--url", "http://"+e.address, "--token", e.token, "--connections", "4",
		"--duration", "200ms", "--warmup", "0s", "--json", report, "--plot", plot)
	b := readBench(t, report)
	if r.code != 0 || len(b.Runs) != 13 || b.Runs[0].Label != "peak" || b.Runs[12].Label != "120 %" || b.Runs[12].Planned <= b.Runs[1].Planned {
		t.Errorf("%+v\n%+v", r, b)
	}
	if svg, err := os.ReadFile(plot); err != nil || !contains(string(svg), "latency by rate") {
		t.Errorf("plot: %v", err)
	}
}

func TestBenchOfABadTargetIsOneLine(t *testing.T) {
	answering := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if status == 0 {
				panic(http.ErrAbortHandler) // closes
			}
			w.WriteHeader(status)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	e := startEngine(t, t.TempDir())
	for name, c := range map[string]struct{ url, want string }{
		"down":        {"http://127.0.0.1:1", "connection refused"},
		"mute":        {"http://" + mute.Addr().String(), "no answer in time"},
		"closes":      {answering(0), "connection closed by the server"},
		"errors":      {answering(500), "POST /api/orders: 500"},
		"no engine":   {answering(200), "2xx without an order_id"},
		"wrong token": {"http://" + e.address, "401 UNAUTHENTICATED"},
	} {
		report := filepath.Join(t.TempDir(), "a.json")
		r := runHeard(t, "bench", "create", "--url", c.url, "--token", "nonsense", "--timeout", "1s", "--duration", "200ms", "--json", report)
		if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !contains(r.stderr, c.want) {
			t.Errorf("%s: %+v", name, r)
		}
		if _, err := os.Stat(report); !os.IsNotExist(err) {
			t.Errorf("%s: an empty report stays: %v", name, err)
		}
	}
}

func TestBenchRefusesAbsurdFlags(t *testing.T) {
	for _, line := range []string{
		"", "dance", "create --connections -1", "create --connections=-1", "create --connections 0", "create --rate=-1", "create --connections 10000000", "create --rate -1", "create --rate 1e9", "create --rate NaN",
		"create --rate 1000000 --duration 24h", "create --rate 0.5 --duration 500ms", "create --duration 0s", "create --duration 1000h", "create --warmup -1s", "create --timeout 0s",
		"create --orgs 0", "idle --sockets 10000000", "idle --rate 5", "legacy --curve", "create --curve --rate 5", "create --token x", "create --pid 7",
		"create --url nowhere --token x", "create --url http://127.0.0.1:1 --token x --pid 99999999", "create --json /no/such/folder/a.json",
		"create --vs nonsense", "batch --batch 0", "batch --batch 1001", "create --vs ws", "fanout --vs bare", "fanout --curve", "fanout --screens 0", "fanout --screens 10000", "fanout --screens 9223372036854775807", "reconnect --sockets 1",
		"reconnect --rate 5", "restart --url http://127.0.0.1:1", "restart --restarts 0", "restart --fill -1", "restart --vs bare", "replay",
		"replay --file /no/such/file", "replay --file ../../examples/friday.ndjson --speed 0", "replay --file ../../examples/friday.ndjson --speed NaN", "replay --file ../../examples/friday.ndjson --currency XXQ",
		"create --vs bare --pairs 11", "create --vs bare --pairs 1001", "create --vs bare --curve", "idle --vs bare", "menu --vs fsync",
		"create --vs-pid 7", "create --vs-token x", "create --vs bare --vs-pid 7", "create --vs http://127.0.0.1:1 --vs-pid 99999999",
		"create --url http://127.0.0.1:1 --token x --vs fsync --data /no/such/folder",
		fmt.Sprintf("create --url http://127.0.0.1:1 --token x --pid %[1]d --vs http://127.0.0.1:1 --vs-pid %[1]d", os.Getpid()),
		"create --url http://127.0.0.1:1?x=1 --token x", "create --json /no/such/folder/a.svg --plot /no/such/folder/a.svg",
		"create --vs http:///x --url http://127.0.0.1:1 --token x",
		"create --screens 5", "idle --sockets 10 --batch 3", "get --fill 3", "fanout --resume", "create --speed 2",
		"create --plot /no/such/folder/a.svg", "create --plot a.png", "--compare /no/such/a.json", "--compare /no/such/a.json /no/such/b.json",
	} {
		r := runHeard(t, append([]string{"bench"}, strings.Fields(line)...)...)
		if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "heard: ") {
			t.Errorf("bench %s: %+v", line, r)
		}
	}
}

// untilOrders waits until the engine has so many orders of the bench's token.
func (e *engine) untilOrders(n int) {
	e.t.Helper()
	eventually(e.t, patience, fmt.Sprint(n, " orders"), func() bool {
		rows := parse[[]row](e.t, e.do("GET", "/api/orders?status=all&limit=1", "").body)
		return len(rows) == 1 && rows[0].Number > n
	})
}

// TestBenchKeepsWhatItHas when the engine dies, and when somebody has seen enough.
func TestBenchKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(*engine, *process)
		want string
	}{
		"killed":      {func(e *engine, _ *process) { e.kill9() }, "no good answer for 2s"},
		"interrupted": {func(_ *engine, bench *process) { bench.signal(syscall.SIGINT) }, "interrupted"},
		"ended":       {func(_ *engine, bench *process) { bench.signal(syscall.SIGTERM) }, "interrupted"},
	} {
		e := startEngine(t, t.TempDir())
		report := filepath.Join(t.TempDir(), "a.json")
		bench := start(t, environment(), binary, "bench", "create", "--url", "http://"+e.address, "--token", e.token, "--connections", "8",
			"--duration", "1h", "--warmup", "0s", "--timeout", "1s", "--json", report)
		e.untilOrders(20)
		c.end(e, bench)
		if code := bench.exit(2 * time.Minute); code != 1 {
			t.Errorf("%s: exit code %d", name, code)
		}
		if !contains(bench.stdout.String(), "good/s", "PARTIAL: ", c.want) || !contains(bench.stderr.String(), c.want) {
			t.Errorf("%s: %s\n%s", name, bench.stdout, bench.stderr)
		}
		b := readBench(t, report)
		if len(b.Runs) != 1 || !b.Runs[0].Partial || b.Runs[0].Latency.N < 20 || !contains(b.Problem, c.want) {
			t.Errorf("%s: %+v", name, b)
		}
	}
}
