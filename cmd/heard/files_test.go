package main

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// TestTooManyConnectionsDoNotEndTheEngine opens more connections than the
// process may have files. The engine's own limit closes what is beyond; where
// accept itself fails is tried in transport/rest.
func TestTooManyConnectionsDoNotEndTheEngine(t *testing.T) {
	for _, files := range []int{200, 80} {
		t.Run(fmt.Sprint(files, " files"), func(t *testing.T) {
			e := startEngineUnder(t, []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, files)}, t.TempDir(), "--connections-per-address", "400")
			if a := e.create("before"); !a.ok() { // and its connection stays open
				t.Fatal(a)
			}
			served, crowd := crowd(t, e.address, 400)
			if served == 0 || served >= 400 {
				t.Errorf("%d of 400 connections were served, the process has %d files", served, files)
			}
			for i := range 20 {
				if a := e.create(fmt.Sprint("meanwhile-", i)); !a.ok() {
					t.Fatalf("on the connection that was there before: %v", a)
				}
			}
			refused, exhausted := e.metric("heard_http_connections_refused_total"), e.metric("heard_http_accept_exhausted_total")
			for _, c := range crowd {
				c.Close()
			}
			eventually(t, patience, "it serves again", func() bool {
				c, err := net.DialTimeout("tcp", e.address, time.Second)
				if err != nil {
					return false
				}
				defer c.Close()
				return contains(ask(c, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK")
			})
			t.Logf("%d served, %v closed beyond the limit, %v times out of files", served, refused, exhausted)
			if refused+exhausted <= 0 {
				t.Error("nothing was refused")
			}
			e.client.CloseIdleConnections()
			if a := e.create("after"); !a.ok() {
				t.Errorf("afterwards: %v", a)
			}
			e.wantNumbers(22)
			e.term()
			e.wantClean()
		})
	}
}

// crowd opens connections, asks on each, and counts those that get an answer
// within a moment. They stay open.
func crowd(t *testing.T, address string, n int) (served int, all []net.Conn) {
	t.Helper()
	for range n {
		c, err := net.DialTimeout("tcp", address, 5*time.Second)
		if err != nil {
			continue // the backlog is full
		}
		t.Cleanup(func() { c.Close() })
		all = append(all, c)
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	moment := time.Now().Add(2 * time.Second)
	answered := make([]bool, len(all))
	together(len(all), func(i int) {
		_ = all[i].SetReadDeadline(moment)
		b := make([]byte, 512)
		count, _ := all[i].Read(b)
		answered[i] = contains(string(b[:count]), "200 OK")
	})
	for _, ok := range answered {
		if ok {
			served++
		}
	}
	return served, all
}
