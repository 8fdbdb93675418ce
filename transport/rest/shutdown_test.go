package rest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"heard/transport/auth"
)

// slowTable has a route that waits to be let go.
func slowTable(entered chan<- bool, leave <-chan bool) func(*Options) {
	return func(o *Options) {
		o.Routes = append(o.Routes, Route{ID: "getSlow", Tags: []string{"test"}, Answer: json.RawMessage{}, Method: "GET", Path: "/slow", Public: true, Handle: func(x *Exchange) error {
			entered <- true
			<-leave
			if err := x.Context().Err(); err != nil {
				return err
			}
			x.WriteJSON([]byte(`"done"`), "")
			return nil
		}})
	}
}

func TestShutdownFinishesWhatWasAccepted(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	r := start(t, slowTable(entered, leave))
	idle := r.raw()
	fmt.Fprint(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	idle.Read(make([]byte, 4096))
	busy := r.raw()
	fmt.Fprint(busy, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	stopped := make(chan error)
	go func() {
		ctx, cancel := contextFor(5 * time.Second)
		defer cancel()
		stopped <- r.Shutdown(ctx)
	}()
	if _, err := idle.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("idle connection: %v", err)
	}
	leave <- true
	text, err := io.ReadAll(busy)
	if err != nil || !strings.Contains(string(text), "200 OK") || !strings.Contains(string(text), "Connection: close") || !strings.HasSuffix(string(text), `"done"`) {
		t.Errorf("%v %q", err, text)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestShutdownDoesNotWaitForHalfRequests(t *testing.T) {
	r := start(t, nil)
	half := r.raw()
	fmt.Fprint(half, "GET /healthz HTTP/1.1\r\nHos")
	for r.Connections().Open == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := contextFor(300 * time.Millisecond)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	half.Close()
}

func TestShutdownSaysWhatStillRuns(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	r := start(t, slowTable(entered, leave))
	fmt.Fprint(r.raw(), "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	ctx, cancel := contextFor(200 * time.Millisecond)
	defer cancel()
	if err := r.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "1 requests still running") {
		t.Errorf("%v", err)
	}
	leave <- true
}

func TestShutdownBeforeServeEndsServe(t *testing.T) {
	verify, err := auth.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := contextFor(time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil { // nothing to stop yet
		t.Error(err)
	}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := s.Serve(); err != nil {
		t.Error(err)
	}
}
