package rest

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"heard/transport/auth"
)

func TestConnectionsBeyondTheLimitAreClosed(t *testing.T) {
	r := start(t, func(o *Options) { o.Limits.Connections, o.Limits.PerAddress = 5, 5 })
	var kept []net.Conn
	for range 5 {
		c := r.raw()
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, c)
	}
	for range 3 {
		if n, err := r.raw().Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("beyond the limit: %d bytes, %v", n, err)
		}
	}
	if s := r.Connections(); s.Open != 5 || s.Refused != 3 {
		t.Errorf("%+v", s)
	}
	kept[0].Close()
	for r.Connections().Open == 5 {
		time.Sleep(time.Millisecond)
	}
	r.do("GET", "/healthz", "").want(t, 200, "", "")
}

const childVariable = "HEARD_LISTENER_CHILD"

// runListenerChild is the engine with few files, in a process of its own: a
// file limit cannot be raised again without privileges.
func runListenerChild() bool {
	files, err := strconv.ParseUint(os.Getenv(childVariable), 10, 64)
	if err != nil {
		return false
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: files}); err != nil {
		panic(err)
	}
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		panic(err)
	}
	s, err := New(Options{Verify: verify, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Limits: Limits{Connections: 10_000}})
	if err != nil {
		panic(err)
	}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		panic(err)
	}
	fmt.Println(s.Addr())
	if err := s.Serve(); err != nil {
		panic(err)
	}
	return true
}

func TestRunningOutOfFilesIsSurvived(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=40")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	address, err := bufio.NewReader(out).ReadString('\n')
	go func() { ended <- child.Wait() }()
	defer func() {
		child.Process.Kill()
		<-ended
	}()
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	var conns []net.Conn
	for range 100 {
		c, err := net.Dial("tcp", address) // the kernel's queue takes them
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	if text := get(conns[0], "/metrics"); !strings.Contains(text, "heard_http_connections ") {
		t.Errorf("an open connection is not served any more: %.200q", text)
	}
	select {
	case err := <-ended:
		t.Fatalf("the engine ended: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	for _, c := range conns {
		c.Close()
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text := get(c, "/metrics")
	if !strings.Contains(text, "200 OK") || strings.Contains(text, "heard_http_accept_exhausted_total 0") || !strings.Contains(text, "heard_http_accept_exhausted_total") {
		t.Errorf("after running out: %.300q", text)
	}
}

func get(c net.Conn, path string) string {
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
	text, _ := io.ReadAll(c)
	return string(text)
}

func TestConnectionsLeaveFilesToTheStores(t *testing.T) {
	for files, want := range map[int]int{64: 24, 1024: 384, 20_000: 19_200} {
		if n := connectionsWith(files); n != want {
			t.Errorf("%d connections with %d files, want %d", n, files, want)
		}
	}
	if n := ConnectionLimit(); n <= 0 {
		t.Errorf("%d", n)
	}
}
