package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests of this package run the real binary: what a process promised must
// hold after it was killed, and no test within a process can show that.
var (
	binary string // runs commands
	server string // runs engines: the same, or under the race detector
)

const (
	processLife = 5 * time.Minute  // no process outlives it
	patience    = 60 * time.Second // bounds a wait whose length is no claim; the machine may be busy
)

func TestMain(m *testing.M) {
	code := 1
	defer func() { os.Exit(code) }()
	flag.Parse()
	_ = flag.Set("test.parallel", "4") // they wait, mostly
	folder, err := os.MkdirTemp("", "heard-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "heard")
	if err = build(binary); err == nil {
		if server = binary; underRace() {
			server = filepath.Join(folder, "heard-race")
			err = build(server, "-race")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	code = m.Run()
}

func build(into string, flags ...string) error {
	out, err := exec.Command("go", slices.Concat([]string{"build", "-ldflags", "-X main.version=v0-test -X main.commit=c0ffee", "-o", into}, flags, []string{"."})...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// underRace reports whether the tests run under the race detector; engines then
// do too, and a race in one fails its test.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

// scaled makes loads smaller for the race detector, which is ten times slower.
func scaled(n int) int {
	if underRace() {
		return n / 5
	}
	return n
}

// environment is ours without the twins of flags, and with what is given.
func environment(more ...string) []string {
	ours := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "HEARD_") })
	return append(ours, more...)
}

// process is one running heard.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stop   context.CancelFunc
	stdout *capture
	stderr *capture
	ended  chan struct{} // closed when it is gone and all it printed was read
}

// start runs a command line: the binary, or something that runs the binary.
func start(t *testing.T, env []string, line ...string) *process {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), processLife)
	p := &process{t: t, cmd: exec.CommandContext(ctx, line[0], line[1:]...), stop: stop, ended: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.WaitDelay = 10 * time.Second
	// It ends with us, even when the test is ended by its time limit.
	p.cmd.SysProcAttr = ownProcess()
	p.stdout, p.stderr = newCapture(), newCapture()
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		stop()
		close(p.ended)
	}()
	t.Cleanup(p.end)
	return p
}

// end kills what still runs and looks for what no process may ever print.
func (p *process) end() {
	p.stop()
	<-p.ended
	said := p.stderr.String()
	for _, never := range []string{"DATA RACE", "panic:", "panic in a request", "fatal error:"} {
		if strings.Contains(said, never) {
			p.t.Errorf("%v printed %q:\n%s", p.cmd.Args, never, said)
			return
		}
	}
	if p.t.Failed() && said != "" {
		p.t.Logf("%v printed:\n%s", p.cmd.Args, said)
	}
}

// exit waits for the end and returns the exit code; -1 = ended by a signal.
func (p *process) exit(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		p.t.Fatalf("%v still runs after %v:\n%s", p.cmd.Args, within, p.stderr)
		return 0
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Errorf("signal %v: %v", s, err)
	}
}

// ran is what a command that ends by itself left.
type ran struct {
	code           int
	stdout, stderr string
}

// runHeard runs a command to its end.
func runHeard(t *testing.T, args ...string) ran {
	t.Helper()
	return runHeardWith(t, nil, args...)
}

func runHeardWith(t *testing.T, env []string, args ...string) ran {
	t.Helper()
	p := start(t, environment(env...), append([]string{binary}, args...)...)
	code := p.exit(processLife)
	return ran{code, p.stdout.String(), p.stderr.String()}
}

// engine is a running `heard serve` with a client.
type engine struct {
	*process
	data    string
	address string // host:port
	token   string // an admin's of organisation bistro
	client  *http.Client
}

// startEngine runs an engine on a data folder, on a free port unless the
// arguments say which.
func startEngine(t *testing.T, data string, args ...string) *engine {
	t.Helper()
	return startEngineUnder(t, nil, data, args...)
}

// startEngineUnder runs the engine by way of another program.
func startEngineUnder(t *testing.T, under []string, data string, args ...string) *engine {
	t.Helper()
	line := append(slices.Clone(under), server, "serve", "--data", data)
	if !slices.Contains(args, "--listen") {
		line = append(line, "--listen", "127.0.0.1:0")
	}
	return adopt(t, start(t, environment(), append(line, args...)...), data)
}

// adopt waits until the process serves.
func adopt(t *testing.T, p *process, data string) *engine {
	t.Helper()
	line, ok := p.stdout.find("listening http://", patience, p.ended)
	if !ok {
		t.Fatalf("%v does not say where it listens: %s\n%s", p.cmd.Args, p.stdout, p.stderr)
	}
	address := strings.TrimPrefix(line, "listening http://")
	e := &engine{process: p, data: data, address: address, client: newClient()}
	t.Cleanup(e.client.CloseIdleConnections)
	e.token = e.tokenOf("bistro", "admin")
	return e
}

// newClient keeps as many connections as there are callers.
func newClient() *http.Client {
	return &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 2000, DisableCompression: true,
	}}
}

func (e *engine) tokenOf(org, role string) string {
	e.t.Helper()
	r := runHeard(e.t, "token", "--data", e.data, "--org", org, "--user", "u-"+role, "--name", "Asha", "--role", role)
	if r.code != 0 {
		e.t.Fatalf("token: %d %s", r.code, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// as is the same engine seen with another token.
func (e *engine) as(org, role string) *engine {
	e.t.Helper()
	other := *e
	other.token = e.tokenOf(org, role)
	return &other
}

// kill9 ends the process as a power cut does, and waits until it is gone.
func (e *engine) kill9() {
	e.t.Helper()
	e.signal(syscall.SIGKILL)
	if code := e.exit(patience); code != -1 {
		e.t.Errorf("ended with %d before it was killed:\n%s", code, e.stderr)
	}
	e.client.CloseIdleConnections()
}

// term asks the process to end and wants it to end well.
func (e *engine) term() {
	e.t.Helper()
	e.signal(syscall.SIGTERM)
	if code := e.exit(patience); code != 0 {
		e.t.Errorf("exit code %d after SIGTERM:\n%s", code, e.stderr)
	}
	e.client.CloseIdleConnections()
}

// restart runs another engine on the same data.
func (e *engine) restart(args ...string) *engine {
	e.t.Helper()
	return startEngine(e.t, e.data, args...)
}

// wantClean audits the data of an engine that has ended.
func (e *engine) wantClean() {
	e.t.Helper()
	r := runHeard(e.t, "audit", "--data", e.data)
	if r.code != 0 || r.stderr != "" || strings.Count(r.stdout, "\nok ") < 5 || strings.Contains(r.stdout, "FAIL") {
		e.t.Errorf("audit: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// answer is what came back for a request; failed is set when nothing did.
type answer struct {
	status int
	header http.Header
	body   []byte
	failed error
}

func (a answer) ok() bool { return a.failed == nil && a.status == http.StatusOK }

func (a answer) String() string {
	return fmt.Sprintf("%d %v %.300s", a.status, a.failed, a.body)
}

// do sends a request. Headers are name, value, name, value.
func (e *engine) do(method, path, body string, headers ...string) answer {
	r, err := http.NewRequest(method, "http://"+e.address+path, strings.NewReader(body))
	if err != nil {
		return answer{failed: err}
	}
	r.GetBody = nil // else net/http repeats a request with a key by itself, and hides that it failed
	r.Header.Set("Authorization", "Bearer "+e.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := e.client.Do(r)
	if err != nil {
		return answer{failed: err}
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	a.body, a.failed = io.ReadAll(response.Body)
	return a
}

// capture keeps what a process prints, at most so much, and lets tests wait for lines.
type capture struct {
	mu    sync.Mutex
	text  []byte
	grown chan struct{}
}

const captureBytes = 4 << 20

func newCapture() *capture { return &capture{grown: make(chan struct{})} }

func (c *capture) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, b[:min(len(b), captureBytes-len(c.text))]...)
	close(c.grown)
	c.grown = make(chan struct{})
	return len(b), nil
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.text)
}

// find waits for a complete line that holds a text.
func (c *capture) find(text string, within time.Duration, ended <-chan struct{}) (string, bool) {
	limit := time.After(within)
	for last := false; ; {
		c.mu.Lock()
		grown, all := c.grown, string(c.text)
		c.mu.Unlock()
		for line := range strings.Lines(all) {
			if strings.HasSuffix(line, "\n") && strings.Contains(line, text) {
				return strings.TrimSuffix(line, "\n"), true
			}
		}
		if last {
			return "", false
		}
		select {
		case <-grown:
		case <-ended:
			last = true // what it printed before it ended counts
		case <-limit:
			last = true
		}
	}
}

// eventually waits for a condition, asking again and again.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(within); !holds(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// together runs n callers at once and waits for them.
func together(n int, call func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { call(i) })
	}
	wg.Wait()
}

// lines splits what a command printed.
func lines(text string) (all []string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}

func lastLine(text string) string {
	all := lines(text)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}
