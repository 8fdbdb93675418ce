package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// exitTime is the ten seconds that the contract gives SIGTERM, with room for a
// machine that does other things.
const exitTime = 25 * time.Second

func TestTermFinishesWhatItAccepted(t *testing.T) {
	e := startEngine(t, t.TempDir())
	l := newLedger(t)
	l.load(e, "t", 16, int64(scaled(500)), func() {
		began := time.Now()
		e.signal(syscall.SIGTERM)
		if code := e.exit(exitTime); code != 0 {
			t.Errorf("exit code %d:\n%s", code, e.stderr)
		}
		t.Logf("ended after %v", time.Since(began).Round(time.Millisecond))
	})
	if a := e.create("late"); !errors.Is(a.failed, syscall.ECONNREFUSED) {
		t.Errorf("a request after the end: %v", a)
	}
	e.wantClean()
	e = e.restart()
	// Each version of an order is one write: none had an effect but those that
	// were answered, neither of the refused nor of the unanswered.
	versions := 0
	for _, o := range e.list() {
		versions += o.Version
	}
	if versions != len(l.kept) {
		t.Errorf("%d writes took effect, %d were acknowledged", versions, len(l.kept))
	}
	t.Logf("%d acknowledged, %d refused, %d not answered", l.acked.Load(), l.refused.Load(), len(l.doubted))
	l.settle(e)
	l.wantVisible(e)
	l.wantRepeatable(e)
}

// halfARequest opens a connection whose request never becomes complete: the
// engine has to wait for it, but not for ever.
func halfARequest(t *testing.T, e *engine) net.Conn {
	t.Helper()
	c := dial(t, e.address)
	if _, err := fmt.Fprintf(c, "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the connection is accepted", func() bool {
		return e.metric("heard_http_connections") >= 2 // and the one that asks
	})
	return c
}

func TestSlowClientDoesNotHoldTheEnd(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir())
	defer dial(t, e.address).Close() // nobody ever asks on this one
	defer halfARequest(t, e).Close()
	if a := e.create("k"); !a.ok() {
		t.Fatal(a)
	}
	e.signal(syscall.SIGTERM)
	if code := e.exit(exitTime); code != 0 {
		t.Errorf("exit code %d:\n%s", code, e.stderr)
	}
	e.wantClean()
}

func TestSecondTermEndsAtOnce(t *testing.T) {
	e := startEngine(t, t.TempDir())
	defer halfARequest(t, e).Close()
	created := e.create("k")
	if !created.ok() {
		t.Fatal(created)
	}
	e.signal(syscall.SIGTERM)
	if _, ok := e.stderr.find("shutting down", patience, e.ended); !ok {
		t.Fatalf("does not say that it shuts down:\n%s", e.stderr)
	}
	e.signal(syscall.SIGTERM)
	if code := e.exit(patience); code != exitFailed { // 0 is of an end that waited for the half request
		t.Errorf("exit code %d", code)
	}
	e = e.restart()
	if again := e.create("k"); string(again.body) != string(created.body) {
		t.Errorf("acknowledged %v\nafter the restart %v", created, again)
	}
}

func TestDrainingEngineRefusesWithARetry(t *testing.T) {
	e := startEngine(t, t.TempDir())
	defer halfARequest(t, e).Close()
	kept := dial(t, e.address)
	defer kept.Close()
	if text := ask(kept, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"); !contains(text, "200 OK") {
		t.Fatalf("before: %q", text)
	}
	e.signal(syscall.SIGTERM)
	if _, ok := e.stderr.find("shutting down", patience, e.ended); !ok {
		t.Fatalf("does not say that it shuts down:\n%s", e.stderr)
	}
	// The kept connection is either closed or told; a new one is refused. Neither hangs.
	if text := ask(kept, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"); text != "" && !contains(text, "503 ", "DRAINING", "Retry-After") {
		t.Errorf("on an open connection: %q", text)
	}
	eventually(t, patience, "new connections are refused", func() bool {
		return errors.Is(e.do("GET", "/readyz", "").failed, syscall.ECONNREFUSED)
	})
	e.signal(syscall.SIGTERM)
	e.exit(patience)
}
